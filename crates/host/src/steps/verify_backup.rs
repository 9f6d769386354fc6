//! A new backup, verified before it takes the place of the old one.

use zshield_messages::say;
use zshield_plan::model::Device;
use zshield_plan::step::VerifyBackup;

use super::work::Work;
use super::{Perform, copy_back, verify_system};
use crate::boot_backup;
use crate::step_error::StepError;

impl Perform for VerifyBackup {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { group, snapshot, set, boot } = self;
        verify_system::snapshot_is_valid(&work.run()?, group, snapshot)?;
        let device = work.binding().path(&Device::Volume(group.clone(), snapshot.clone()));
        // Whoever goes back to it will rely on its map of free blocks.
        copy_back::free_map(device.as_ref()).map_err(|why| {
            let reason = say::host::snapshot_unclean(why.to_string());
            StepError::Snapshot { snapshot: format!("{group}/{snapshot}"), reason }
        })?;
        Ok(boot_backup::is_of(set.as_ref(), boot.as_ref())?)
    }
}
