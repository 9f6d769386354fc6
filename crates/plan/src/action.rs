//! The single actions that a step consists of. The executor runs the commands of this list and no
//! others, and `--dry-run` prints the same list.

use std::fmt;

use crate::command::Command;

/// One action of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command is run.
    Run(Command),
    /// A command is run whose input is known only when it runs; the text says what it is.
    RunWith(Command, &'static str),
    /// A command is run where a condition holds.
    RunIf(Condition, Command),
    /// The program makes the system call that this command would make.
    Call(Command),
    /// The program does something itself; the text says what.
    Effect(String),
}

/// On what it depends whether a command is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A report of LVM's has this value.
    Listed(Command, String),
    /// A report of LVM's does not have this value.
    NotListed(Command, String),
    /// The program finds it to be so; the text says what.
    Found(&'static str),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(command) | Self::Call(command) => write!(f, "{command}"),
            Self::RunWith(command, input) => write!(f, "{command} <{input}>"),
            Self::RunIf(Condition::Listed(probe, value), command) => {
                write!(f, "{probe}\n# if it reports {value}:\n{command}")
            }
            Self::RunIf(Condition::NotListed(probe, value), command) => {
                write!(f, "{probe}\n# if it does not report {value}:\n{command}")
            }
            Self::RunIf(Condition::Found(what), command) => write!(f, "# if {what}:\n{command}"),
            Self::Effect(text) => write!(f, "# {text}"),
        }
    }
}
