//! Going back to a snapshot, beside LVM's own way, which consumes it: the same volumes, the HDD
//! with a delay for each request, scattered rewrites of 4 KiB.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Row, SLOW_HDD, median};
use crate::artifacts::Artifacts;
use crate::uml::Uml;

/// A merge takes minutes: fewer turns than elsewhere.
const TURNS: usize = 3;
const LIMIT: Duration = Duration::from_mins(9);
const WRITES: u32 = 3000;

pub(super) fn rows(artifacts: &Artifacts) -> Result<Vec<Row>> {
    let folder = artifacts.work().run_folder("bench-recover")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let mut rows = Vec::new();
    for chunk in ["4k", "64k", "256k"] {
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..TURNS {
            for (disk, size) in [("ssd.img", 2), ("hdd.img", 3)] {
                let path = folder.join(disk);
                fs::File::create(path)?.set_len(size << 30)?;
            }
            let machine = Uml::new(&folder)?
                .disk(&folder.join("ssd.img"))
                .disk(&folder.join("hdd.img"))
                .module("dm-delay")
                .env("TOOL", &tool)
                .env("CHUNK", chunk)
                .env("WRITES", &WRITES.to_string());
            let said = machine.check(
                &format!("{chunk}-{turn}"),
                &format!("{SLOW_HDD} {SCRIPT}"),
                LIMIT,
            )?;
            for (times, name) in times.iter_mut().zip(["ours=", "merge="]) {
                let found = said.split_whitespace().find_map(|word| word.strip_prefix(name));
                times.push(found.and_then(|text| text.parse().ok()).context(name)?);
            }
        }
        let [ours_s, peer_s] = times.map(median);
        let ratio = peer_s / ours_s;
        let case = format!("{WRITES} rewrites, {chunk} chunks");
        rows.push(Row { bench: "recover", case, ours_s, peer: "lvconvert --merge", peer_s, ratio });
    }
    Ok(rows)
}

/// Both go back from the same exceptions: what is written again makes no new ones.
const SCRIPT: &str = r#"
    since() { awk "BEGIN { print $(now) - $1 }"; }
    lvm lvcreate -q -y -s -c $CHUNK -L 1100M -n snap vgroup/root /dev/mapper/slow
    $TOOL scatter /dev/vgroup/root 1 $WRITES
    begun=$(now)
    $TOOL restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root
    echo ours=$(since $begun)
    $TOOL scatter /dev/vgroup/root 2 $WRITES
    sync
    begun=$(now)
    lvm lvconvert -q -y --merge -i 1 vgroup/snap
    echo merge=$(since $begun)
    ! lvm lvs vgroup/snap
"#;
