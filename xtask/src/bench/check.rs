//! Checking an appliance's system, beside AIDE, a bare `stat` walk and the hashing floor: the same
//! files in one run, all of them in memory. In user-mode Linux, whose system calls take longer than
//! a kernel's own: what makes few of them gains by that. It has one processor.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::TURNS;
use super::findings::Findings;
use super::guest::{Measured, measured};
use super::row::Row;
use super::statistics::median;
use crate::artifacts::Artifacts;
use crate::payload::{Suite, unpacked};
use crate::scenario::Context;
use crate::scenarios::small::{Payload, Small, WORDS};

/// The newest release with an AIDE.
const NEWEST: Suite = Suite::Trixie;

/// What is checked, and the memory that its files fit in.
const SYSTEMS: [(Payload, &str, Duration); 2] = [
    (Payload::Demo, "2G", Duration::from_mins(15)),
    (Payload::Large, "10G", Duration::from_mins(90)),
];

/// Ours, as the script measures it, and whom it is beside.
const CASES: [(&str, &str, &str); 6] = [
    ("quick", "walk", "find, a stat for each"),
    ("quick", AIDE, "aide --check"),
    (REWRITTEN, "walk", "find, a stat for each"),
    (REWRITTEN, AIDE, "aide --check"),
    ("deep", "floor", "openssl dgst -sha256"),
    ("deep", AIDE, "aide --check"),
];
const REWRITTEN: &str = "quick, some rewritten";
const AIDE: &str = "aide";

pub(super) fn findings(artifacts: &Artifacts) -> Result<Findings> {
    let newest = unpacked(artifacts.work(), NEWEST, "aide")?;
    let of_each = |(payload, memory, limit)| of_system(artifacts, &newest, payload, memory, limit);
    let rows: Vec<_> = SYSTEMS.into_iter().map(of_each).collect::<Result<_>>()?;
    Ok(rows.into_iter().flatten().collect::<Vec<_>>().into())
}

fn of_system(
    artifacts: &Artifacts,
    newest: &Path,
    payload: Payload,
    memory: &str,
    limit: Duration,
) -> Result<Vec<Row>> {
    let folder = artifacts.work().run_folder("bench-check")?;
    let small = Small::installed(&Context { folder, artifacts }, payload)?;
    let machine = small.machine.clone().memory(memory);
    let machine = [
        ("XTASK", std::env::current_exe()?.as_path()),
        ("ZSHIELD", &artifacts.binary()?),
        ("NEWEST", newest),
    ]
    .into_iter()
    .fold(machine, |machine, (name, path)| machine.env(name, &path.display().to_string()));
    let script = format!("{WORDS}\n{SCRIPT}").replace("TURNS", &TURNS.to_string());
    let said = machine.check("check", &script, limit)?;
    small.remove_disks()?;
    let measured = measured(&said)?;
    let fact = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.with_context(|| format!("{name} was not said"))
    };
    let row = |(case, peer, name): (&str, &str, &'static str)| -> Result<Row> {
        let (ours, theirs) = (Side::of(&measured, case)?, Side::of(&measured, peer)?);
        let mut note = format!("at its peak {} MiB, peer {} MiB", ours.mib(), theirs.mib());
        if case == REWRITTEN {
            note = format!("{note}; of them {}", fact("rewritten")?);
        }
        if peer == AIDE {
            note = format!("{note}; {}", fact("aide")?);
        }
        let case = format!("{case}, {}", fact("system")?);
        Ok(Row::seconds("check", case, ours.seconds, name, theirs.seconds, note))
    };
    CASES.into_iter().map(row).collect()
}

/// One side of a comparison: medians of all turns.
struct Side {
    seconds: f64,
    peak: f64,
}

impl Side {
    fn of(measured: &[Measured], name: &str) -> Result<Self> {
        let turns: Vec<&Measured> = measured.iter().filter(|one| one.name == name).collect();
        ensure!(turns.len() == TURNS, "{name} was measured {} times", turns.len());
        let seconds: Vec<f64> = turns.iter().map(|turn| turn.seconds).collect();
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let peaks: Vec<f64> = turns.iter().map(|turn| turn.peak as f64).collect();
        Ok(Self { seconds: median(&seconds), peak: median(&peaks) })
    }

    /// The most memory at once.
    fn mib(&self) -> String {
        format!("{:.0}", self.peak / f64::from(1 << 20))
    }
}

/// AIDE notes what it finds before anything is measured; what zshield notes of its own checks is
/// new to it, hence its status. What is rewritten has the same content and times as before.
const SCRIPT: &str = r#"
    set +x
    mount_system
    cat >/run/aide <<'END'
#!/bin/sh
libraries=$NEWEST/usr/lib/x86_64-linux-gnu
"$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$NEWEST/usr/bin/aide" --config /run/aide.conf "$@"
status=$?
test $status -lt 8
END
    chmod +x /run/aide
    cat >/run/aide.conf <<END
database_in=file:/run/aide.db
database_out=file:/run/aide.db
gzip_dbout=no
report_url=file:/run/aide.report
/run/sys R
END
    measure() { "$XTASK" guest measure "$@"; }
    echo "aide: $(/run/aide --version 2>&1 | head -n 1)"
    /run/aide --init >/dev/null
    find /run/sys -xdev -type f -print0 | xargs -0 -n 64 cat >/dev/null
    bytes=$(find /run/sys -xdev -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1000000) }')
    echo "system: $(find /run/sys -xdev | wc -l) entries of $bytes MB"
    turn=0
    while test $turn -lt TURNS; do
        turn=$((turn + 1))
        measure walk find /run/sys -xdev -newermt 2100-01-01
        measure quick "$ZSHIELD" check --root /run/sys
        measure aide /run/aide --check
        measure deep "$ZSHIELD" check --root /run/sys --deep
        measure floor sh -ec 'find /run/sys -xdev -type f -print0 | xargs -0 -P $(nproc) -n 64 openssl dgst -sha256 >/dev/null'
    done
    find /run/sys/usr/lib -xdev -type f -size -2000k | head -n 1000 >/run/rewritten
    while read -r file; do
        cp -p "$file" /run/same
        cat /run/same >"$file"
        touch -r /run/same "$file"
    done </run/rewritten
    sync
    echo "rewritten: $(wc -l </run/rewritten) files of $(xargs du -cb </run/rewritten | awk 'END { print int($1 / 1000000) }') MB"
    turn=0
    while test $turn -lt TURNS; do
        turn=$((turn + 1))
        measure 'quick, some rewritten' "$ZSHIELD" check --root /run/sys
    done
"#;
