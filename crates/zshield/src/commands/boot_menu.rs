//! `zshield boot-menu`, which packages run.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::boot::{self, Menu};
use zshield_operations::{Env, Result};

use super::Subcommand;
use crate::cli::args::{self, Values as _};

/// `zshield boot-menu`.
pub(super) struct BootMenu {
    root: PathBuf,
}

impl Subcommand for BootMenu {
    /// Packages run it with arguments of their own, which say nothing that is needed.
    fn define(command: Command) -> Command {
        let ignored = Arg::new("ignored").num_args(0..).hide(true);
        command.hide(true).about(say::boot::menu_about()).arg(args::root()).arg(ignored)
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        Some(Self { root: values.path("root") })
    }

    fn run(self) -> Result<ExitCode> {
        let env = Env::at(self.root);
        match boot::renew_menu(&env)? {
            // A payload that is no appliance yet has no policy either.
            Menu::Absent => return Ok(ExitCode::SUCCESS),
            Menu::NoKernel => err!("{}", say::boot::no_kernel()),
            Menu::Starts(kernel) => out!("{}", say::boot::starts(kernel)),
        }
        if let Some((place, setting)) = boot::blocking_lvm_setting_of(&env)? {
            err!("{}", say::health::LvmHindered { place: &place, setting: &setting });
        }
        Ok(ExitCode::SUCCESS)
    }
}
