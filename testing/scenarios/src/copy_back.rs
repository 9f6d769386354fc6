//! Copying back on real dm-snapshot: root is what it was, its sibling too, and a store that is
//! damaged is refused.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml::Uml;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "recover-copy-back",
    shows: "at each chunk size a root comes back file by file, its snapshot and the sibling stay as \
            they were, a damaged store is refused, and memory stays small",
    tier: Tier::Uml,
    in_ci: false,
    run,
}];

const LIMIT: Duration = Duration::from_mins(5);
/// The peak of memory, in KiB, that a restore may come to.
const PEAK: u64 = 64 << 10;

fn run(context: &Context) -> Result<()> {
    let disk = context.directory.join("disk.img");
    fs::File::create(&disk)?.set_len(2 << 30)?;
    let tool = context.artifacts.copy_back()?.display().to_string();
    let machine = Uml::new(&context.directory)?.disk(&disk).env("TOOL", &tool);
    machine.check(
        "group",
        "lvm pvcreate -q -y /dev/ubda; lvm vgcreate -q vgroup /dev/ubda",
        LIMIT,
    )?;
    for chunk in ["4k", "64k", "256k"] {
        let said = machine.clone().env("CHUNK", chunk).check(chunk, SCRIPT, LIMIT)?;
        let line = said.lines().find(|line| line.contains("VmHWM")).unwrap_or_default();
        let peak = line.split_whitespace().rev().nth(1).and_then(|word| word.parse::<u64>().ok());
        ensure!(peak.is_some_and(|peak| peak < PEAK), "{chunk}: {line}");
        println!("      {chunk}: {line}");
    }
    fs::remove_file(disk)?;
    Ok(())
}

/// `first` is the snapshot to go back to, `second` a later one.
const SCRIPT: &str = include_str!("../sh/copy-back.sh");
