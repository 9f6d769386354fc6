//! How fast zshield is beside a tool that does the same, in one run on one machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack};

use crate::artifacts::Artifacts;
use crate::binary::cargo;
use crate::tool::{capture, stream, tool};

/// Everything that is measured.
pub const NAMES: [&str; 1] = ["unpack"];

/// One comparison. A ratio above 1 says that zshield is the faster one.
#[derive(Debug, Serialize)]
pub struct Row {
    bench: &'static str,
    case: String,
    ours_s: f64,
    peer: &'static str,
    peer_s: f64,
    ratio: f64,
}

/// How often each side runs, in turns; the median counts.
const TURNS: usize = 5;

/// Runs the benches of `names`, or all, and prints them as a table or as JSON, a row a line.
pub fn run(artifacts: &Artifacts, names: &[String], json: bool) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !NAMES.contains(&name.as_str())) {
        bail!("there is no bench «{unknown}», only: {}", NAMES.join(", "));
    }
    if cfg!(debug_assertions) {
        return as_released(artifacts, names, json);
    }
    let rows = unpacking(artifacts)?;
    for row in rows {
        if json {
            println!("{}", serde_json::to_string(&row)?);
        } else {
            println!(
                "{:<8} {:<24} zshield {:>6.2} s   {} {:>6.2} s   ratio {:.2}",
                row.bench, row.case, row.ours_s, row.peer, row.peer_s, row.ratio
            );
        }
    }
    Ok(())
}

/// What was not optimised is not measured.
fn as_released(artifacts: &Artifacts, names: &[String], json: bool) -> Result<()> {
    let mut xtask = cargo(artifacts.work());
    xtask.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench"]).args(names);
    stream(xtask.args(json.then_some("--json")))
}

fn unpacking(artifacts: &Artifacts) -> Result<Vec<Row>> {
    ensure!(rustix::process::geteuid().is_root(), "unpacking a whole system needs root");
    let folder = artifacts.work().run_folder("bench-unpack")?;
    let slot = folder.join("slot");
    take_slot(&artifacts.stick()?, &slot)?;
    let squashfs = slot.join("root.squashfs");
    let keys = TrustedKeys::in_folder(&artifacts.work().folder("stick")?)?;
    let manifest = signature::open(&slot, &keys, Requirement::UnsignedAccepted)?;
    let image = Squashfs::open(&squashfs)?;
    let mounted = Mount::new(&squashfs, folder.join("mounted"))?;
    let target = folder.join("target");
    let ours = |source: Source<'_>| {
        timed(&target, || Ok(unpack(source, &target, &manifest, &|_| ()).map(drop)?))
    };
    let theirs = || {
        timed(&target, || {
            capture(tool("unsquashfs", ["-q", "-n", "-f", "-d"]).arg(&target).arg(&squashfs))?;
            // Ours ends with everything on the disk.
            capture(tool("sync", ["-f"]).arg(&target)).map(drop)
        })
    };

    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        times[0].push(ours(Source::Image(&image))?);
        times[1].push(theirs()?);
        times[2].push(ours(Source::Mounted(&mounted.folder))?);
    }
    let [from_image, peer_s, from_mount] = times.map(median);
    let row = |case: &str, ours_s: f64| Row {
        bench: "unpack",
        case: case.to_owned(),
        ours_s,
        peer: "unsquashfs",
        peer_s,
        ratio: peer_s / ours_s,
    };
    Ok(vec![row("image", from_image), row("mounted", from_mount)])
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

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A mounted squashfs.
struct Mount {
    folder: PathBuf,
}

impl Mount {
    fn new(image: &Path, folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        capture(tool("mount", ["-o", "loop,ro"]).arg(image).arg(&folder))?;
        Ok(Self { folder })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: the kernel lets go of it when the last reader does.
        let _ = capture(tool("umount", ["-l"]).arg(&self.folder));
    }
}
