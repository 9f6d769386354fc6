//! `zshield upgrade`.

mod apply;

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::Result;

use super::Subcommand;

/// `zshield upgrade`.
pub(super) enum Upgrade {
    /// `zshield upgrade FILE|URL`.
    Apply(apply::Apply),
}

impl Subcommand for Upgrade {
    fn define(command: Command) -> Command {
        apply::define(command.about(say::upgrade::about()).arg_required_else_help(true))
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        Some(Self::Apply(apply::parse(values)?))
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Apply(apply) => apply.run(),
        }
    }
}
