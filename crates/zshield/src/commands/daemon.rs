//! `zshield daemon`, which systemd runs.

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::{Result, daemon};

use super::Subcommand;
use crate::logs;

/// `zshield daemon`.
pub(super) struct Daemon;

impl Subcommand for Daemon {
    fn define(command: Command) -> Command {
        command.about(say::daemon::about())
    }

    fn parse(_: &ArgMatches) -> Option<Self> {
        Some(Self)
    }

    fn run(self) -> Result<ExitCode> {
        daemon::run().map(|()| ExitCode::SUCCESS)
    }

    fn open_log() {
        logs::to_journal();
    }

    /// It has an end of its own for them.
    fn listen() {}
}
