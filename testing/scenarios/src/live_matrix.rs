//! The kill matrix of a recovery without a restart: the power fails at every fail point of it, and
//! the rescue system goes on by itself, to a system that is the snapshot's, file by file; or, where
//! only some files were asked for, to those files and no others.

use anyhow::{Context as _, Result};

use super::live::{LATEST, LIMIT, SAME};
use super::running_matrix::{GO_ON, points_said};
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "live-kill-matrix",
        "power lost within and after each step of a recovery without a restart: the rescue system goes \
         on, and root and /boot are then the backup's",
        |context| matrix(context, WHOLE, Payload::Smallest),
    ),
    Scenario::uml(
        "live-kill-matrix-only",
        "the same where only some files were asked for: those are then the backup's, and what nobody \
         asked for is as it was",
        |context| matrix(context, SOME, Payload::Smallest),
    ),
    Scenario::uml(
        "live-kill-matrix-debian",
        "the same of all files with a Debian, and before each step",
        |context| matrix(context, WHOLE, Payload::Demo),
    )
    .in_soak(),
    Scenario::uml("live-kill-matrix-only-debian", "and of some of them", |context| {
        matrix(context, SOME, Payload::Demo)
    })
    .in_soak(),
];

/// The functions of a matrix: `run_recovery`, and `came_back` for what has to come of it.
const WHOLE: &str = include_str!("../sh/live-matrix/whole.sh");
const SOME: &str = include_str!("../sh/live-matrix/some.sh");
/// A whole recovery.
const FIRST: &str = include_str!("../sh/live-matrix/first.sh");
const END: &str = include_str!("../sh/live-matrix/end.sh");

/// What is broken later, in a payload that has little.
const DIRECTORIES: &str = include_str!("../sh/live-matrix/directories.sh");

/// Much is broken, the policy and `/boot` with it.
const BREAK: &str = include_str!("../sh/live-matrix/break.sh");

/// Ends what was cut, as a start of the rescue system does, and looks at what came of it.
const AFTER: &str = include_str!("../sh/live-matrix/after.sh");

const CUT: &str = include_str!("../sh/live-matrix/cut.sh");

fn matrix(context: &Context, matrix: &str, payload: Payload) -> Result<()> {
    let appliance = context.uml_appliance(payload)?;
    let said = appliance.run("whole", &[DIRECTORIES, LATEST, SAME, BREAK, matrix, FIRST], LIMIT)?;
    // What the backup said comes first.
    let said = said.rfind("step=1/").map_or(said.as_str(), |start| &said[start..]);
    let points = points_said(said, payload)?;
    for point in &points {
        let scripts = [GO_ON, SAME, matrix, AFTER, BREAK, CUT];
        appliance.cut(&scripts, point, LIMIT).with_context(|| format!("at {point}"))?;
    }
    appliance.run("end", &[GO_ON, SAME, matrix, AFTER, END], LIMIT)?;
    println!("      {} cuts, as it should be after each", points.len());
    appliance.remove_disks()
}
