//! The commands of a plan.

use std::time::Duration;

use zshield_linux::lvm;
use zshield_linux::program::{self, Program, ProgramError};
use zshield_plan::command::Command;

/// Runs a command to its end and returns what it printed.
pub fn run(command: &Command) -> Result<String, ProgramError> {
    let program = match command.program {
        "lvm" => lvm::program(),
        program => Program::new(program, limit(program)),
    };
    program.args(&command.arguments).text()
}

/// Runs a command that reads this.
pub(crate) fn run_with(command: &Command, input: &str) -> Result<String, ProgramError> {
    let program = Program::new(command.program, limit(command.program));
    program.args(&command.arguments).input(input).text()
}

/// What a program is given: it is not for a plan to say.
fn limit(program: &str) -> Duration {
    match program {
        "mke2fs" | "e2fsck" => program::MENDING,
        _ => program::CHANGING,
    }
}

/// A command of the program's own, not of a plan.
pub(crate) fn words(program: &'static str, arguments: &[&str]) -> Command {
    Command { program, arguments: arguments.iter().map(|&word| word.to_owned()).collect() }
}
