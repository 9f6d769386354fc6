//! A generation of the vault: opened, looked through, closed; and a system that came from it made one of this machine.

use zshield_plan::step::{AdoptPartitions, CheckGeneration, CloseGeneration, OpenGeneration};

use super::Perform;
use super::work::Work;
use crate::adopt;
use crate::boot_backup;
use crate::generation::OpenVault;
use crate::step_error::StepError;
use zshield_plan::role::Role;

impl Perform for OpenGeneration {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { group, generation, at } = self;
        let vault = OpenVault::open(group, work.binding().disks.of(Role::Hdd))?;
        let (_, found) = vault.find(&generation.to_string())?;
        work.context.keep_generation(vault.mounted(&found, at.as_ref())?);
        Ok(())
    }
}

impl Perform for CloseGeneration {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        work.context.close_generation();
        Ok(())
    }
}

impl Perform for CheckGeneration {
    fn perform(&self, _: &Work<'_>) -> Result<(), StepError> {
        boot_backup::check(self.set.as_ref())?;
        Ok(())
    }
}

impl Perform for AdoptPartitions {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        adopt::partitions(self.root.as_ref(), &self.partitions, &work.within())
    }
}
