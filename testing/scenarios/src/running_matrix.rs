//! The kill matrix of backups and recoveries: the power fails at every fail point, and what comes
//! next finds a way back, goes on by itself, and ends as if nothing had happened; on real LVM and
//! device-mapper.
//!
//! Each boot first ends what the one before was cut in, and looks at what came of it with tools
//! that share nothing with ours; then it changes the system and is cut at the next place.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use zshield_plan::plan::Plan;

use super::kill_matrix::points;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

const DEBIAN: &str = "the same with a Debian, and before each step";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-kill-matrix",
        "power lost at each fail point of a backup: a valid latest backup is always there, and the \
         next one leaves nothing behind",
        backup,
    ),
    Scenario::uml(
        "recover-kill-matrix-latest",
        "power lost within and after each step of a recovery to the latest backup: it is gone on with, \
         and root and /boot are then the backup's, file by file",
        |context| recover(context, "latest", Payload::Smallest),
    ),
    Scenario::uml("recover-kill-matrix-factory", "the same to the factory state", |context| {
        recover(context, "factory", Payload::Smallest)
    }),
    Scenario::uml("recover-kill-matrix-latest-debian", DEBIAN, |context| {
        recover(context, "latest", Payload::Demo)
    })
    .in_soak(),
    Scenario::uml("recover-kill-matrix-factory-debian", DEBIAN, |context| {
        recover(context, "factory", Payload::Demo)
    })
    .in_soak(),
    Scenario::uml(
        "recover-unpack",
        "without a factory snapshot the Golden Image is unpacked, power lost at the steps that \
         matter; the latest backup and the data stay",
        unpack,
    ),
];

const LIMIT: Duration = Duration::from_mins(5);

pub(super) fn plan_in(said: &str) -> Result<Plan> {
    let json = said.find('{').map_or("", |start| &said[start..]);
    serde_json::from_str(json).with_context(|| format!("the plan is no JSON: {said}"))
}

/// Ends a backup that was cut off, and looks at what there is before and after.
pub(super) const AFTER_BACKUP: &str = include_str!("../sh/running-matrix/after-backup.sh");

/// The backup that every cut is measured by.
const FIRST: &str = include_str!("../sh/running-matrix/first.sh");
/// What a backup of the mounted system will do.
pub(super) const PLAN: &str = "zshield backup --root /run/sys --dry-run --json";
const NEXT_BACKUP: &str = include_str!("../sh/running-matrix/next-backup.sh");

fn backup(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    appliance.run("first", &[FIRST], LIMIT)?;
    let plan = plan_in(&appliance.run("plan", &["mount_system", PLAN], LIMIT)?)?;
    let steps = (1..).zip(&plan.steps);
    let points: Vec<String> = steps.flat_map(|(number, step)| points(number, step)).collect();
    for point in &points {
        let scripts = [AFTER_BACKUP, NEXT_BACKUP];
        appliance.cut(&scripts, point, LIMIT).with_context(|| format!("at {point}"))?;
    }
    appliance.run("end", &[AFTER_BACKUP], LIMIT)?;
    ensure!(points.len() > plan.steps.len(), "only {} cuts", points.len());
    println!("      {} cuts, a latest backup after each", points.len());
    appliance.remove_disks()
}

/// Makes a backup that differs from the factory state in files and in `/boot`.
pub(super) const LATEST: &str = include_str!("../sh/running-matrix/latest.sh");

/// Goes on with a recovery to `$1` that was cut off, as a start of the rescue system does.
pub(super) const GO_ON: &str = include_str!("../sh/running-matrix/go-on.sh");

/// Ends what was cut, and compares with the snapshot.
const AFTER_RECOVERY: &str = include_str!("../sh/running-matrix/after-recovery.sh");

/// Breaks root and `/boot`.
const BREAK_ALL: &str = include_str!("../sh/running-matrix/break-all.sh");

const CUT: &str = include_str!("../sh/running-matrix/cut.sh");

/// The same without a cut.
const RUN: &str = include_str!("../sh/running-matrix/run.sh");
/// A recovery consumes nothing.
const END: &str = include_str!("../sh/running-matrix/end.sh");

