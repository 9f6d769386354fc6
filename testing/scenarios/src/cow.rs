//! The factory snapshot's size: nothing that is written to root can overflow it.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use zshield_plan::layout::{EXTENT, worst_case_cow};
use zshield_units::Bytes;

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml::Uml;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "install-cow-never-overflows",
    shows: "a snapshot of the planned size survives a rewrite of its whole origin, at every chunk \
            size; one that is an eighth smaller does not",
    tier: Tier::Uml,
    in_ci: true,
    run: cow,
}];

const LIMIT: Duration = Duration::from_mins(5);
const ORIGIN: Bytes = Bytes::mib(64);

fn cow(context: &Context) -> Result<()> {
    let disk = context.directory.join("disk.img");
    fs::File::create(&disk)?.set_len(512 << 20)?;
    let machine = Uml::new(&context.directory)?.disk(&disk);
    machine.check(
        "group",
        &format!(
            "lvm pvcreate -q -y /dev/ubda
             lvm vgcreate -q -s {}b vgroup /dev/ubda",
            EXTENT.0
        ),
        LIMIT,
    )?;
    let kib = |count: u64| Bytes(count << 10);
    for chunk in [kib(4), kib(16), kib(64), kib(256), kib(512)] {
        let planned = worst_case_cow(ORIGIN, chunk);
        ensure!(survives(&machine, chunk, planned)?, "{planned} overflow at {chunk} chunks");
    }
    let small = Bytes(ORIGIN.0 * 7 / 8);
    ensure!(!survives(&machine, kib(256), small)?, "the scenario would not see an overflow");
    fs::remove_file(disk)?;
    Ok(())
}

/// Whether a snapshot with a store of this size is valid, and as it was, after every byte of its
/// origin was written anew.
fn survives(machine: &Uml, chunk: Bytes, store: Bytes) -> Result<bool> {
    let machine = machine
        .clone()
        .env("ORIGIN", &ORIGIN.0.to_string())
        .env("CHUNK", &chunk.0.to_string())
        .env("STORE", &store.0.to_string());
    let label = format!("chunk-{}-store-{}", chunk.0, store.0);
    let said = machine.check(&label, include_str!("../sh/cow-survives.sh"), LIMIT)?;
    ensure!(!said.contains("changed"), "the snapshot shows what was written after it");
    Ok(said.contains("survived"))
}
