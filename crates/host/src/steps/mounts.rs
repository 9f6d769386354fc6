//! Filesystems mounted and unmounted.

use std::path::Path;

use zshield_linux::{IoError, label};
use zshield_plan::step::{Mount, MountAs, Unmount};

use super::Perform;
use super::work::Work;
use crate::boot_backup::LOST;
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
        let at: &Path = self.at.as_ref();
        let label = label::of(at).map_err(IoError::at(at))?;
        // mke2fs has made it, before anything said what it is.
        let lost = at.join(LOST);
        label::inherit_where_none(&lost).map_err(IoError::at(&lost))?;
        zshield_linux::mount::detach(at)?;
        // And so was the directory below, for the mount.
        if let Some(label) = label {
            label::give_where_none(at, &label).map_err(IoError::at(at))?;
        }
        work.called()
    }
}
