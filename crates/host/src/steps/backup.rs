//! A backup's own steps.

use std::path::Path;
use std::time::Duration;

use zshield_messages::say;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::step::Device;

use super::StepError;
use crate::boot_set;
use crate::hooks::{self, Phase};
use crate::workplace::Workplace;

/// Does something while applications hold still. Once they were asked to, they are told that it
/// is over, whatever came of it.
pub(super) fn held_still(
    limit: Duration,
    snapshot: impl FnOnce() -> Result<(), StepError>,
) -> Result<(), StepError> {
    let taken = hooks::run(Phase::Pre, limit).map_err(StepError::from).and_then(|()| snapshot());
    let told = hooks::run(Phase::Post, limit);
    taken?;
    Ok(told?)
}

/// Whether a snapshot's filesystem is clean, and the boot set in it is whole and that of `/boot`.
pub(super) fn prove(
    group: &GroupName,
    snapshot: &VolumeName,
    set: &Path,
    boot: &Path,
    workplace: &Workplace<'_>,
) -> Result<(), StepError> {
    let device = workplace.binding.path(&Device::Volume(group.clone(), snapshot.clone()));
    // Whoever goes back to it will rely on its map of free blocks.
    super::copy_back::free_map(device.as_ref()).map_err(|why| {
        StepError::Snapshot(
            format!("{group}/{snapshot}"),
            say::host::snapshot_unclean(why.to_string()),
        )
    })?;
    Ok(boot_set::is_of(set, boot)?)
}
