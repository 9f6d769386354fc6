//! `zshield boot-complete`, which systemd runs.

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::{Env, Result, boot};

use super::Subcommand;

/// `zshield boot-complete`.
pub(super) struct BootComplete;

impl Subcommand for BootComplete {
    fn define(command: Command) -> Command {
        command.hide(true).about(say::boot::complete_about())
    }

    fn parse(_: &ArgMatches) -> Option<Self> {
        Some(Self)
    }

    fn run(self) -> Result<ExitCode> {
        boot::complete(&Env::at("/")).map(|()| ExitCode::SUCCESS)
    }
}
