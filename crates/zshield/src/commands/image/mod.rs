//! `zshield image build`, `verify` and `write`.

mod bars;
mod build;
mod verify;
mod write;

use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    match matches.subcommand() {
        Some(("build", matches)) => build::run(matches),
        Some(("verify", matches)) => verify::run(matches),
        Some(("write", matches)) => write::run(matches),
        _ => Ok(ExitCode::from(2)),
    }
}
