//! Checking an appliance's system, beside AIDE, a bare `stat` walk and the hashing floor: the same
//! files in one run, all of them in memory. The small appliance of the scenarios, in user-mode
//! Linux, whose system calls take longer than a kernel's own: what makes few of them gains by that.

use anyhow::{Result, ensure};

use super::TURNS;
use super::findings::Findings;
use super::guest::{Measured, measured};
use super::row::Row;
use super::statistics::median;
use crate::artifacts::Artifacts;
use crate::scenario::Context;
use crate::scenarios::small::{Payload, Small, WORDS};

const LIMIT: std::time::Duration = std::time::Duration::from_mins(9);

/// Ours, as the script measures it, and whom it is beside.
const CASES: [(&str, &str, &str); 4] = [
    ("quick", "walk", "find, a stat for each file"),
    ("quick", "aide", "aide --check"),
    ("deep", "floor", "openssl dgst -sha256"),
    ("deep", "aide", "aide --check"),
];

pub(super) fn findings(artifacts: &Artifacts) -> Result<Findings> {
    let folder = artifacts.work().run_folder("bench-check")?;
    let small = Small::installed(&Context { folder, artifacts }, Payload::Demo)?;
    let this = std::env::current_exe()?.display().to_string();
    let zshield = artifacts.binary()?.display().to_string();
    let machine = small.machine.clone().env("XTASK", &this).env("ZSHIELD", &zshield);
    let script = format!("{WORDS}\n{SCRIPT}").replace("TURNS", &TURNS.to_string());
    let said = machine.check("check", &script, LIMIT)?;
    small.remove_disks()?;
    let measured = measured(&said)?;
    let entries = said.lines().find_map(|line| line.strip_prefix("entries ")).unwrap_or_default();
    let mut rows = Vec::new();
    for (case, peer, name) in CASES {
        let (ours, theirs) = (median_of(&measured, case)?, median_of(&measured, peer)?);
        let note = format!("{entries} entries");
        rows.push(Row::seconds("check", case.to_owned(), ours, name, theirs, note));
    }
    Ok(rows.into())
}

fn median_of(measured: &[Measured], name: &str) -> Result<f64> {
    let times: Vec<f64> =
        measured.iter().filter(|one| one.name == name).map(|one| one.seconds).collect();
    ensure!(times.len() == TURNS, "{name} was measured {} times", times.len());
    Ok(median(&times))
}

/// AIDE notes what it finds first; nothing changes after that.
const SCRIPT: &str = r#"
    set +x
    cat >/run/aide.conf <<END
database_in=file:/run/aide.db
database_out=file:/run/aide.db
gzip_dbout=no
report_url=file:/run/aide.report
/run/sys R
END
    measure() { "$XTASK" guest measure "$@"; }
    mount_system
    aide --config /run/aide.conf --init >/dev/null
    echo "entries $(find /run/sys -xdev | wc -l)"
    turn=0
    while test $turn -lt TURNS; do
        turn=$((turn + 1))
        measure walk find /run/sys -xdev -newermt 2100-01-01
        measure quick "$ZSHIELD" check --root /run/sys
        measure aide aide --config /run/aide.conf --check
        measure deep "$ZSHIELD" check --root /run/sys --deep
        measure floor sh -ec 'find /run/sys -xdev -type f -print0 | xargs -0 -P $(nproc) -n 64 openssl dgst -sha256 >/dev/null'
    done
"#;
