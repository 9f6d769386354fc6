//! Reading every file of a system and holding it against the manifest, as a deep check does: beside
//! AIDE, the hashing floor and a bare walk. On this host, with all its processors, and all files in
//! memory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack_unproved};

use super::aide;
use super::guest::{Measured, manifest, measured};
use super::row::Row;
use super::side::{Side, TURNS};
use super::unpack::take_slot;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::tool::capture;

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
    let directory = artifacts.work().run_directory("bench-check-deep")?;
    let stick = artifacts.large_stick()?;
    let keys = stick.parent().context("the stick is in no directory")?.to_owned();
    let [slot, tree] = ["slot", "tree"].map(|name| directory.join(name));
    take_slot(&stick, &slot, &["root.squashfs", "manifest", "manifest.minisig"])?;
    fs::create_dir(&tree)?;
    let image = Squashfs::open(&slot.join("root.squashfs"))?;
    let manifest = manifest(&slot, &keys)?;
    unpack_unproved(Source::Image(&image), &tree, &manifest, &|_| ())?;
    let host = Host { slot, keys, aide: aide::script(artifacts, &directory, &tree)?, tree };
    host.run("sh \"$AIDE\" --init")?;
    // What is read for the first time is in memory afterwards.
    host.run(WAYS[1].1)?;
    let mut measured = Vec::new();
    for _ in 0..TURNS {
        for (name, way) in WAYS {
            measured.push(Measured { name: name.to_owned(), ..host.run(way)? });
        }
    }
    let ours = Side::of(&measured, WAYS[0].0, TURNS)?;
    let version = aide::version(&host.aide)?;
    fs::remove_dir_all(&directory).context("cannot remove the tree")?;
    let header = manifest.header();
    let case =
        format!("deep, on the host, {} entries of {} MB", header.entries, header.bytes / 1_000_000);
    let row = |(name, _): (&'static str, &str)| -> Result<Row> {
        let theirs = Side::of(&measured, name, TURNS)?;
        let note = format!("at its peak {} MiB, peer {} MiB", ours.mib(), theirs.mib());
        let note = if name.starts_with("aide") { format!("{note}; {version}") } else { note };
        Ok(Row::seconds("check", case.clone(), ours.seconds, name, theirs.seconds, note))
    };
    WAYS.into_iter().skip(1).map(row).collect()
}

/// What scripts can name.
struct Host {
    slot: PathBuf,
    keys: PathBuf,
    aide: PathBuf,
    tree: PathBuf,
}

impl Host {
    /// Measures a script, in a process of its own: what this one has in memory is none of it.
    fn run(&self, script: &str) -> Result<Measured> {
        let mut measure = Command::new(zshield_machines::binary::this()?);
        measure.args([
            "guest",
            "measure",
            "host",
            "sh",
            "-euc",
            &format!("{{ {script}; }} >/dev/null"),
        ]);
        measure.env("XTASK", zshield_machines::binary::this()?).env("AIDE", &self.aide);
        measure.env("SLOT", &self.slot).env("KEYS", &self.keys).env("TREE", &self.tree);
        let said = capture(&mut measure)?;
        measured(&said)?.pop().context("nothing was measured")
    }
}
