//! Scenarios: what is tried, one at a time or two, and what came of it.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use zshield_machines::appliance::Appliance;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::Firmware;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};
use zshield_machines::work::Work;

/// Where a scenario runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// On this host: processes that talk over its loopback.
    Host,
    /// In user-mode Linux.
    Uml,
    /// On a whole machine in QEMU.
    E2e,
}

/// One thing that is tried.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Begins with what it tries: `install-…`.
    pub name: &'static str,
    /// What it shows, in one line.
    pub shows: &'static str,
    /// Where it runs.
    pub tier: Tier,
    /// Whether `cargo xtask test` runs it.
    pub in_ci: bool,
    /// Does it; an error is a failure.
    pub run: fn(&Context) -> Result<()>,
}

impl Scenario {
    /// One on a whole machine.
    pub const fn e2e(
        name: &'static str,
        shows: &'static str,
        in_ci: bool,
        run: fn(&Context) -> Result<()>,
    ) -> Self {
        Self { name, shows, tier: Tier::E2e, in_ci, run }
    }

    /// One on this host, in CI.
    pub const fn host(
        name: &'static str,
        shows: &'static str,
        run: fn(&Context) -> Result<()>,
    ) -> Self {
        Self { name, shows, tier: Tier::Host, in_ci: true, run }
    }

    /// One in user-mode Linux, in CI.
    pub const fn uml(
        name: &'static str,
        shows: &'static str,
        run: fn(&Context) -> Result<()>,
    ) -> Self {
        Self { name, shows, tier: Tier::Uml, in_ci: true, run }
    }

    /// The same, not for CI.
    #[must_use]
    pub const fn in_soak(self) -> Self {
        Self { in_ci: false, ..self }
    }
}

/// What a scenario has at hand.
#[derive(Debug)]
pub struct Context<'a> {
    /// An empty directory for its disks and logs.
    pub directory: PathBuf,
    /// What is built once for all.
    pub artifacts: &'a Artifacts,
}

impl Context<'_> {
    /// A whole machine with an appliance installed on disks of this scenario's own.
    pub fn appliance(&self, firmware: Firmware) -> Result<Appliance> {
        self.artifacts.appliance(&self.directory, firmware)
    }

    /// A small appliance in user-mode Linux, installed on disks of this scenario's own.
    pub fn uml_appliance(&self, payload: Payload) -> Result<UmlAppliance> {
        UmlAppliance::installed(&self.directory, self.artifacts, payload)
    }
}

/// How a scenario ended.
#[derive(Debug)]
pub struct ScenarioReport {
    /// The scenario.
    pub name: &'static str,
    /// Nothing, or why it failed.
    pub result: Result<()>,
    /// The wall time it took.
    pub took: Duration,
}

/// The scenarios of `names`, or all; an unknown name is answered with the nearest one. A name that
/// ends in `-` or `*` stands for all that begin with it.
pub fn chosen(all: &[Scenario], names: &[String]) -> Result<Vec<Scenario>> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let mut chosen = Vec::new();
    for name in names {
        let prefix = name.strip_suffix('*').or_else(|| name.ends_with('-').then_some(name));
        let found: Vec<Scenario> = all
            .iter()
            .filter(|scenario| match prefix {
                Some(prefix) => scenario.name.starts_with(prefix),
                None => scenario.name == name,
            })
            .copied()
            .collect();
        if found.is_empty() {
            bail!("there is no scenario «{name}»{}", nearest(all, name));
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn nearest(all: &[Scenario], name: &str) -> String {
    all.iter()
        .map(|scenario| (strsim::damerau_levenshtein(scenario.name, name), scenario.name))
        .min()
        .map_or_else(String::new, |(_, near)| format!("; the nearest is «{near}» (see --list)"))
}

/// Prints names and what they show.
pub fn list(scenarios: &[Scenario]) {
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    for scenario in scenarios {
        let ci = if scenario.in_ci { "" } else { " (not in CI)" };
        println!("{:width$}  {}{ci}", scenario.name, scenario.shows);
    }
}

/// As many at a time as this project's machines have cores.
const AT_A_TIME: usize = 2;

/// Runs them and prints each result as it comes.
pub fn run(work: &Work, artifacts: &Artifacts, scenarios: &[Scenario]) -> Vec<ScenarioReport> {
    let queue: Mutex<VecDeque<Scenario>> = Mutex::new(scenarios.iter().copied().collect());
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(scenario) = next(&queue) {
                    let report = run_one(work, artifacts, &scenario);
                    print(&report);
                    lock(&reports).push(report);
                }
            });
        }
    });
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn next(queue: &Mutex<VecDeque<Scenario>>) -> Option<Scenario> {
    lock(queue).pop_front()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run_one(work: &Work, artifacts: &Artifacts, scenario: &Scenario) -> ScenarioReport {
    let since = Instant::now();
    let result = work.run_directory(scenario.name).and_then(|directory| {
        let context = Context { directory: directory.clone(), artifacts };
        // A scenario that panics is one that failed, and the others go on.
        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (scenario.run)(&context)));
        let result = ended.unwrap_or_else(|_| bail!("it panicked"));
        keep_small(&directory, result.is_ok())?;
        result
    });
    ScenarioReport { name: scenario.name, result, took: since.elapsed() }
}

/// Keeps the logs of a run, and its disks only if someone will want to look at them.
fn keep_small(directory: &Path, passed: bool) -> Result<()> {
    if !passed {
        return Ok(());
    }
    for entry in fs::read_dir(directory).with_context(|| format!("no {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "qcow2" || end == "img") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn print(report: &ScenarioReport) {
    let seconds = report.took.as_secs_f64();
    match &report.result {
        Ok(()) => println!("pass  {} ({seconds:.1} s)", report.name),
        Err(error) => println!("FAIL  {} ({seconds:.1} s)\n{error:#}", report.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Scenario] = &[made("install-bios"), made("install-uefi"), made("backup-twice")];

    const fn made(name: &'static str) -> Scenario {
        Scenario { name, shows: "", tier: Tier::Uml, in_ci: true, run: |_| Ok(()) }
    }

    fn names(wanted: &[&str]) -> Result<Vec<&'static str>> {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        Ok(chosen(ALL, &wanted)?.iter().map(|scenario| scenario.name).collect())
    }

    #[test]
    fn a_prefix_stands_for_all_that_begin_with_it() {
        assert_eq!(names(&["install-"]).unwrap(), ["install-bios", "install-uefi"]);
        assert_eq!(names(&["back*"]).unwrap(), ["backup-twice"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = names(&["instal-uefy"]).unwrap_err().to_string();
        assert!(error.contains("«install-uefi»"), "{error}");
    }
}
