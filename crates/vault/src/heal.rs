//! Damaged packs are given up, so that the next copy writes anew what they held.

use std::collections::BTreeSet;

use rustic_core::RepairIndexOptions;

use crate::error::VaultError;
use crate::read::{ReadError, Salvage};
use crate::repository::Vault;
use crate::store::{Object, ObjectKind, ObjectName};

impl Vault {
    /// Gives up these packs, which are damaged: what is whole in them moves into others, and no index names the rest any more. A
    /// copy of the backups that are there writes it anew, for all generations. How many were given up: none where most packs
    /// are damaged, which says more of the disk than of them.
    ///
    /// Nobody may read meanwhile. Whatever a cut leaves is put right by the next copy.
    pub fn give_up(&self, packs: &BTreeSet<ObjectName>) -> Result<usize, VaultError> {
        let all = self.store.list(ObjectKind::Pack)?.len();
        if packs.is_empty() || packs.len() * 2 > all {
            return Ok(0);
        }
        let key = self.repository.key();
        let salvage = Salvage::of(&*self.store, &key, packs)?;
        for name in packs {
            if let Some(whole) = salvage.of_pack(*name)? {
                let object = Object { kind: ObjectKind::Pack, name: ObjectName::of(&whole) };
                self.store.write(object, &[whole])?;
            }
            self.store.remove(Object { kind: ObjectKind::Pack, name: *name })?;
        }
        self.remove_damaged_indexes()?;
        self.repository.repair_index(&RepairIndexOptions::default(), false)?;
        Ok(packs.len())
    }
}

impl From<ReadError> for VaultError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::Store(error),
            ReadError::Damaged { .. } | ReadError::Unknown(_) => Self::Damaged(error.to_string()),
        }
    }
}
