//! The commands, each thin: it takes the command line apart and calls the library for it.

mod alarm;
mod backup;
pub(crate) mod boot;
mod check;
mod daemon;
mod enter;
mod generate;
mod image;
mod install;
mod key;
mod question;
mod recover;
pub(crate) mod running;
mod status;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use zshield_messages::say;
use zshield_plan::policy::Policy;

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
        Some(("daemon", _)) => daemon::run(),
        Some(("boot-complete", _)) => boot::complete(),
        Some(("boot-menu", menu)) => boot::menu(menu),
        // The kernel starts the rescue system as PID 1, which never comes here.
        Some(("init", _)) => Err(report::refused(say::cli::init_needs_kernel())),
        Some(("generate", generate)) => generate::run(generate),
        Some(("enter", enter)) => enter::run(enter),
        _ => Ok(ExitCode::from(2)),
    }
}

/// Reads a policy; a mistake in it is a refusal, for nothing has begun.
fn policy(file: &Path) -> Result<(Policy, String)> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let policy = Policy::parse(&text, file).map_err(|error| report::refused(error.to_string()))?;
    Ok((policy, text))
}

/// A path from the command line; clap has seen to it that the required ones are there.
fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches.get_one::<PathBuf>(name).cloned().unwrap_or_default()
}
