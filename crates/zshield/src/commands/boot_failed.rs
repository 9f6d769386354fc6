//! `zshield boot-failed`, which systemd runs in emergency mode.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use zshield_messages::say;
use zshield_operations::{Env, Result, emergency};
use zshield_plan::emergency::PATIENCE;

use super::Subcommand;

/// `zshield boot-failed`.
pub(super) struct BootFailed {
    patience: Duration,
}

impl Subcommand for BootFailed {
    fn define(command: Command) -> Command {
        let after = Arg::new("after").long("after").value_name("SECONDS").hide(true);
        let after = after.value_parser(value_parser!(u64));
        command.hide(true).about(say::boot::failed_about()).arg(after)
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let seconds = values.get_one("after").copied();
        Some(Self { patience: seconds.map_or(PATIENCE, Duration::from_secs) })
    }

    fn run(self) -> Result<ExitCode> {
        emergency::see_out(&Env::at("/"), self.patience, |line| out!("{line}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
