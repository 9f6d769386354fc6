//! `zshield init`, which the kernel alone can call.

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::{Refusal, Result};

use super::Subcommand;

/// `zshield init`.
pub(super) struct Init;

impl Subcommand for Init {
    fn define(command: Command) -> Command {
        command.about(say::cli::init())
    }

    fn parse(_: &ArgMatches) -> Option<Self> {
        Some(Self)
    }

    /// The kernel starts the rescue system as PID 1, which never comes here.
    fn run(self) -> Result<ExitCode> {
        Err(Refusal::Caller(say::cli::init_needs_kernel()).into())
    }

    /// They are for the dialog.
    fn listen() {}
}
