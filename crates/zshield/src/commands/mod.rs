//! The commands, each thin: it takes the command line apart and calls the library for it.

mod alarm;
mod backup;
mod check;
mod enter;
mod generate;
mod image;
mod install;
mod key;
mod question;
mod recover;
pub(crate) mod running;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;
use zshield_messages::say;
use zshield_operations::boot::{self, Menu};
use zshield_operations::{Env, Error};

use crate::report;

/// Runs what the command line asks for.
pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    match matches.subcommand() {
        Some(("image", image)) => image::run(image),
        Some(("key", key)) => key::run(key),
        Some(("install", install)) => install::run(install),
        Some(("backup", backup)) => backup::run(backup),
        Some(("check", check)) => check::run(check),
        Some(("recover", recover)) => recover::run(recover),
        Some(("status", status)) => status::run(status),
        Some(("alarm", alarm)) => alarm::run(alarm),
        Some(("daemon", _)) => daemon(),
        Some(("boot-complete", _)) => boot_complete(),
        Some(("boot-menu", menu)) => boot_menu(menu),
        // The kernel starts the rescue system as PID 1, which never comes here.
        Some(("init", _)) => Err(report::refused(say::cli::init_needs_kernel())),
        Some(("generate", generate)) => generate::run(generate),
        Some(("enter", enter)) => enter::run(enter),
        _ => Ok(ExitCode::from(2)),
    }
}

/// `zshield daemon`.
fn daemon() -> Result<ExitCode> {
    running::start_journal();
    zshield_operations::daemon::run().map_err(Error::into_anyhow)?;
    Ok(ExitCode::SUCCESS)
}

/// `zshield boot-complete`.
fn boot_complete() -> Result<ExitCode> {
    boot::complete(&Env::at("/")).map_err(Error::into_anyhow)?;
    Ok(ExitCode::SUCCESS)
}

/// `zshield boot-menu`, which packages run.
fn boot_menu(matches: &ArgMatches) -> Result<ExitCode> {
    match boot::renew_menu(&Env::at(path(matches, "root"))).map_err(Error::into_anyhow)? {
        Menu::Absent => {}
        Menu::NoKernel => err!("{}", say::boot::no_kernel()),
        Menu::Starts(kernel) => out!("{}", say::boot::starts(kernel)),
    }
    Ok(ExitCode::SUCCESS)
}

/// A path from the command line; clap has seen to it that the required ones are there.
fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches.get_one::<PathBuf>(name).cloned().unwrap_or_default()
}
