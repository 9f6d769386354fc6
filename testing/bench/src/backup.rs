//! What a backup takes, and how long it keeps whoever writes to root waiting; beside a copy of the
//! changes with rsync. The small appliance of the scenarios, in user-mode Linux. And its fold for itself, where the HDD
//! is slow.

use anyhow::Result;

use super::figure::Figure;
use super::findings::Findings;
use super::fold;
use super::form::Form;
use super::guest::{gaps, measured};
use super::row::Row;
use super::statistics::{median, median_of};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

const TURNS: usize = 3;
/// What has changed since the last one, in MiB.
const CHANGES: [u32; 4] = [1, 10, 50, 150];
const LIMIT: std::time::Duration = std::time::Duration::from_mins(9);

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let (turns, changes) = (form.turns(TURNS), form.of(CHANGES));
    let directory = artifacts.work().run_directory("bench-backup")?;
    let appliance = UmlAppliance::installed(&directory, artifacts, Payload::Demo)?;
    let this = zshield_machines::binary::this()?.display().to_string();
    let zshield = artifacts.binary()?.display().to_string();
    let mut appliance = appliance.env("XTASK", &this).env("ZSHIELD", &zshield);
    appliance.machine = appliance.machine.memory("1G");
    let mut found = Findings::default();
    let mut figure = Figure {
        name: "backup",
        title: "A backup by what has changed",
        across: "changed, MiB",
        up: "seconds",
        curves: Vec::new(),
    };
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let numbers: Vec<u32> = (1..).take(turns).collect();
    let appliance = appliance.env("CHANGES", &list(&changes)).env("TURNS", &list(&numbers));
    let said = appliance.run("backups", &[SCRIPT], LIMIT)?;
    let (measured, gaps) = (measured(&said)?, gaps(&said)?);
    for mib in changes {
        let of =
            |name: &str| median_of(&measured, &format!("{name}-{mib}"), turns, |one| one.seconds);
        let (ours, theirs) = (of("backup")?, of("rsync")?);
        let gap = |name: &str| {
            let of_name = gaps.iter().filter(|(of, _)| *of == format!("{name}-{mib}"));
            median(&of_name.map(|(_, longest)| *longest).collect::<Vec<_>>())
        };
        let (ours_gap, theirs_gap) = (gap("backup"), gap("rsync"));
        for (name, seconds) in [
            ("zshield backup", ours),
            ("rsync of root", theirs),
            ("a writer waits, zshield", ours_gap),
            ("a writer waits, rsync", theirs_gap),
        ] {
            figure.add(name, (f64::from(mib), seconds));
        }
        let peer = "rsync -aHAX --delete";
        for (case, ours, theirs) in
            [("takes", ours, theirs), ("longest wait of a writer", ours_gap, theirs_gap)]
        {
            let case = format!("{mib} MiB changed: {case}");
            found.rows.push(Row::seconds("backup", case, ours, peer, theirs, String::new()));
        }
    }
    found.figures.push(figure);
    appliance.remove_disks()?;
    found.rows.extend(fold::rows(&directory, form, turns)?);
    Ok(found)
}

/// The user volume, on the HDD, takes the peer's copy.
const SCRIPT: &str = include_str!("../sh/backup.sh");
