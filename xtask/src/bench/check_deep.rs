//! Reading every file of a system and holding it against the manifest, as a deep check does: beside
//! AIDE, the hashing floor and a bare walk. On this host, with all its processors, and all files in
//! memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use wait4::Wait4 as _;
use zshield_golden::compare::{self, Expected};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack_unproved};

use super::TURNS;
use super::aide;
use super::row::Row;
use super::statistics::median;
use super::unpack::take_slot;
use crate::artifacts::Artifacts;

/// Ours comes first.
const WAYS: [(&str, &str); 4] = [
    ("deep", r#""$XTASK" guest compare "$SLOT" "$KEYS" "$TREE""#),
    (
        "openssl dgst -sha256",
        "find \"$TREE\" -type f -print0 | xargs -0 -P $(nproc) openssl dgst -sha256",
    ),
    ("aide --check", "sh \"$AIDE\" --check"),
    ("find, a stat for each", "find \"$TREE\" -newermt 2100-01-01"),
];

pub(super) fn rows(artifacts: &Artifacts) -> Result<Vec<Row>> {
    ensure!(rustix::process::geteuid().is_root(), "unpacking a whole system needs root");
    let folder = artifacts.work().run_folder("bench-check-deep")?;
    let stick = artifacts.large_stick()?;
    let keys = stick.parent().context("the stick is in no folder")?.to_owned();
    let [slot, tree] = ["slot", "tree"].map(|name| folder.join(name));
    take_slot(&stick, &slot, &["root.squashfs", "manifest", "manifest.minisig"])?;
    fs::create_dir(&tree)?;
    let image = Squashfs::open(&slot.join("root.squashfs"))?;
    let manifest = manifest(&slot, &keys)?;
    unpack_unproved(Source::Image(&image), &tree, &manifest, &|_| ())?;
    let host = Host { slot, keys, aide: aide::script(artifacts, &folder, &tree)?, tree };
    host.run("sh \"$AIDE\" --init")?;
    let mut turns = vec![Vec::new(); WAYS.len()];
    // What is read for the first time is in memory afterwards.
    host.run(WAYS[1].1)?;
    for _ in 0..TURNS {
        for (turns, (_, way)) in turns.iter_mut().zip(WAYS) {
            turns.push(host.run(way)?);
        }
    }
    let medians: Vec<(f64, f64)> = turns
        .iter()
        .map(|turns| turns.iter().copied().unzip())
        .map(|(seconds, peaks): (Vec<f64>, Vec<f64>)| (median(&seconds), median(&peaks)))
        .collect();
    let version = aide::version(&host.aide)?;
    fs::remove_dir_all(&folder).context("cannot remove the tree")?;
    let header = manifest.header();
    let case =
        format!("deep, on the host, {} entries of {} MB", header.entries, header.bytes / 1_000_000);
    let rows = WAYS.into_iter().zip(&medians).skip(1).map(|((name, _), (theirs, peak))| {
        let note = format!("at its peak {:.0} MiB, peer {peak:.0} MiB", medians[0].1);
        let note = if name.starts_with("aide") { format!("{note}; {version}") } else { note };
        Row::seconds("check", case.clone(), medians[0].0, name, *theirs, note)
    });
    Ok(rows.collect())
}

/// Holds a tree against the manifest of a slot; what differs is an error.
pub(super) fn compare(slot: &Path, keys: &Path, tree: &Path) -> Result<()> {
    let report = compare::compare(tree, &manifest(slot, keys)?, &Expected::nothing(), &|_| ())?;
    ensure!(report.drifts.is_empty(), "it differs: {:?}", report.drifts.first());
    Ok(())
}

fn manifest(slot: &Path, keys: &Path) -> Result<Manifest> {
    Ok(signature::open(slot, &TrustedKeys::in_folder(keys)?, Requirement::UnsignedAccepted)?)
}

/// What scripts can name.
struct Host {
    slot: PathBuf,
    keys: PathBuf,
    aide: PathBuf,
    tree: PathBuf,
}

impl Host {
    /// The seconds that a script takes, and the most memory of one of its processes in MiB.
    fn run(&self, script: &str) -> Result<(f64, f64)> {
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).stdout(Stdio::null());
        shell.env("XTASK", std::env::current_exe()?).env("AIDE", &self.aide);
        shell.env("SLOT", &self.slot).env("KEYS", &self.keys).env("TREE", &self.tree);
        let since = Instant::now();
        let used = shell.spawn().context("no shell")?.wait4()?;
        let seconds = since.elapsed().as_secs_f64();
        ensure!(used.status.success(), "«{script}» ended with {}", used.status);
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let peak = used.rusage.maxrss as f64 / f64::from(1 << 20);
        Ok((seconds, peak))
    }
}
