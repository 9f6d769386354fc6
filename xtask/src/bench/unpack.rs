//! Unpacking a payload, beside `unsquashfs` with the same image into the same filesystem.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack, unpack_unproved};

use super::{Row, TURNS, median};
use crate::artifacts::Artifacts;
use crate::tool::{capture, tool};

/// As an installation does it, whose proof hashes every file afterwards; and with each file hashed
/// on its way.
pub(super) fn rows(artifacts: &Artifacts) -> Result<Vec<Row>> {
    ensure!(rustix::process::geteuid().is_root(), "unpacking a whole system needs root");
    let folder = artifacts.work().run_folder("bench-unpack")?;
    let slot = folder.join("slot");
    take_slot(&artifacts.stick()?, &slot)?;
    let squashfs = slot.join("root.squashfs");
    let keys = TrustedKeys::in_folder(&artifacts.work().folder("stick")?)?;
    let manifest = signature::open(&slot, &keys, Requirement::UnsignedAccepted)?;
    let image = Squashfs::open(&squashfs)?;
    // In memory the two differ by what they do; on a disk its mood is often more than that.
    let memory = tempfile::tempdir_in("/dev/shm").context("no filesystem in memory")?;
    let mut rows = Vec::new();
    for (place, at) in [("memory", memory.path()), ("disk", folder.as_path())] {
        rows.extend(measured(place, &at.join("target"), &image, &squashfs, &manifest)?);
    }
    Ok(rows)
}

/// Both sides in turns, into `target`.
fn measured(
    place: &str,
    target: &Path,
    image: &Squashfs,
    squashfs: &Path,
    manifest: &Manifest,
) -> Result<[Row; 2]> {
    let installs = || {
        let unpack = || unpack_unproved(Source::Image(image), target, manifest, &|_| ());
        timed(target, || Ok(unpack().map(drop)?))
    };
    let hashes = || {
        let unpack = || unpack(Source::Image(image), target, manifest, &|_| ());
        timed(target, || Ok(unpack().map(drop)?))
    };
    let theirs = || {
        timed(target, || {
            capture(tool("unsquashfs", ["-q", "-n", "-f", "-d"]).arg(target).arg(squashfs))?;
            // Ours ends with everything on the disk.
            capture(tool("sync", ["-f"]).arg(target)).map(drop)
        })
    };

    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        times[0].push(installs()?);
        times[1].push(theirs()?);
        times[2].push(hashes()?);
    }
    let [installing, peer_s, hashing] = times.map(median);
    let row = |case: &str, ours_s: f64| Row {
        bench: "unpack",
        case: format!("{case}, {place}"),
        ours_s,
        peer: "unsquashfs",
        peer_s,
        ratio: peer_s / ours_s,
    };
    Ok([row("as installed", installing), row("hashed on the way", hashing)])
}

/// The files of the slot on a stick's image, without mounting it.
fn take_slot(image: &Path, slot: &Path) -> Result<()> {
    fs::create_dir_all(slot)?;
    let table = capture(tool("sfdisk", ["--json"]).arg(image))?;
    let table: serde_json::Value = serde_json::from_str(&table)?;
    let start = table["partitiontable"]["partitions"][2]["start"]
        .as_u64()
        .context("the stick has no third partition")?;
    let filesystem = format!("{}?offset={}", image.display(), start * 512);
    for name in ["root.squashfs", "manifest", "manifest.minisig"] {
        let dump = format!("dump /a/{name} {}", slot.join(name).display());
        capture(tool("debugfs", ["-R", &dump]).arg(&filesystem))?;
    }
    Ok(())
}

/// The seconds that `run` takes with an empty `target`.
fn timed(target: &Path, run: impl FnOnce() -> Result<()>) -> Result<f64> {
    if target.exists() {
        fs::remove_dir_all(target)?;
    }
    fs::create_dir(target)?;
    rustix::fs::sync();
    let since = Instant::now();
    run()?;
    Ok(since.elapsed().as_secs_f64())
}
