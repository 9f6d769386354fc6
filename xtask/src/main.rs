//! Everything that a developer or CI runs: `cargo xtask …`.

// A module's `pub` is what it shows to the others: nothing is reachable from outside a binary.
#![allow(unreachable_pub)]

mod catalogue;
mod demo;
mod fuzz;
mod test;
mod tidy;
mod vm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use zshield_bench as bench;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::payload::{Family, Initrd, Suite};
use zshield_machines::qemu::Firmware;
use zshield_machines::work::{Taken, Work};
use zshield_machines::{packages, uml};
use zshield_scenarios::scenario::{self, Scenario, Tier};
use zshield_torture as torture;

/// Builds, tries and shows zshield.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// From nothing to a running appliance in QEMU, told as it happens
    Demo {
        /// What starts it
        #[arg(long, value_enum, default_value = "bios")]
        firmware: Firmware,
        /// Save the screens of GRUB and of the installer in docs/img
        #[arg(long)]
        screenshots: bool,
        #[command(flatten)]
        system: System,
    },
    /// Everything that CI runs: format, lints, unit tests, scenarios; ends with a count
    Test,
    /// Run scenarios on real LVM and device-mapper in user-mode Linux
    Uml(Choice),
    /// Run scenarios of processes on this host
    Host(Choice),
    /// Run scenarios on whole machines in QEMU
    E2e(Choice),
    /// Run the long scenarios, of every kind, that CI does not; hours
    Soak(Choice),
    /// Give every parser of something from outside any bytes, from its corpus on
    Fuzz {
        /// Targets to run; all, if none is named
        names: Vec<String>,
        /// How long each of them is run
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Only list them
        #[arg(long)]
        list: bool,
    },
    /// Make the demo payload, with zshield in it
    Payload {
        #[command(flatten)]
        system: System,
    },
    /// Run an installed demo appliance with its console in this terminal
    Vm {
        /// What starts it
        #[arg(long, value_enum, default_value = "bios")]
        firmware: Firmware,
        #[command(flatten)]
        system: System,
    },
    /// Compare zshield's speed with that of a tool that does the same
    Bench {
        /// Benches to run
        names: Vec<String>,
        /// A row of JSON for each case
        #[arg(long)]
        json: bool,
        /// Write the tables into docs/BENCHMARKS.md, and plots beside it
        #[arg(long)]
        write: bool,
        /// Only list them
        #[arg(long)]
        list: bool,
    },
    /// Cut the power in an operation, hundreds of times, and see what comes of it
    Torture(torture::Options),
    /// What `torture` does inside user-mode Linux
    #[command(hide = true)]
    Cuts {
        /// What to do
        task: PathBuf,
    },
    /// What benches do inside user-mode Linux
    #[command(hide = true, subcommand)]
    Guest(bench::Guest),
    /// Check what no lint sees: file lengths, paths of one machine, commands in documents, shell
    Tidy,
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
    /// As which distribution's system it is laid out
    #[arg(long, value_enum, default_value = "debian")]
    family: Family,
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

// One arm for each task.
#[allow(clippy::too_many_lines)]
fn run(task: Task) -> Result<ExitCode> {
    let work = Work::here();
    match task {
        Task::Demo { firmware, screenshots, system } => {
            let _held = work.hold(Taken::Wait)?;
            packages::ensure()?;
            let pictures = work.root().join("docs/img");
            let pictures = screenshots.then_some(pictures.as_path());
            demo::run(&system.artifacts(work.clone()), firmware, pictures)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Test => {
            let _held = work.hold(Taken::Wait)?;
            packages::ensure()?;
            Ok(status(test::run(&work, &demo_system(work.clone()), &Cli::command()).is_good()))
        }
        Task::Uml(choice) => run_scenarios(&work, &choice, &catalogue::of(Tier::Uml)),
        Task::Host(choice) => run_scenarios(&work, &choice, &catalogue::of(Tier::Host)),
        Task::E2e(choice) => run_scenarios(&work, &choice, &catalogue::of(Tier::E2e)),
        Task::Soak(choice) => run_scenarios(&work, &choice, &catalogue::long()),
        Task::Fuzz { names, seconds, list } => run_fuzz(&work, &names, seconds, list),
        Task::Payload { system } => {
            let _held = work.hold(Taken::Wait)?;
            packages::ensure()?;
            println!("{}", system.artifacts(work).payload()?.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Vm { firmware, system } => {
            let _held = work.hold(Taken::Refuse)?;
            packages::ensure()?;
            vm::run(&system.artifacts(work), firmware)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Bench { list: true, .. } => {
            println!("{}", bench::names().collect::<Vec<_>>().join("\n"));
            Ok(ExitCode::SUCCESS)
        }
        Task::Bench { names, json, write, .. } => {
            bench::run(&demo_system(work), &names, bench::Shown { json, write })?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Guest(guest) => {
            bench::run_guest(guest)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Torture(options) => {
            let _held = work.hold(options.when_taken())?;
            packages::ensure()?;
            Ok(status(torture::run(&demo_system(work), &options)?))
        }
        Task::Cuts { task } => {
            torture::guest(&task)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Tidy => {
            let faults = tidy::faults(&work, &Cli::command())?;
            for fault in &faults {
                println!("{fault}");
            }
            Ok(status(faults.is_empty()))
        }
    }
}

fn demo_system(work: Work) -> Artifacts {
    Artifacts::new(work, Suite::Bookworm, Initrd::InitramfsTools, Family::Debian)
}

fn status(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl System {
    fn artifacts(&self, work: Work) -> Artifacts {
        Artifacts::new(work, self.suite, self.initrd, self.family)
    }
}

fn run_fuzz(work: &Work, names: &[String], seconds: u32, list: bool) -> Result<ExitCode> {
    let chosen = fuzz::chosen(work, names)?;
    if list {
        println!("{}", chosen.join("\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let _held = work.hold(Taken::Wait)?;
    packages::ensure()?;
    let reports = fuzz::run(work, &chosen, seconds)?;
    let failed = reports.iter().filter(|report| report.result.is_err()).count();
    println!("{} passed, {failed} failed", reports.len() - failed);
    Ok(status(failed == 0))
}

fn run_scenarios(work: &Work, choice: &Choice, all: &[Scenario]) -> Result<ExitCode> {
    let chosen = scenario::chosen(all, &choice.names)?;
    if choice.list {
        scenario::list(&chosen);
        return Ok(ExitCode::SUCCESS);
    }
    let _held = work.hold(Taken::Wait)?;
    packages::ensure()?;
    let artifacts = choice.system.artifacts(work.clone());
    let reports = scenario::run(work, &artifacts, &chosen);
    let failed = reports.iter().filter(|report| report.result.is_err()).count();
    println!("{} passed, {failed} failed", reports.len() - failed);
    Ok(status(failed == 0))
}
