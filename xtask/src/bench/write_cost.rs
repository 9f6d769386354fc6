//! What snapshots cost whoever writes to root: root on the SSD, the stores on an HDD that delays
//! each request, against the same root without a snapshot.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Row, SLOW_HDD};
use crate::artifacts::Artifacts;
use crate::uml::Uml;

const LIMIT: Duration = Duration::from_mins(9);

/// What is written: 40 MiB in one go, the same once more, and 300 synchronous blocks at random
/// places that no exception is there for yet.
const CASES: [&str; 3] = ["40 MiB", "40 MiB again", "300 x 4 KiB sync"];

pub(super) fn rows(artifacts: &Artifacts) -> Result<Vec<Row>> {
    let folder = artifacts.work().run_folder("bench-write-cost")?;
    let mut rows = Vec::new();
    let bare = times(&folder, 0, "256k")?;
    for snapshots in [1, 2] {
        for chunk in ["4k", "16k", "64k", "256k", "512k"] {
            let measured = times(&folder, snapshots, chunk)?;
            for ((case, ours_s), peer_s) in CASES.into_iter().zip(measured).zip(bare) {
                let case = format!("{snapshots} x {chunk}, {case}");
                let ratio = peer_s / ours_s;
                rows.push(Row { bench: "write", case, ours_s, peer: "no snapshot", peer_s, ratio });
            }
        }
    }
    Ok(rows)
}

fn times(folder: &std::path::Path, snapshots: u32, chunk: &str) -> Result<[f64; 3]> {
    for disk in ["ssd.img", "hdd.img"] {
        fs::File::create(folder.join(disk))?.set_len(4 << 30)?;
    }
    let machine = Uml::new(folder)?
        .disk(&folder.join("ssd.img"))
        .disk(&folder.join("hdd.img"))
        .module("dm-delay")
        .env("CHUNK", chunk)
        .env("SNAPSHOTS", &snapshots.to_string());
    let said =
        machine.check(&format!("{snapshots}-{chunk}"), &format!("{SLOW_HDD} {SCRIPT}"), LIMIT)?;
    let line = said.lines().find_map(|line| line.strip_prefix("took "));
    let found: Vec<f64> =
        line.context("no times")?.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    found.try_into().map_err(|found| anyhow::anyhow!("not three times: {found:?}"))
}

const SCRIPT: &str = r#"
    since() { awk "BEGIN { print $(now) - $1 + 0.001 }"; }
    number=0
    while test $number -lt $SNAPSHOTS; do
        lvm lvcreate -q -y -s -c $CHUNK -L 1100M -n snap$number vgroup/root /dev/mapper/slow
        number=$((number + 1))
    done
    write() { dd if=/dev/zero of=/dev/vgroup/root bs=1M count=40 conv=fsync,notrunc status=none; }
    begun=$(now); write; first=$(since $begun)
    begun=$(now); write; again=$(since $begun)
    begun=$(now)
    number=0
    while test $number -lt 300; do
        dd if=/dev/zero of=/dev/vgroup/root bs=4k count=1 seek=$((20480 + number * 773 % 240000)) \
            oflag=dsync conv=notrunc status=none
        number=$((number + 1))
    done
    echo took $first $again $(since $begun)
"#;
