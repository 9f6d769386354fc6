//! `/boot`, saved and put back.

use zshield_plan::step::{RestoreBoot, SaveBoot};

use super::Perform;
use super::work::Work;
use crate::boot_backup;
use crate::step_error::StepError;

impl Perform for SaveBoot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { boot, to, saved } = self;
        Ok(boot_backup::save(boot.as_ref(), to.as_ref(), saved, &work.within())?)
    }
}

impl Perform for RestoreBoot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        Ok(boot_backup::restore(self.from.as_ref(), self.to.as_ref(), &work.within())?)
    }
}
