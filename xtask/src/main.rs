//! Everything that a developer or CI runs: `cargo xtask …`.

// A module's `pub` is what it shows to the others: nothing is reachable from outside a binary.
#![allow(unreachable_pub)]

mod artifacts;
mod binary;
mod cache;
mod deb;
mod packages;
mod payload;
mod qemu;
mod scenario;
mod scenarios;
mod tool;
mod uml;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use artifacts::Artifacts;
use payload::{Initrd, Suite};
use scenario::Tier;
use work::Work;

/// Builds, tries and shows zshield.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run scenarios on real LVM and device-mapper in user-mode Linux
    Uml(Choice),
    /// Run scenarios on whole machines in QEMU
    E2e(Choice),
    /// Make the demo payload, with zshield in it
    Payload {
        #[command(flatten)]
        system: System,
    },
}

#[derive(Debug, Args)]
struct Choice {
    /// Scenarios to run; `install-` means all that begin so
    names: Vec<String>,
    /// Only list them
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    system: System,
}

#[derive(Debug, Args)]
struct System {
    /// Debian release of the payload
    #[arg(long, value_enum, default_value = "bookworm")]
    suite: Suite,
    /// What makes the payload's initrd
    #[arg(long, value_enum, default_value = "initramfs-tools")]
    initrd: Initrd,
}

fn main() -> ExitCode {
    if let Some(job) = uml::job_of_this_machine() {
        return uml::init(&job);
    }
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let work = Work::here();
    match task {
        Task::Uml(choice) => run_scenarios(&work, &choice, Tier::Uml),
        Task::E2e(choice) => run_scenarios(&work, &choice, Tier::E2e),
        Task::Payload { system } => {
            packages::ensure()?;
            let payload = Artifacts::new(work, system.suite, system.initrd).payload()?;
            println!("{}", payload.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_scenarios(work: &Work, choice: &Choice, tier: Tier) -> Result<ExitCode> {
    let chosen = scenario::chosen(&scenarios::of(tier), &choice.names)?;
    if choice.list {
        scenario::list(&chosen);
        return Ok(ExitCode::SUCCESS);
    }
    packages::ensure()?;
    let artifacts = Artifacts::new(work.clone(), choice.system.suite, choice.system.initrd);
    let reports = scenario::run(work, &artifacts, &chosen);
    let failed = reports.iter().filter(|report| report.result.is_err()).count();
    println!("{} passed, {failed} failed", reports.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
