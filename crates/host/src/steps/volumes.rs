//! The volume group, its volumes and their filesystems.

use zshield_messages::Said;
use zshield_plan::step::{
    ActivateVolumes, CreateFilesystem, CreateSnapshot, CreateVolume, CreateVolumeGroup,
    ExtendGroup, ReduceGroup, RemoveVolume, RenameVolume, UpdateMetadata,
};

use super::Perform;
use super::work::Work;
use crate::hooks;
use crate::step_error::StepError;

impl Perform for CreateVolumeGroup {}
impl Perform for ActivateVolumes {}
impl Perform for CreateVolume {}
impl Perform for CreateFilesystem {}
impl Perform for RemoveVolume {}
impl Perform for RenameVolume {}
impl Perform for ReduceGroup {}
impl Perform for ExtendGroup {}

impl Perform for CreateSnapshot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Some(limit) = self.hooks else { return work.run_all() };
        let told = hooks::quiesce(limit, || work.run_all())?;
        // The snapshot is taken: whether it is a backup does not depend on who goes on badly.
        if let Err(error) = told {
            work.observer.warn(&Said::of(|| error.to_string()));
        }
        Ok(())
    }
}

impl Perform for UpdateMetadata {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        /// LVM's `EINVALID_CMD_LINE`.
        const NOT_UNDERSTOOD: i32 = 3;
        for _ in 0..2 {
            match work.run() {
                // LVM before 2.03 has no word for it, and does it by itself with whatever it writes.
                Err(StepError::Command(error)) if error.code() == Some(NOT_UNDERSTOOD) => {}
                other => drop(other?),
            }
        }
        Ok(())
    }
}
