//! A running system that was changed in every way there is, put right file by file from a real
//! snapshot of its own volume; compared with the snapshot by tools that share nothing with ours.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::check::{self, CHECK, KINDS_CHANGED};
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "live-drift",
        "content behind its old time and size, kind, mode, owner, time, attributes, ACL, capability, \
         links of both kinds, device, flag, added, removed and /boot: put right without a restart, \
         nothing left over; what is kept stays",
        drift,
    ),
    Scenario::uml(
        "live-check",
        "every kind of drift that a check finds is put right by the command that it names, and what is \
         configuration with the rest of the system; a second check, quick or deep, finds nothing",
        checked,
    ),
    Scenario::uml(
        "live-disk-full",
        "a root without a free block is put right: what is too much goes first",
        disk_full,
    ),
    Scenario::uml(
        "live-untouched",
        "a system that nobody has changed has no difference, and nothing is written",
        untouched,
    ),
];

pub(super) const LIMIT: Duration = Duration::from_mins(5);

/// Says all there is to say of two trees, and compares it.
pub(super) const SAME: &str = include_str!("../sh/live/same.sh");

/// Something of every kind, in a latest backup.
pub(super) const LATEST: &str = include_str!("../sh/live/latest.sh");

/// Each of them changed.
const DRIFT: &str = include_str!("../sh/live/drift.sh");

/// A recovery, and what has to come of it.
const DRIFT_RECOVERED: &str = include_str!("../sh/live/drift-recovered.sh");
const FIRST_BACKUP: &str = include_str!("../sh/live/first-backup.sh");
const PUT_RIGHT: &str = include_str!("../sh/live/put-right.sh");
const FULL: &str = include_str!("../sh/live/disk-full.sh");
const UNTOUCHED: &str = include_str!("../sh/live/untouched.sh");

fn drift(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let appliance = appliance.env("NOTHING", NOTHING);
    let scripts = [SAME, LATEST, "hashes >/run/hashes", DRIFT, DRIFT_RECOVERED];
    let said = appliance.run("drift", &scripts, LIMIT)?;
    // The menu had named another kernel.
    ensure!(said.contains("status=5"), "a restart is needed, and nobody said so:\n{said}");
    ensure!(said.contains("policy counts") || said.contains("策略为准"), "{said}");
    ensure!(said.contains("all-the-same"), "{said}");
    appliance.remove_disks()
}

/// The first report names a command; done, only what it does not name is left.
fn checked(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let kinds = check::every_kind();
    let scripts = [CHECK, KINDS_CHANGED, FIRST_BACKUP, &kinds, PUT_RIGHT];
    let said = appliance.run("check", &scripts, LIMIT)?;
    let between: Vec<String> =
        check::found(&check::report(&appliance, &said, "between.json")?).into_keys().collect();
    ensure!(between == ["etc/fstab", "etc/passwd", "usr/share/keyrings"], "left: {between:?}");
    appliance.remove_disks()
}

const NOTHING: &str = "Nothing differs\\|没有差异";

fn disk_full(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let said = appliance.run("full", &[SAME, LATEST, FULL], LIMIT)?;
    ensure!(said.contains("all-the-same"), "{said}");
    appliance.remove_disks()
}

fn untouched(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let appliance = appliance.env("NOTHING", NOTHING);
    appliance.run("untouched", &[LATEST, UNTOUCHED], LIMIT)?;
    appliance.remove_disks()
}
