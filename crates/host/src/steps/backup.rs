//! A backup's own steps.

use std::path::Path;

use zshield_messages::say;
use zshield_plan::model::Device;
use zshield_plan::policy::{GroupName, VolumeName};

use crate::boot_backup;
use crate::context::ExecContext;
use crate::step_error::StepError;

/// Whether a snapshot's filesystem is clean, and the boot set in it is whole and that of `/boot`.
pub(super) fn prove(
    group: &GroupName,
    snapshot: &VolumeName,
    set: &Path,
    boot: &Path,
    context: &ExecContext<'_>,
) -> Result<(), StepError> {
    let device = context.binding.path(&Device::Volume(group.clone(), snapshot.clone()));
    // Whoever goes back to it will rely on its map of free blocks.
    super::copy_back::free_map(device.as_ref()).map_err(|why| {
        StepError::Snapshot(
            format!("{group}/{snapshot}"),
            say::host::snapshot_unclean(why.to_string()),
        )
    })?;
    Ok(boot_backup::is_of(set, boot)?)
}
