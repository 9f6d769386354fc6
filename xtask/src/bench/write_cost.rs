//! What snapshots cost whoever writes to root: root on the SSD, the stores on the HDD, against the
//! same root without a snapshot.

use anyhow::{Result, ensure};

use super::figure::Figure;
use super::findings::Findings;
use super::guest::Measured;
use super::machine::{Hdd, Machine};
use super::row::Row;
use super::statistics::median;
use crate::artifacts::Artifacts;

const TURNS: usize = 3;
const CHUNKS: [&str; 6] = ["4k", "16k", "64k", "128k", "256k", "512k"];

/// What the script measures, in its order.
const CASES: [&str; 4] = [
    "40 MiB in one go",
    "the same again",
    "100 x 4 KiB, each synced",
    "the same again, each synced",
];
/// The first of the two that sync each of so many blocks.
const SYNCED: usize = 2;
const WRITES: u32 = 100;

pub(super) fn findings(artifacts: &Artifacts) -> Result<Findings> {
    let folder = artifacts.work().run_folder("bench-write")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let measure = |hdd: Hdd, snapshots: usize, chunk: &str, label: &str| -> Result<Vec<Measured>> {
        let names = &["snap0", "snap1"][..snapshots];
        let machine = Machine::new(&folder, hdd)?.env("TOOL", &tool).env("CHUNK", chunk);
        let machine = machine.env("SNAPSHOTS", &names.join(" ")).env("WRITES", &WRITES.to_string());
        let measured = machine.run(label, SCRIPT)?.0;
        ensure!(measured.len() == CASES.len(), "{label}: {} cases", measured.len());
        machine.remove_disks()?;
        Ok(measured)
    };
    let mut found = Findings::default();
    let mut figure = Figure {
        name: "write",
        title: "What a write to root costs, HDD with seeks",
        across: "chunk, KiB",
        up: "milliseconds for each synced 4 KiB",
        curves: Vec::new(),
    };
    for (hdd, chunks) in [(Hdd::Delay, &["4k", "64k"][..]), (Hdd::Seeks, &CHUNKS)] {
        for snapshots in [1, 2] {
            for chunk in chunks {
                let (mut turns, mut bare) = (Vec::new(), Vec::new());
                for turn in 0..TURNS {
                    let label = format!("{}-{snapshots}-{chunk}-{turn}", hdd.name());
                    turns.push(measure(hdd, snapshots, chunk, &label)?);
                    bare.push(measure(hdd, 0, chunk, &format!("{label}-bare"))?);
                }
                for (index, case) in CASES.into_iter().enumerate() {
                    let named = format!("{snapshots} x {chunk}, {case}, {}", hdd.name());
                    let row = compared(named, index, &turns, &bare);
                    if hdd == Hdd::Seeks && index >= SYNCED {
                        let touch = if index == SYNCED { "first" } else { "again" };
                        let kib: f64 = chunk.trim_end_matches('k').parse()?;
                        let each = row.ours / f64::from(WRITES) * 1e3;
                        figure.add(&format!("{snapshots} × snapshot, {touch}"), (kib, each));
                    }
                    found.rows.push(row);
                }
            }
        }
    }
    found.figures.push(figure);
    Ok(found)
}

fn compared(case: String, index: usize, turns: &[Vec<Measured>], bare: &[Vec<Measured>]) -> Row {
    let of = |turns: &[Vec<Measured>]| {
        median(&turns.iter().map(|turn| turn[index].seconds).collect::<Vec<_>>())
    };
    let note = format!("HDD: {}", turns[0][index].hdd_in_words());
    Row::seconds("write", case, of(turns), "no snapshot", of(bare), note)
}

const SCRIPT: &str = r"
    group
    root 100G
    for name in $SNAPSHOTS; do snapshot $name; done
    slow_on
    sequential() {
        measure $1 dd if=/dev/zero of=/dev/vgroup/root bs=1M count=40 conv=fsync,notrunc status=none
    }
    sequential first
    sequential again
    measure synced $TOOL scatter /dev/vgroup/root 1 $WRITES sync
    measure resynced $TOOL scatter /dev/vgroup/root 2 $WRITES sync
";
