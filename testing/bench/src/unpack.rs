//! Unpacking a payload, beside `unsquashfs` with the same image, `tar` with zstd and `rsync` of the
//! same tree, into the same filesystem.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack, unpack_unproved};

use super::findings::Findings;
use super::form::Form;
use super::row::Row;
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::tool::{capture, tool};

const TURNS: usize = 5;

/// As an installation does it, whose proof hashes every file afterwards; and with each file hashed
/// on its way.
pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    ensure!(rustix::process::geteuid().is_root(), "unpacking a whole system needs root");
    let directory = artifacts.work().run_directory("bench-unpack")?;
    let slot = directory.join("slot");
    let names = ["root.squashfs", "manifest", "manifest.minisig"];
    take_slot(&artifacts.stick()?, &slot, &names)?;
    let squashfs = slot.join("root.squashfs");
    let keys = TrustedKeys::in_directory(&artifacts.work().directory("stick")?)?;
    let manifest = signature::open(&slot, &keys, Requirement::UnsignedAccepted)?;
    let image = Squashfs::open(&squashfs)?;
    let tree = directory.join("tree");
    capture(tool("unsquashfs", ["-q", "-n", "-d"]).arg(&tree).arg(&squashfs))?;
    let tar = directory.join("tree.tar.zst");
    let pack = ["--zstd", "--xattrs", "--xattrs-include=*", "-cf"];
    capture(tool("tar", pack).arg(&tar).arg("-C").arg(&tree).arg("."))?;
    // In memory they differ by what they do; on a disk its mood is often more than that.
    let memory = tempfile::tempdir_in("/dev/shm").context("no filesystem in memory")?;
    let mut rows = Vec::new();
    for (place, at) in form.of([("memory", memory.path()), ("disk", directory.as_path())]) {
        let target = at.join("target");
        let ways = Ways { target: &target, image: &image, manifest: &manifest };
        rows.extend(measured(place, &ways, [&squashfs, &tar, &tree], form.turns(TURNS))?);
    }
    fs::remove_dir_all(tree)?;
    Ok(rows.into())
}

/// Our two ways.
struct Ways<'a> {
    target: &'a Path,
    image: &'a Squashfs,
    manifest: &'a Manifest,
}

impl Ways<'_> {
    fn installs(&self) -> Result<f64> {
        let from = Source::Image(self.image);
        timed(self.target, || {
            Ok(unpack_unproved(from, self.target, self.manifest, &|_| ()).map(drop)?)
        })
    }

    fn hashes(&self) -> Result<f64> {
        let from = Source::Image(self.image);
        timed(self.target, || Ok(unpack(from, self.target, self.manifest, &|_| ()).map(drop)?))
    }

    /// A command that ends with everything on the disk, as ours do.
    fn by(&self, command: &mut Command) -> Result<f64> {
        timed(self.target, || {
            capture(command)?;
            capture(tool("sync", ["-f"]).arg(self.target)).map(drop)
        })
    }
}

/// All sides in turns.
fn measured(
    place: &str,
    ways: &Ways<'_>,
    [squashfs, tar, tree]: [&Path; 3],
    turns: usize,
) -> Result<Vec<Row>> {
    let mut times = [const { Vec::new() }; 5];
    for _ in 0..turns {
        let mut unsquashfs = tool("unsquashfs", ["-q", "-n", "-f", "-d"]);
        let mut untar = tool("tar", ["--zstd", "--xattrs", "--xattrs-include=*", "-xpf"]);
        let took = [
            ways.installs()?,
            ways.hashes()?,
            ways.by(unsquashfs.arg(ways.target).arg(squashfs))?,
            ways.by(untar.arg(tar).arg("-C").arg(ways.target))?,
            ways.by(tool("rsync", ["-aHAX"]).arg(tree.join("")).arg(ways.target))?,
        ];
        times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
    }
    let [installing, hashing, peers @ ..] = times.map(|times| median(&times));
    let mut rows = Vec::new();
    for (peer, peer_s) in ["unsquashfs", "tar --zstd", "rsync -aHAX"].into_iter().zip(peers) {
        for (case, ours) in [("as installed", installing), ("hashed on the way", hashing)] {
            let case = format!("{case}, {place}");
            rows.push(Row::seconds("unpack", case, ours, peer, peer_s, String::new()));
        }
    }
    Ok(rows)
}

/// The files of the slot on a stick's image, without mounting it.
pub(super) fn take_slot(image: &Path, slot: &Path, names: &[&str]) -> Result<()> {
    fs::create_dir_all(slot)?;
    let table = capture(tool("sfdisk", ["--json"]).arg(image))?;
    let table: serde_json::Value = serde_json::from_str(&table)?;
    let start = table["partitiontable"]["partitions"][2]["start"]
        .as_u64()
        .context("the stick has no third partition")?;
    let filesystem = format!("{}?offset={}", image.display(), start * 512);
    for name in names {
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
