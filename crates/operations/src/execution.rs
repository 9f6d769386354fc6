//! Plans on their way from the planner to the executor.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use zshield_host::BOOT_DIRECTORY;
use zshield_host::outcome::{self, Outcome};
use zshield_messages::say;
use zshield_plan::appliance::Appliance;
use zshield_plan::check;
use zshield_plan::plan::{Operation, Plan};
use zshield_units::UnixTime;

use crate::error::Refusal;
use crate::text;

/// Refuses a plan that breaks the rules: a defect in this program.
pub fn ensure_valid(plan: &Plan, appliance: &Appliance) -> Result<()> {
    let violations = check::of_running(plan, appliance);
    if violations.is_empty() {
        return Ok(());
    }
    Err(Refusal::Violations(violations).into())
}

/// Does an operation on the system below `root`, and notes that it began and how it ended: of one
/// that is cut off in between nobody says that the one before it was well.
pub fn with_outcome(
    root: &Path,
    operation: Operation,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let began = UnixTime::from(Timestamp::now());
    let note = |outcome: &Outcome| {
        // That it can't be noted is no reason to call what was done undone.
        if let Err(error) = outcome::write(&root.join(BOOT_DIRECTORY), outcome) {
            tracing::error!("{error}");
        }
    };
    note(&Outcome::begun(operation.name(), say::status::cut_off()));
    let result = work();
    let mut outcome = Outcome::success(operation.name(), began);
    outcome.failure = result.as_ref().err().map(text::chain);
    note(&outcome);
    result
}
