//! How fast zshield is beside what one would use instead, in one run on one machine.

mod boot;
mod recover;
mod unpack;
mod write_cost;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::artifacts::Artifacts;
use crate::binary::cargo;
use crate::tool::stream;

/// What makes the rows of a bench.
type Bench = fn(&Artifacts) -> Result<Vec<Row>>;

/// Everything that is measured.
const BENCHES: [(&str, Bench); 4] = [
    ("unpack", unpack::rows),
    ("boot", boot::rows),
    ("recover", recover::rows),
    ("write", write_cost::rows),
];

/// How often each side runs, in turns; the median counts.
const TURNS: usize = 5;

/// What scripts in user-mode Linux begin with: a root of 1 GiB on the first disk, and room for
/// snapshots on the second, which delays each request as a disk that seeks.
const SLOW_HDD: &str = r#"
    now() { cut -d' ' -f1 /proc/uptime; }
    dmsetup create slow --table "0 $(blockdev --getsz /dev/ubdb) delay /dev/ubdb 0 1"
    config='devices{global_filter=["a|/dev/ubda|","a|/dev/mapper/slow|","r|.*|"]}'
    lvm() { command lvm "$@" --config "$config"; }
    lvm pvcreate -q -y /dev/ubda /dev/mapper/slow
    lvm vgcreate -q vgroup /dev/ubda /dev/mapper/slow
    lvm lvcreate -q -y -Zn -Wn -L 1G -n root vgroup /dev/ubda
"#;

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

/// The names of all benches.
pub fn names() -> impl Iterator<Item = &'static str> {
    BENCHES.iter().map(|(name, _)| *name)
}

/// Runs the benches of these names, or all, and prints a table or a row of JSON for each case.
pub fn run(artifacts: &Artifacts, wanted: &[String], json: bool) -> Result<()> {
    if let Some(unknown) = wanted.iter().find(|name| !names().any(|known| known == name.as_str())) {
        bail!("there is no bench «{unknown}», only: {}", names().collect::<Vec<_>>().join(", "));
    }
    if cfg!(debug_assertions) {
        return as_released(artifacts, wanted, json);
    }
    for (name, rows) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        for row in rows(artifacts)? {
            if json {
                println!("{}", serde_json::to_string(&row)?);
            } else {
                println!(
                    "{:<8} {:<24} zshield {:>6.2} s   {} {:>6.2} s   ratio {:.2}",
                    row.bench, row.case, row.ours_s, row.peer, row.peer_s, row.ratio
                );
            }
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

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
