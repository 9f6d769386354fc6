//! Checking an appliance's system. The quick check, which reads the disk's inodes and a snapshot's
//! store, in user-mode Linux, beside AIDE and a bare `stat` walk: the same files in one run, all of
//! them in memory. A system call takes longer there than a kernel's own: what makes few of them
//! gains by that. The deep one on this host: [`super::check_deep`].

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::findings::Findings;
use super::form::Form;
use super::guest::measured;
use super::row::Row;
use super::side::{Side, TURNS};
use super::{aide, check_deep};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

/// What is checked, and the memory that its files fit in.
const SYSTEMS: [(Payload, &str); 2] = [(Payload::Demo, "2G"), (Payload::Large, "10G")];
const LIMIT: Duration = Duration::from_hours(1);

/// Ours, as the script measures it, and whom it is beside.
const CASES: [(&str, &str, &str); 4] = [
    ("quick", "walk", "find, a stat for each"),
    ("quick", AIDE, "aide --check"),
    (REWRITTEN, "walk", "find, a stat for each"),
    (REWRITTEN, AIDE, "aide --check"),
];
const REWRITTEN: &str = "quick, some rewritten";
const AIDE: &str = "aide";

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let mut rows = Vec::new();
    let turns = form.turns(TURNS);
    for (payload, memory) in form.of(SYSTEMS) {
        rows.extend(quick(artifacts, payload, memory, turns)?);
    }
    // There is no image of that size but for it.
    if form == Form::Whole {
        rows.extend(check_deep::rows(artifacts)?);
    }
    Ok(rows.into())
}

fn quick(artifacts: &Artifacts, payload: Payload, memory: &str, turns: usize) -> Result<Vec<Row>> {
    let directory = artifacts.work().run_directory("bench-check")?;
    let aide = aide::script(artifacts, &directory, "/run/sys".as_ref())?;
    let appliance = UmlAppliance::installed(&directory, artifacts, payload)?;
    let path = |path: &std::path::Path| path.display().to_string();
    let mut appliance = appliance
        .env("XTASK", &path(&zshield_machines::binary::this()?))
        .env("AIDE", &path(&aide))
        .env("ZSHIELD", &path(&artifacts.binary()?))
        .env("TURNS", &turns.to_string());
    appliance.machine = appliance.machine.memory(memory);
    let said = appliance.run("check", &[SCRIPT], LIMIT)?;
    appliance.remove_disks()?;
    let measured = measured(&said)?;
    let fact = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.with_context(|| format!("{name} was not said"))
    };
    let version = aide::version(&aide)?;
    let row = |(case, peer, name): (&str, &str, &'static str)| -> Result<Row> {
        let (ours, theirs) = (Side::of(&measured, case, turns)?, Side::of(&measured, peer, turns)?);
        let mut note = format!("at its peak {} MiB, peer {} MiB", ours.mib(), theirs.mib());
        if case == REWRITTEN {
            note = format!("{note}; {}", fact("rewritten")?);
        }
        if peer == AIDE {
            note = format!("{note}; {version}");
        }
        let case = format!("{case}, {}", fact("system")?);
        Ok(Row::seconds("check", case, ours.seconds, name, theirs.seconds, note))
    };
    CASES.into_iter().map(row).collect()
}

/// AIDE notes what it finds before anything is measured; what zshield notes of its own checks is
/// new to it. What is rewritten has the same content and times as before.
const SCRIPT: &str = include_str!("../sh/check.sh");
