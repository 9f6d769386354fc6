//! Volumes that a look has made active: their disks are in use by them, and take no role, until they are not active any more.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zshield_host::execute::{self, ExecuteError};
use zshield_plan::model::Binding;

/// The appliance whose volumes a look has made active, if one has.
#[derive(Debug, Default)]
pub(crate) struct ActiveVolumes(Mutex<Option<Binding>>);

impl ActiveVolumes {
    /// Those of this appliance are about to be.
    pub(crate) fn are_of(&self, binding: Binding) {
        *self.lock() = Some(binding);
    }

    /// Has nothing of them be in use any more.
    pub(crate) fn settle(&self) -> Result<(), ExecuteError> {
        self.lock().take().map_or(Ok(()), |binding| execute::clear(&binding))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Binding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ActiveVolumes {
    fn drop(&mut self) {
        if let Err(why) = self.settle() {
            tracing::error!("{why}");
        }
    }
}
