//! The one place that runs a command.

use std::process::{Command as Process, ExitStatus, Stdio};

use zshield_messages::say;
use zshield_plan::command::Command;

/// A command that could not be run, or that failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It did not start.
    #[error("{}", say::host::command_absent(.program))]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended badly.
    #[error("{}", say::host::CommandFailed { command, output: last_lines(.output), status: status.to_string() })]
    Failed {
        /// The whole command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it complained of; a person is told the last of it.
        output: String,
    },
}

impl CommandError {
    /// Whether LVM did not understand what it was asked (its `EINVALID_CMD_LINE`).
    pub(crate) fn is_of_usage(&self) -> bool {
        matches!(self, Self::Failed { status, .. } if status.code() == Some(3))
    }
}

/// Runs a command to its end and returns what it printed.
///
/// Its exit status alone says whether it succeeded: LVM warns on stderr when all is well.
pub fn run(command: &Command) -> Result<String, CommandError> {
    tracing::info!("run: {command}");
    let output = Process::new(command.program)
        .args(&command.arguments)
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .map_err(|source| CommandError::Start { program: command.program.to_owned(), source })?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    for line in stderr.lines() {
        tracing::info!("{}: {line}", command.program);
    }
    if !output.status.success() {
        return Err(CommandError::Failed {
            command: command.to_string(),
            status: output.status,
            output: stderr.into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a person needs of a long complaint.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("; ")
}

/// A command of the program's own, not of a plan.
pub(crate) fn words(program: &'static str, arguments: &[&str]) -> Command {
    Command { program, arguments: arguments.iter().map(|&word| word.to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_comes_back() {
        assert_eq!(run(&words("echo", &["a b"])).unwrap(), "a b\n");
    }

    #[test]
    fn a_failure_tells_the_command_and_its_last_words() {
        let error = run(&words("sh", &["-c", "echo first >&2; echo last >&2; exit 3"]));
        let error = error.unwrap_err();
        assert!(error.is_of_usage());
        let text = error.to_string();
        assert!(text.contains("first; last") && text.contains('3'), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&words("no-such-program", &[])).unwrap_err();
        assert!(
            matches!(&error, CommandError::Start { program, .. } if program == "no-such-program")
        );
    }
}
