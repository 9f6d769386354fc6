//! Fuzzing: every parser of something from outside, from its corpus on, for a fixed time.
//!
//! The targets are one program of the crate `fuzz`. libFuzzer's instrumentation
//! needs the nightly compiler. What it finds on the way is kept in `target/xtask/fuzz/NAME`, and
//! an input that fails in `target/xtask/fuzz/failed`.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};

use zshield_machines::tool::{stream, tail, tool};
use zshield_machines::work::Work;

/// As many at a time as this project's machines have cores.
const AT_A_TIME: usize = 2;
const HOST: &str = "x86_64-unknown-linux-gnu";

/// What `cargo fuzz` passes too: counters at each edge, and what is compared with what.
const INSTRUMENTED: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg fuzzing",
    "-Zsanitizer=address",
    "-Cpanic=abort",
];

/// More than any input here may cost: megabytes of one allocation and of all, and seconds.
const LIMITS: [&str; 4] =
    ["-malloc_limit_mb=64", "-rss_limit_mb=1024", "-timeout=20", "-max_len=150000"];

/// What came of one target.
#[derive(Debug)]
pub struct FuzzReport {
    /// Its name.
    pub name: String,
    /// How many inputs it was given; or what failed.
    pub result: Result<u64>,
}

/// Every target: the directories of the corpora.
pub fn names(work: &Work) -> Result<Vec<String>> {
    let directory = work.root().join("fuzz/corpus");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The targets that were asked for, or all.
pub fn chosen(work: &Work, wanted: &[String]) -> Result<Vec<String>> {
    let all = names(work)?;
    if wanted.is_empty() {
        return Ok(all);
    }
    match wanted.iter().find(|name| !all.contains(name)) {
        Some(name) => bail!("there is no fuzz target «{name}» (see --list)"),
        None => Ok(wanted.to_vec()),
    }
}

/// Builds the targets and runs these for so many seconds each, two at a time.
pub fn run(work: &Work, names: &[String], seconds: u32) -> Result<Vec<FuzzReport>> {
    let program = build(work)?;
    let queue: Mutex<VecDeque<&String>> = Mutex::new(names.iter().collect());
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(name) = next() {
                    let report = FuzzReport {
                        name: name.clone(),
                        result: one(work, &program, name, seconds),
                    };
                    print(&report, seconds);
                    reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
                }
            });
        }
    });
    Ok(reports.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn print(report: &FuzzReport, seconds: u32) {
    match &report.result {
        Ok(inputs) => println!("pass  fuzz {} ({inputs} inputs, {seconds} s)", report.name),
        Err(error) => println!("FAIL  fuzz {}\n{error:#}", report.name),
    }
}

fn build(work: &Work) -> Result<PathBuf> {
    let nightly = tool("cargo", ["+nightly", "--version"]).stderr(Stdio::null()).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        bail!("fuzzing needs the nightly toolchain: rustup toolchain install nightly");
    }
    let target = work.directory("fuzz-target")?;
    // Not through the cargo that runs this: its variables would choose its own compiler.
    let mut build = tool("cargo", ["+nightly", "build", "--quiet", "--profile", "fuzz"]);
    stream(
        build
            .args(["--package", "zshield-fuzz", "--features", "libfuzzer", "--target", HOST])
            .current_dir(work.root())
            .env_remove("CARGO")
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", INSTRUMENTED.join(" ")),
    )?;
    Ok(target.join(HOST).join("fuzz/zshield-fuzz"))
}

fn one(work: &Work, program: &Path, name: &str, seconds: u32) -> Result<u64> {
    let found = work.directory(&format!("fuzz/{name}"))?;
    let failed = work.directory("fuzz/failed")?.join(format!("{name}-"));
    let memory = tempfile::tempdir_in("/dev/shm").context("no filesystem in memory")?;
    let output = Command::new(program)
        .args([&found, &work.root().join("fuzz/corpus").join(name)])
        .args(LIMITS)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}", failed.display()))
        .arg("-print_final_stats=1")
        .env("ZSHIELD_FUZZ", name)
        .env("TMPDIR", memory.path())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{name} ended with {}\n{}", output.status, tail(&said, 40));
    }
    inputs(&said).with_context(|| format!("{name} did not say what it did\n{}", tail(&said, 20)))
}

/// How many inputs libFuzzer says it has run.
fn inputs(said: &str) -> Option<u64> {
    said.lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus_and_every_corpus_a_target() {
        let work = Work::here();
        let source = fs::read_to_string(work.root().join("fuzz/src/lib.rs")).unwrap();
        let rows = source.lines().filter_map(|line| line.trim().strip_prefix("(\""));
        let mut targets: Vec<&str> = rows.filter_map(|row| row.split('"').next()).collect();
        targets.sort_unstable();
        assert_eq!(targets, names(&work).unwrap());
    }

    #[test]
    fn the_number_of_inputs_is_read_from_what_libfuzzer_says() {
        let said = "Done 12 runs in 3 second(s)\nstat::number_of_executed_units: 12\n";
        assert_eq!(inputs(said), Some(12));
        assert_eq!(inputs("INFO: Seed: 1\n"), None);
    }
}
