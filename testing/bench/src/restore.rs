//! Going back to a snapshot after scattered rewrites of 4 KiB, beside LVM's own way, which consumes
//! it, and beside copying back in the other order.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::figure::Figure;
use super::findings::Findings;
use super::form::Form;
use super::guest::Measured;
use super::machine::{Hdd, Machine};
use super::row::Row;
use super::statistics::{median, median_of};
use zshield_machines::artifacts::Artifacts;

/// A merge takes minutes: fewer turns than elsewhere.
const TURNS: usize = 3;

/// What is undone, and where.
struct Case {
    hdd: Hdd,
    chunk: u32,
    writes: u32,
    /// The disk that root is on.
    root: &'static str,
    /// Root's size in GiB.
    gib: u32,
}

impl Case {
    const fn new(hdd: Hdd, chunk: u32, writes: u32) -> Self {
        Self { hdd, chunk, writes, root: "ssd", gib: GIB }
    }

    fn name(&self) -> String {
        let Self { hdd, chunk, writes, root, gib } = self;
        format!("{writes} rewrites, {chunk}k chunks, {gib} GiB root on {root}, {}", hdd.name())
    }
}

const WRITES: u32 = 500;
const GIB: u32 = 100;
/// What grows beside, with chunks of so many KiB: rewrites, and root.
const GROWING_WRITES: (u32, [u32; 3]) = (64, [125, 500, 1500]);
const GROWING_ROOT: (u32, [u32; 3]) = (128, [1, 10, 100]);

fn cases() -> Vec<Case> {
    let delayed = [4, 64].map(|chunk| Case::new(Hdd::Delay, chunk, WRITES / 2));
    let sought = [4, 16, 32, 64, 128, 256].map(|chunk| Case::new(Hdd::Seeks, chunk, WRITES));
    let on_hdd = [128].map(|chunk| Case { root: "hdd", ..Case::new(Hdd::Seeks, chunk, WRITES) });
    let (chunk, numbers) = GROWING_WRITES;
    let others = numbers.into_iter().filter(|writes| *writes != WRITES);
    let by_writes = others.map(|writes| Case::new(Hdd::Seeks, chunk, writes));
    let (chunk, sizes) = GROWING_ROOT;
    let others = sizes.into_iter().filter(|gib| *gib != GIB);
    let by_root = others.map(|gib| Case { gib, ..Case::new(Hdd::Seeks, chunk, WRITES) });
    by_writes.chain(by_root).chain(sought).chain(on_hdd).chain(delayed).collect()
}

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-restore")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let figure = |name, title, across| {
        let up = "seconds";
        Figure { name, title, across, up, curves: Vec::new() }
    };
    let mut by_chunk =
        figure("restore", "500 scattered rewrites of 4 KiB undone, HDD with seeks", "chunk, KiB");
    let mut by_writes = figure(
        "restore-growth",
        "Undone with chunks of 64 KiB, HDD with seeks",
        "rewrites of 4 KiB",
    );
    let mut by_root = figure(
        "restore-root",
        "500 rewrites undone with chunks of 128 KiB, HDD with seeks",
        "root, GiB",
    );
    let mut found = Findings::default();
    for case in form.of(cases()) {
        let rows = measured(&case, &directory, &tool, form.turns(TURNS))?;
        let mut curves = vec![("copied back by place in the store", rows[0].ours)];
        curves.extend(rows.iter().filter_map(|row| row.peer));
        for (name, seconds) in curves {
            if case.hdd != Hdd::Seeks || case.root != "ssd" {
                continue;
            }
            if case.writes == WRITES && case.gib == GIB {
                by_chunk.add(name, (f64::from(case.chunk), seconds));
            }
            if case.chunk == GROWING_WRITES.0 {
                by_writes.add(name, (f64::from(case.writes), seconds));
            }
            if case.chunk == GROWING_ROOT.0 {
                by_root.add(name, (f64::from(case.gib), seconds));
            }
        }
        found.rows.extend(rows);
    }
    found.figures.extend([by_chunk, by_writes, by_root]);
    Ok(found)
}

fn measured(case: &Case, directory: &Path, tool: &str, times: usize) -> Result<Vec<Row>> {
    let mut turns = Vec::new();
    let mut peaks = Vec::new();
    for turn in 0..times {
        let machine = Machine::new(directory, case.hdd)?
            .env("TOOL", tool)
            .env("CHUNK", &format!("{}k", case.chunk))
            .env("WRITES", &case.writes.to_string())
            .env("SIZE", &format!("{}G", case.gib))
            .env("ROOT", if case.root == "ssd" { "/dev/ubda" } else { "/dev/ubdb" });
        let label = format!("{}-{turn}", case.name().replace([' ', ','], "-"));
        let (measured, said) = machine.run(&label, SCRIPT)?;
        turns.push(measured);
        peaks.push(peak(&said)?);
        machine.remove_disks()?;
    }
    let mut rows = compared("restore", &case.name(), &turns)?;
    for row in &mut rows {
        row.note = format!("{}; ours at its peak {:.0} KiB", row.note, median(&peaks));
    }
    Ok(rows)
}

/// The most memory that a restore took, in KiB.
fn peak(said: &str) -> Result<f64> {
    let (_, rest) = said.split_once("VmHWM:").context("a restore without its memory")?;
    let number = rest.split_whitespace().next().context("no amount of memory")?;
    Ok(number.parse()?)
}

/// The first measurement of each turn is ours, and the others are its peers.
pub(super) fn compared(
    bench: &'static str,
    case: &str,
    turns: &[Vec<Measured>],
) -> Result<Vec<Row>> {
    let of = |name: &str| {
        median_of(turns.iter().flatten(), name, turns.len(), |measured| measured.seconds)
    };
    let [first, ..] = turns else { bail!("no turn") };
    let [ours, peers @ ..] = &first[..] else { bail!("nothing was measured") };
    let mut rows = Vec::new();
    for peer in peers {
        let note = format!("HDD: {}; peer {}", ours.hdd_in_words(), peer.hdd_in_words());
        let theirs = of(&peer.name)?;
        rows.push(Row::seconds(
            bench,
            case.to_owned(),
            of(&ours.name)?,
            peer_name(&peer.name),
            theirs,
            note,
        ));
    }
    Ok(rows)
}

fn peer_name(measured: &str) -> &'static str {
    match measured {
        "merge" => "lvconvert --merge",
        "origin" => "by place in the origin",
        "rsync" => "rsync -aHAX --delete",
        "timeshift" => "timeshift --restore",
        "volume" => "dd of the volume",
        _ => "another",
    }
}

/// All go back from the same exceptions, made one at a time as by a system over days: what is
/// written again makes no new ones. With requests side by side for nothing, an order is no matter.
const SCRIPT: &str = include_str!("../sh/restore.sh");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restores_memory_is_read() {
        let said = "Report {}\ncopied=0.384 total=0.589 VmHWM:\t    5176 kB\n";
        assert!((peak(said).unwrap() - 5176.0).abs() < 0.5);
        assert!(peak("copied=0.384").is_err());
    }
}
