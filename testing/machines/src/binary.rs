//! The `zshield` binary, as shipped and as debugged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::once::Once;
use crate::tool::stream;
use crate::work::Work;

const STATIC_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the static release binary: the one in the rescue system and in the package.
pub fn release(work: &Work) -> Result<PathBuf> {
    stream(
        cargo(work)
            .args(["build", "--quiet", "--release", "--package", "zshield"])
            .args(["--target", STATIC_TARGET])
            .env("RUSTFLAGS", "-C target-feature=+crt-static"),
    )?;
    Ok(work.target().join(STATIC_TARGET).join("release/zshield"))
}

/// Builds `zshield` with its fail points, for user-mode Linux on this host.
pub fn with_fail_points(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield", "--features", "fail-points"])?;
    // The next ordinary build takes the name.
    kept(work, &work.target().join("debug/zshield"), "fail-points", "zshield")
}

/// This very program, for machines to run it too: as it is in memory, whatever cargo has made of its
/// file meanwhile.
pub fn this() -> Result<PathBuf> {
    static THIS: Once = Once::new();
    THIS.get(|| kept(&Work::here(), Path::new("/proc/self/exe"), "this", "xtask"))
}

/// A copy where no build replaces it. Who runs from the one before keeps that.
fn kept(work: &Work, program: &Path, directory: &str, name: &str) -> Result<PathBuf> {
    let directory = work.directory(directory)?;
    let (new, kept) = (tempfile::NamedTempFile::new_in(&directory)?, directory.join(name));
    fs::copy(program, new.path()).with_context(|| format!("no {}", program.display()))?;
    new.persist(&kept)?;
    Ok(kept)
}

/// Builds the program that mounts a vault on an HDD alone.
pub fn vault_volume(work: &Work) -> Result<PathBuf> {
    build(work, &["--release", "--package", "zshield-host", "--example", "vault_volume"])?;
    Ok(work.target().join("release/examples/vault_volume"))
}

/// Builds the COW store's own program, optimised.
pub fn copy_back(work: &Work) -> Result<PathBuf> {
    build(work, &["--release", "--package", "zshield-formats", "--example", "copy_back"])?;
    Ok(work.target().join("release/examples/copy_back"))
}

/// Builds what user-mode Linux is started with.
pub fn uml_ptrace(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield-machines", "--example", "uml_ptrace"])?;
    Ok(work.target().join("debug/examples/libuml_ptrace.so"))
}

/// Builds the dispatcher of alarms as a program of its own.
pub fn dispatcher(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield-alarm", "--example", "dispatcher"])?;
    Ok(work.target().join("debug/examples/dispatcher"))
}

/// Builds what makes a bundle and reads it from a web server, as a program of its own.
pub fn bundle_reader(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield-operations", "--example", "bundle_reader"])?;
    Ok(work.target().join("debug/examples/bundle_reader"))
}

/// Builds what comes into a network as the rescue system does, as a program of its own.
pub fn network(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield-net", "--example", "network"])?;
    Ok(work.target().join("debug/examples/network"))
}

/// Builds what reads, writes and mirrors the vault's objects, as a program of its own.
pub fn vault_store(work: &Work) -> Result<PathBuf> {
    build(work, &["--package", "zshield-vault", "--example", "vault_store"])?;
    Ok(work.target().join("debug/examples/vault_store"))
}

/// Builds what copies a tree into a vault, as it is released.
pub fn vault_bench(work: &Work) -> Result<PathBuf> {
    build(work, &["--release", "--package", "zshield-vault", "--example", "vault_bench"])?;
    Ok(work.target().join("release/examples/vault_bench"))
}

/// Builds the Golden Image's part of an upgrade as a program of its own, with its fail points.
pub fn upgrade_golden(work: &Work) -> Result<PathBuf> {
    let what = ["--package", "zshield-operations", "--features", "fail-points"];
    build(work, &[&what[..], &["--example", "upgrade_golden"]].concat())?;
    // The next build without them takes the name.
    kept(
        work,
        &work.target().join("debug/examples/upgrade_golden"),
        "fail-points",
        "upgrade_golden",
    )
}

fn build(work: &Work, what: &[&str]) -> Result<()> {
    stream(cargo(work).args(["build", "--quiet"]).args(what))
}

/// Cargo in the workspace's root.
pub fn cargo(work: &Work) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(work.root());
    command
}
