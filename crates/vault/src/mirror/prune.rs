//! What a place has that this side has given up goes there too, by credentials that may remove.

use std::collections::BTreeMap;

use super::{Mirror, MirrorError, found};
use crate::store::{Object, ObjectKind, ObjectName, StoreError, StoreProblem};

/// What names others goes before what it names: whatever a cut leaves is a whole repository.
const ORDER: [ObjectKind; 4] =
    [ObjectKind::Snapshot, ObjectKind::Index, ObjectKind::Pack, ObjectKind::Key];

/// So many refusals without a removal say that the credentials may remove nothing.
const REFUSALS: u64 = 8;

/// How a place differs from this side.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Surplus {
    /// What is there and not here, or there with another length, with its bytes: in the order in which it can go.
    pub objects: Vec<(Object, u64)>,
    /// How many objects are here and not there. Until they are, nothing there may go: an index that is not here any more may be
    /// the only one there that names a pack.
    pub missing: u64,
}

/// What came of removing it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many objects were removed.
    pub objects: u64,
    /// How many bytes they had.
    pub bytes: u64,
    /// How many the place did not let go, by its credentials or an object lock. What these name was left too.
    pub refused: u64,
}

impl Mirror<'_> {
    /// Compares the names on both sides, and changes nothing. Nothing may be written there meanwhile.
    pub fn surplus(&self) -> Result<Surplus, MirrorError> {
        let config = found(self.local.read(Object::CONFIG)).map_err(MirrorError::Local)?;
        let here = config.ok_or_else(|| MirrorError::NoRepository(self.local.location()))?;
        let config = self.far_config()?;
        let there = config.ok_or_else(|| MirrorError::NoRepository(self.far.location()))?;
        if here != there {
            return Err(MirrorError::OtherRepository(self.far.location()));
        }
        let mut surplus = Surplus::default();
        for kind in ORDER {
            let here = self.local.list(kind).map_err(MirrorError::Local)?;
            let mut here: BTreeMap<ObjectName, u64> =
                here.iter().map(|stored| (stored.name, stored.bytes)).collect();
            for stored in self.far.list(kind).map_err(MirrorError::Far)? {
                if here.remove(&stored.name) != Some(stored.bytes) {
                    surplus.objects.push((Object { kind, name: stored.name }, stored.bytes));
                }
            }
            surplus.missing += here.len() as u64;
        }
        Ok(surplus)
    }

    /// Removes it. A kind that the place does not let go keeps the kinds behind it, which it may name.
    pub fn remove(&self, surplus: &Surplus) -> Result<Removed, MirrorError> {
        let mut removed = Removed::default();
        for kind in ORDER {
            for (object, bytes) in surplus.objects.iter().filter(|(object, _)| object.kind == kind)
            {
                match self.far.remove(*object) {
                    Ok(()) => {
                        removed.objects += 1;
                        removed.bytes += bytes;
                    }
                    // Somebody else has removed it.
                    Err(StoreError { problem: StoreProblem::NoObject, .. }) => {}
                    Err(StoreError { problem: StoreProblem::NotAllowed, .. }) => {
                        removed.refused += 1;
                    }
                    Err(error) => return Err(MirrorError::Far(error)),
                }
                if removed.objects == 0 && removed.refused >= REFUSALS {
                    return Ok(removed);
                }
            }
            if removed.refused > 0 {
                break;
            }
        }
        Ok(removed)
    }
}
