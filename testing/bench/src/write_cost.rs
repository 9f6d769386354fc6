//! What snapshots cost whoever writes to root: root on the SSD, the stores on the HDD, against the
//! same root without a snapshot, and against what stock LVM would be asked for.

use anyhow::{Result, ensure};

use super::figure::Figure;
use super::findings::Findings;
use super::form::Form;
use super::guest::Measured;
use super::machine::{Hdd, Machine};
use super::row::Row;
use super::write_case::{Case, GIB, STEPS, seconds};
use super::write_stock;
use zshield_machines::artifacts::Artifacts;

const TURNS: usize = 3;

const CHUNKS: [u32; 6] = [4, 16, 64, 128, 256, 512];
/// What is measured with smaller roots beside: a chunk, and their sizes.
const SMALLER: (u32, [u32; 2]) = (128, [1, 10]);

fn cases() -> Vec<Case> {
    let of = |hdd: Hdd, chunks: &[u32], gib: u32| -> Vec<Case> {
        let case = |snapshots| {
            let case = move |chunk: &u32| Case { hdd, snapshots, store: false, chunk: *chunk, gib };
            chunks.iter().map(case)
        };
        [1, 2].into_iter().flat_map(case).collect()
    };
    let (chunk, sizes) = SMALLER;
    let smaller = sizes.map(|gib| of(Hdd::Seeks, &[chunk], gib)).concat();
    [of(Hdd::Seeks, &CHUNKS, GIB), smaller, of(Hdd::Delay, &[4, 64], GIB)].concat()
}

/// The first of the two that sync each of so many blocks.
const SYNCED: usize = 2;
const WRITES: u32 = 100;

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-write")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let measure = |case: Case, label: &str| -> Result<Vec<Measured>> {
        let names = &["snap1", "snap2"][..case.snapshots];
        let machine = Machine::new(&directory, case.hdd)?.env("TOOL", &tool);
        let machine = machine.env("STORE", if case.store { "snap0" } else { "" });
        let machine = machine.env("CHUNK", &format!("{}k", case.chunk));
        let machine = machine.env("SIZE", &format!("{}G", case.gib));
        let machine = machine.env("SNAPSHOTS", &names.join(" ")).env("WRITES", &WRITES.to_string());
        let measured = machine.run(label, SCRIPT)?.0;
        ensure!(measured.len() == STEPS.len(), "{label}: {} steps", measured.len());
        machine.remove_disks()?;
        Ok(measured)
    };
    let mut found = Findings::default();
    let mut by_chunk = Figure {
        name: "write",
        title: "What a write to root costs, HDD with seeks",
        across: "chunk, KiB",
        up: "milliseconds for each synced 4 KiB",
        curves: Vec::new(),
    };
    let mut by_root = Figure {
        name: "write-root",
        title: "What a write to root costs, chunks of 128 KiB, HDD with seeks",
        across: "root, GiB",
        ..by_chunk.clone()
    };
    for case in form.of(cases()) {
        let Case { hdd, snapshots, store: _, chunk, gib } = case;
        let label = format!("{}-{snapshots}-{chunk}k-{gib}g", hdd.name());
        let (mut turns, mut bare) = (Vec::new(), Vec::new());
        for turn in 0..form.turns(TURNS) {
            turns.push(measure(case, &format!("{label}-{turn}"))?);
            bare.push(measure(Case { snapshots: 0, ..case }, &format!("{label}-{turn}-bare"))?);
        }
        for (index, step) in STEPS.into_iter().enumerate() {
            let named = format!("{snapshots} x {chunk}k, {gib} GiB root, {step}, {}", hdd.name());
            let row = compared(named, index, &turns, &bare);
            if hdd == Hdd::Seeks && index >= SYNCED {
                let touch = if index == SYNCED { "first" } else { "again" };
                let name = format!("{snapshots} × snapshot, {touch}");
                let each = row.ours / f64::from(WRITES) * 1e3;
                if gib == GIB {
                    by_chunk.add(&name, (f64::from(chunk), each));
                }
                if chunk == SMALLER.0 {
                    by_root.add(&name, (f64::from(gib), each));
                }
            }
            found.rows.push(row);
        }
    }
    found.rows.extend(write_stock::rows(form, form.turns(TURNS), measure)?);
    found.figures.extend([by_chunk, by_root]);
    Ok(found)
}

fn compared(case: String, index: usize, turns: &[Vec<Measured>], bare: &[Vec<Measured>]) -> Row {
    let note = format!("HDD: {}", turns[0][index].hdd_in_words());
    Row::seconds("write", case, seconds(turns, index), "no snapshot", seconds(bare, index), note)
}

const SCRIPT: &str = include_str!("../sh/write-cost.sh");
