//! Everything that CI runs.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::Result;

use crate::{catalogue, tidy};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::binary::cargo;
use zshield_machines::work::Work;
use zshield_scenarios::scenario::{self, ScenarioReport, Tier};

/// How much was tried and how much of it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    passed: usize,
    failed: usize,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Whether nothing failed, and something was tried.
    pub fn is_good(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

/// Runs all of it, prints each result, and the count alone on the last line.
pub fn run(work: &Work, artifacts: &Artifacts, cli: &clap::Command) -> Count {
    let mut count = Count::default();
    thread::scope(|scope| {
        // The payload waits for a mirror, and the link of what is shipped takes one core: they are
        // made while cargo uses the other.
        let stick = scope.spawn(|| artifacts.payload_base().and_then(|_| artifacts.stick()));
        let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
        count.add(check("format", || succeeds(cargo(work).args(["fmt", "--all", "--check"]))));
        count.add(check("lints", || succeeds(cargo(work).args(clippy))));
        count.add(unit_tests(work));
        count.add(check("tidy", || is_tidy(work, cli)));
        if let Ok(Err(error)) = stick.join() {
            println!("FAIL  stick\n{error:#}");
            count.add(Count { passed: 0, failed: 1 });
        }
    });
    let chosen: Vec<_> = [Tier::E2e, Tier::Uml, Tier::Host]
        .into_iter()
        .flat_map(catalogue::of)
        .filter(|scenario| scenario.in_ci)
        .collect();
    let reports = scenario::run(work, artifacts, &chosen);
    for report in &reports {
        count.add(counted(report.result.is_ok()));
    }
    print!("{}", slowest(&reports));
    println!("{} passed, {} failed", count.passed, count.failed);
    count
}

/// A line for each of the scenarios that took longest: what is to be looked at where CI takes long.
fn slowest(reports: &[ScenarioReport]) -> String {
    const SHOWN: usize = 10;
    let mut longest: Vec<&ScenarioReport> = reports.iter().collect();
    longest.sort_by_key(|report| Reverse(report.took));
    let mut table = String::from("the slowest scenarios:\n");
    for ScenarioReport { name, took, .. } in longest.into_iter().take(SHOWN) {
        let _ = writeln!(table, "{:8.1} s  {name}", took.as_secs_f64());
    }
    table
}

fn counted(good: bool) -> Count {
    Count { passed: usize::from(good), failed: usize::from(!good) }
}

fn check(name: &str, tried: impl FnOnce() -> Result<bool>) -> Count {
    let since = Instant::now();
    let good = tried().unwrap_or_else(|error| {
        println!("{error:#}");
        false
    });
    let word = if good { "pass" } else { "FAIL" };
    println!("{word}  {name} ({:.1} s)", since.elapsed().as_secs_f64());
    counted(good)
}

fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status()?.success())
}

fn is_tidy(work: &Work, cli: &clap::Command) -> Result<bool> {
    let faults = tidy::faults(work, cli)?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(faults.is_empty())
}

/// Unit and property tests, by nextest where it is, and documentation's examples.
fn unit_tests(work: &Work) -> Count {
    let nextest = cargo(work).args(["nextest", "--version"]).output();
    let arguments: &[&str] = if nextest.is_ok_and(|output| output.status.success()) {
        &["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"]
    } else {
        &["test", "--workspace", "--no-fail-fast", "--quiet"]
    };
    let since = Instant::now();
    let Ok(output) = cargo(work).args(arguments).output() else {
        println!("FAIL  unit tests: cargo did not start");
        return counted(false);
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mut count = passed_and_failed(&text);
    if !output.status.success() {
        println!("{text}");
        count.failed = count.failed.max(1);
    }
    let seconds = since.elapsed().as_secs_f64();
    println!("unit tests: {} passed, {} failed ({seconds:.1} s)", count.passed, count.failed);
    count
}

/// Adds up `12 passed` and `1 failed` of the closing lines of nextest or `cargo test`.
fn passed_and_failed(text: &str) -> Count {
    let mut count = Count::default();
    // nextest prints what a failed test has said, the closing line of its own harness with it.
    let of_nextest: Vec<&str> = text.lines().filter(|line| is_summary(line)).collect();
    let of_cargo = || text.lines().filter(|line| line.trim_start().starts_with("test result: "));
    let closing = if of_nextest.is_empty() { of_cargo().collect() } else { of_nextest };
    for line in closing {
        let words: Vec<&str> = line
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<usize>() else { continue };
            match pair[1] {
                "passed" => count.passed += number,
                "failed" => count.failed += number,
                _ => {}
            }
        }
    }
    count
}

fn is_summary(line: &str) -> bool {
    line.trim_start().starts_with("Summary [")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_slowest_scenarios_are_shown_the_slowest_first() {
        let report = |(name, seconds)| ScenarioReport {
            name,
            result: Ok(()),
            took: std::time::Duration::from_secs(seconds),
        };
        let names = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "a"];
        let reports: Vec<ScenarioReport> = names.into_iter().zip(1..).map(report).collect();
        let table = slowest(&reports);
        assert_eq!(table.lines().count(), 11);
        assert_eq!(table.lines().nth(1), Some("    11.0 s  a"));
        assert!(!table.contains("s  b"));
    }

    #[test]
    fn closing_lines_of_both_runners_are_counted() {
        let nextest =
            "     Summary [   1.251s] 14 tests run: 12 passed (1 slow), 2 failed, 3 skipped";
        assert_eq!(passed_and_failed(nextest), Count { passed: 12, failed: 2 });
        let cargo = "test result: ok. 5 passed; 0 failed; 0 ignored\nrunning\n\
                     test result: FAILED. 2 passed; 1 failed; 0 ignored\n";
        assert_eq!(passed_and_failed(cargo), Count { passed: 7, failed: 1 });
        let both = [cargo, nextest].concat();
        assert_eq!(passed_and_failed(&both), Count { passed: 12, failed: 2 });
        assert!(!passed_and_failed("nothing ran").is_good());
    }
}