fn recover(context: &Context, target: &str, payload: Payload) -> Result<()> {
    let snapshot = if target == "factory" { "snap0" } else { "snap1" };
    let appliance = context.uml_appliance(payload)?.env("TARGET", target).env("SNAPSHOT", snapshot);
    appliance.run("latest", &[LATEST], LIMIT)?;
    // From a state that is tidy the steps are the same each time.
    let said = appliance.run("whole", &[RUN], LIMIT)?;
    let points = points_said(&said, payload)?;
    for point in &points {
        let scripts = [GO_ON, AFTER_RECOVERY, BREAK_ALL, CUT];
        appliance.cut(&scripts, point, LIMIT).with_context(|| format!("at {point}"))?;
    }
    appliance.run("end", &[GO_ON, AFTER_RECOVERY, RUN, END], LIMIT)?;
    println!("      {} cuts, root and /boot equal after each", points.len());
    appliance.remove_disks()
}

/// The numbers and names of the steps that a run said it did.
pub(super) fn steps_said(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines().filter_map(|line| {
        let (numbers, rest) = line.split_once("step=")?.1.split_once(" name=")?;
        Some((numbers.split('/').next()?, rest.split(' ').next()?))
    })
}

/// The fail points of a run at which it is cut, by the steps that it said it did.
pub(super) fn points_said(said: &str, payload: Payload) -> Result<Vec<String>> {
    let mut points = Vec::new();
    for (number, name) in steps_said(said) {
        let within = matches!(
            name,
            "copy-back" | "restore-boot" | "unpack" | "put-right" | "fold-store" | "detach-factory"
        );
        let session = matches!(
            name,
            "mount"
                | "unmount"
                | "activate-volumes"
                | "open-golden"
                | "close-golden"
                | "open-factory"
                | "close-factory"
        );
        points.push(format!("{number}:before"));
        points.extend(within.then(|| format!("{number}:within")));
        points.extend((!session).then(|| format!("{number}:after")));
    }
    ensure!(points.len() > 10, "the recovery said too little:\n{said}");
    points.retain(|point| payload.is_cut_at(point));
    Ok(points)
}

/// The steps at which an unpacking recovery is cut; the others lie between two of these.
const CUT_AT: [&str; 7] = [
    "arm",
    "remove-volume",
    "create-filesystem",
    "unpack",
    "restore-boot",
    "create-snapshot",
    "prove",
];

/// Data on the user volume.
pub(super) const USER_DATA: &str = include_str!("../sh/running-matrix/user-data.sh");
/// A recovery without a factory snapshot.
const WITHOUT_FACTORY: &str = include_str!("../sh/running-matrix/without-factory.sh");

fn unpack(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?.env("TARGET", "factory");
    appliance.run("latest", &[LATEST, USER_DATA], LIMIT)?;
    let said = appliance.run("whole", &[WITHOUT_FACTORY], LIMIT)?;
    let points = unpack_points(&said)?;
    for point in &points {
        let at = || format!("at {point}");
        appliance.cut(&[WITHOUT_FACTORY], point, LIMIT).with_context(at)?;
        appliance.is_armed("factory").with_context(at)?;
    }
    appliance.run("end", &[RUN, FACTORY_AGAIN], LIMIT)?;
    println!("      {} cuts, the factory state after them", points.len());
    appliance.remove_disks()
}

/// Before the arming there is nothing to go on with: the cuts begin after it.
fn unpack_points(said: &str) -> Result<Vec<String>> {
    let mut points = Vec::new();
    for (number, name) in steps_said(said) {
        if CUT_AT.contains(&name) {
            points.push(format!("{number}:{}", if name == "unpack" { "within" } else { "after" }));
        }
    }
    ensure!(points.len() >= CUT_AT.len() - 1, "the recovery said too little:\n{said}");
    Ok(points)
}

/// Root is the payload's again, the latest backup is what it was, and so is the data.
const FACTORY_AGAIN: &str = include_str!("../sh/running-matrix/factory-again.sh");
