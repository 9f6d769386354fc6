//! Filesystems mounted and unmounted.

use zshield_plan::step::{Mount, MountAs, Unmount};

use super::Perform;
use super::work::Work;
use crate::mount;
use crate::step_error::StepError;

impl Perform for Mount {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let repair = match self.kind {
            MountAs::Ext4 => Some(work.command()?),
            MountAs::Ext4Frozen => None,
        };
        let device = work.binding().path(&self.device);
        mount::attach(&device, self.at.as_ref(), self.kind, repair.as_ref())?;
        work.called()
    }
}

impl Perform for Unmount {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        zshield_linux::mount::detach(self.at.as_ref())?;
        work.called()
    }
}
