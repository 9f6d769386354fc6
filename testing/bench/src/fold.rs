//! What the fold of a backup takes, and how long whoever reads the user volume waits meanwhile: both lie on the HDD.
//! Beside a copy of as much from one place of that disk to another, in a row.

use std::path::Path;

use anyhow::Result;

use super::form::Form;
use super::guest::{Measured, gaps, measured};
use super::machine::{Hdd, Machine};
use super::row::Row;
use super::statistics::{median, median_of};

/// What is folded, in MiB.
const SIZES: [u32; 2] = [64, 1024];
/// In KiB.
const CHUNK: u32 = 128;
const PEER: &str = "dd of as much, 1 MiB at a time";

/// A row for each time and each wait, both sides in turn.
pub(super) fn rows(directory: &Path, form: Form, turns: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for mib in form.of(SIZES) {
        let (mut times, mut waits) = (Vec::new(), Vec::new());
        for turn in 0..turns {
            let machine = Machine::new(directory, Hdd::Seeks)?
                .env("CHUNK", &CHUNK.to_string())
                .env("MIB", &mib.to_string())
                .env("OURS", if turn % 2 == 0 { "first" } else { "last" });
            let (_, said) = machine.run(&format!("fold-{mib}-{turn}"), SCRIPT)?;
            times.extend(measured(&said)?);
            waits.extend(gaps(&said)?);
            machine.remove_disks()?;
        }
        let case = |what: &str| format!("{mib} MiB folded: {what}");
        for (what, suffix) in [("takes", "alone"), ("takes beside a reader", "beside")] {
            let of = |side: &str| {
                median_of(&times, &format!("{side}-{suffix}"), turns, |one| one.seconds)
            };
            let note = hdd(&times, &format!("fold-{suffix}"));
            rows.push(Row::seconds("backup", case(what), of("fold")?, PEER, of("copy")?, note));
        }
        let of = |name: &str| {
            let of_name = waits.iter().filter(|(of, _)| of == name);
            median(&of_name.map(|(_, longest)| *longest).collect::<Vec<_>>())
        };
        let (ours, theirs) = (of("fold-beside"), of("copy-beside"));
        let what = case("longest wait of a reader");
        rows.push(Row::seconds("backup", what, ours, PEER, theirs, String::new()));
    }
    Ok(rows)
}

/// What the HDD had to do, the first time that this was measured.
fn hdd(measured: &[Measured], name: &str) -> String {
    let first = measured.iter().find(|one| one.name == name);
    first.map_or_else(String::new, |one| format!("HDD: {}", one.hdd_in_words()))
}

const SCRIPT: &str = include_str!("../sh/fold.sh");
