//! How long full stores keep a boot waiting: the volume group with both snapshots full, against the
//! same root without one.

use anyhow::{Context as _, Result};

use super::figure::Figure;
use super::findings::Findings;
use super::form::Form;
use super::guest::Measured;
use super::machine::{Hdd, Machine};
use super::row::Row;
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;

const TURNS: usize = 3;

/// Whether neighbours in root were written one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Scattered,
    InOrder,
}

/// Size of root in GiB, size of a chunk, and how it was written. All of them have exceptions that a
/// machine of 512 MiB can hold.
const CASES: [(u32, &str, Written); 11] = [
    (1, "4k", Written::Scattered),
    (10, "64k", Written::Scattered),
    (10, "128k", Written::Scattered),
    (10, "256k", Written::Scattered),
    (100, "64k", Written::Scattered),
    (100, "128k", Written::Scattered),
    (100, "256k", Written::Scattered),
    (100, "512k", Written::Scattered),
    (100, "64k", Written::InOrder),
    (100, "128k", Written::InOrder),
    (100, "256k", Written::InOrder),
];

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-activation")?;
    let mut found = Findings::default();
    let mut figure = Figure {
        name: "activation",
        title: "Activating root with both stores full, HDD with seeks",
        across: "root, GiB",
        up: "seconds",
        curves: Vec::new(),
    };
    let turns: Vec<String> = (1..=form.turns(TURNS)).map(|turn| turn.to_string()).collect();
    for (gib, chunk, written) in form.of(CASES) {
        let (in_order, how) = match written {
            Written::Scattered => ("", "scattered"),
            Written::InOrder => ("--in-order", "in order"),
        };
        let machine = Machine::new(&directory, Hdd::Seeks)?
            .env("CHUNK", chunk)
            .env("ORDER", in_order)
            .env("ROOT", &format!("{gib}G"))
            .env("TURNS", &turns.join(" "));
        let label = format!("{gib}-{chunk}{in_order}");
        machine.run(&format!("{label}-fill"), FILL)?;
        let (measured, said) = machine.run(&label, ACTIVATE)?;
        let of = |name: &str| {
            let of_name = measured.iter().filter(|measured| measured.name == name);
            of_name.map(|measured| measured.seconds).collect::<Vec<_>>()
        };
        let full = measured.iter().find(|measured| measured.name == "full");
        let read = full.map(Measured::hdd_in_words).context("nothing was measured")?;
        let memory = said.lines().find_map(|line| line.strip_prefix("kernel memory "));
        let note = format!("HDD: {read}; kernel memory {}", memory.context("no memory")?);
        let case = format!("{gib} GiB root written {how}, {chunk} chunks, seeks");
        let times = (median(&of("full")), median(&of("bare")));
        if written == Written::Scattered {
            figure.add(&format!("{chunk} chunks"), (f64::from(gib), times.0));
        }
        found.rows.push(Row::seconds("activation", case, times.0, "no snapshot", times.1, note));
        machine.remove_disks()?;
    }
    found.figures.push(figure);
    Ok(found)
}

const FILL: &str = include_str!("../sh/activation/fill.sh");

/// Both start from a machine that has read nothing yet of the volumes.
const ACTIVATE: &str = include_str!("../sh/activation/activate.sh");
