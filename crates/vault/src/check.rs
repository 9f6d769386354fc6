//! Whether a repository is whole.

use rustic_core::{CheckOptions, CheckResults};
use sha2::{Digest as _, Sha256};

use crate::error::VaultError;
use crate::repository::Vault;
use crate::store::{Object, ObjectKind, StoreProblem};

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything but the packs of files.
    Structure,
    /// Every byte.
    Everything,
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An object does not hold what its name says, or can't be read.
    Damaged(Object),
    /// Objects do not fit together, in the words of the library.
    Structure(String),
}

impl Vault {
    /// All that is not as it should be; nothing where the repository is whole. Fails only where the place does not answer.
    pub fn check(&self, depth: Depth) -> Result<Vec<Finding>, VaultError> {
        let mut findings = self.damaged(depth)?;
        let checked = match self.repository.check(CheckOptions::default()) {
            Ok(found) => found.0,
            Err(error) => {
                let error = VaultError::from(error);
                if error.store_problem().is_some_and(StoreProblem::passes) {
                    return Err(error);
                }
                findings.push(Finding::Structure(error.to_string()));
                return Ok(findings);
            }
        };
        findings.extend(checked.into_iter().filter_map(|found| {
            let found = CheckResults(vec![found]);
            // What is only a warning costs room alone.
            let wrong = found.is_ok().is_err();
            let error = found.0.into_iter().next().filter(|_| wrong);
            error.map(|(_, error)| Finding::Structure(error.to_string()))
        }));
        Ok(findings)
    }

    /// Removes each index that does not hold what its name says: it would keep everybody from reading the others.
    pub(crate) fn remove_damaged_indexes(&self) -> Result<(), VaultError> {
        for stored in self.store.list(ObjectKind::Index)? {
            let object = Object { kind: ObjectKind::Index, name: stored.name };
            if self.soundness(object)? != Some(true) {
                tracing::warn!("{}: {} is damaged", self.store.location(), object.path());
                self.store.remove(object)?;
            }
        }
        Ok(())
    }

    /// Whether an object holds what its name says; nothing where the disk does not give it out. Fails only where the place does not answer.
    fn soundness(&self, object: Object) -> Result<Option<bool>, VaultError> {
        match self.store.read(object) {
            Err(error) if matches!(error.problem, StoreProblem::Away(_)) => Err(error.into()),
            Ok(content) => Ok(Some(Sha256::digest(&content)[..] == object.name.bytes()[..])),
            Err(error) if matches!(error.problem, StoreProblem::Fault(_)) => Ok(None),
            Err(_) => Ok(Some(false)),
        }
    }

    /// The objects whose content is not what their name says.
    fn damaged(&self, depth: Depth) -> Result<Vec<Finding>, VaultError> {
        let kinds = match depth {
            Depth::Structure => &[ObjectKind::Key, ObjectKind::Index, ObjectKind::Snapshot][..],
            Depth::Everything => {
                &[ObjectKind::Key, ObjectKind::Index, ObjectKind::Snapshot, ObjectKind::Pack]
            }
        };
        let (mut findings, mut unread) = (Vec::new(), Vec::new());
        for kind in kinds.iter().copied() {
            for stored in self.store.list(kind)? {
                let object = Object { kind, name: stored.name };
                match self.soundness(object)? {
                    Some(true) => {}
                    Some(false) => findings.push(Finding::Damaged(object)),
                    None => unread.push(object),
                }
            }
        }
        // A disk that has failed once may give it out now. What is damaged is given up.
        for object in unread {
            if self.soundness(object)? != Some(true) {
                findings.push(Finding::Damaged(object));
            }
        }
        Ok(findings)
    }
}
