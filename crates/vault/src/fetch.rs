//! One generation of a repository, brought from where it is with all that it needs, and nothing else.
//!
//! What comes is a repository in its own right, that is read like any other: each object is what it is there. So nothing is
//! decrypted on the way, a cut goes on where it was, and what is damaged there keeps nothing else back. The snapshot comes last:
//! a generation that is listed is here as far as it was whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::VaultError;
use crate::generation::Generation;
use crate::mirror::{Chosen, Mirror, MirrorError, MirrorProgress, Mirrored};
use crate::read::{BlobKind, Entry, Kind, Limits, ReadError, Trees};
use crate::repository::Vault;
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem, Stored};

/// What a generation needs of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    snapshot: ObjectName,
    /// With their bytes, as they are listed there.
    packs: BTreeMap<ObjectName, u64>,
    /// What does not come, by its path: directories that can't be read there, of which nobody knows what was in them, and files of
    /// which a part is gone.
    pub damaged: Vec<Vec<u8>>,
}

impl Needed {
    /// The bytes of the packs that a place lacks.
    pub fn lacking(&self, place: &dyn ObjectStore) -> Result<u64, StoreError> {
        let there = there(place, ObjectKind::Pack)?;
        let there: BTreeSet<ObjectName> = there.iter().map(|it| it.name).collect();
        Ok(self
            .packs
            .iter()
            .filter(|(name, _)| !there.contains(name))
            .map(|(_, bytes)| bytes)
            .sum())
    }
}

impl Vault {
    /// Looks through the directories of a generation for what it needs.
    pub fn needed(&self, generation: &Generation) -> Result<Needed, FetchError> {
        let unknown = || VaultError::NoGeneration(generation.id.clone());
        let snapshot = ObjectName::parse(generation.id.as_bytes()).ok_or_else(unknown)?;
        let stored = self.store.list(ObjectKind::Pack).map_err(VaultError::from)?;
        let stored: BTreeMap<_, _> = stored.iter().map(|it| (it.name, it.bytes)).collect();
        let trees = Trees::new(self.contents(Limits::FAR)?);
        let root = trees.root(generation)?;
        let (mut packs, mut damaged) = (BTreeMap::new(), Vec::new());
        // Whether all of it is in packs that are there.
        let mut add = |entry: &Entry| {
            let mut has = |kind, name| {
                let of = trees.contents().packs(kind, name);
                let there = of.filter_map(|pack| Some((pack.name, *stored.get(&pack.name)?)));
                let before = there.collect::<Vec<_>>();
                packs.extend(before.iter().copied());
                !before.is_empty()
            };
            match &entry.kind {
                Kind::Directory(tree) => has(BlobKind::Tree, *tree),
                Kind::File(parts) => {
                    parts.iter().filter(|part| !has(BlobKind::Data, **part)).count() == 0
                }
                Kind::Symlink(_) | Kind::Block(_) | Kind::Char(_) | Kind::Fifo | Kind::Socket => {
                    true
                }
            }
        };
        add(&root);
        for (path, entry) in trees.walk(&root) {
            match entry {
                Ok(entry) if add(&entry) => {}
                Ok(_) => damaged.push(path),
                Err(error) if error.is_damage() => damaged.push(path),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Needed { snapshot, packs, damaged })
    }

    /// Brings to a place what a generation needs. What is whole there already is not brought again; another repository there is
    /// an error. A pack that is damaged where it comes from comes all the same: each content in it is checked when it is read.
    pub fn fetch(
        &self,
        needed: &Needed,
        to: &dyn ObjectStore,
        progress: &mut dyn FnMut(MirrorProgress),
    ) -> Result<Mirrored, MirrorError> {
        let is_wanted = |object: Object| match object.kind {
            ObjectKind::Config | ObjectKind::Index => true,
            ObjectKind::Pack => needed.packs.contains_key(&object.name),
            ObjectKind::Snapshot => object.name == needed.snapshot,
            // Whoever brings it here has opened it, and has another.
            ObjectKind::Key => false,
        };
        for kind in [ObjectKind::Pack, ObjectKind::Index] {
            for Stored { name, .. } in there(to, kind).map_err(MirrorError::Far)? {
                let object = Object { kind, name };
                if !is_wanted(object) {
                    continue;
                }
                let is_sound = match to.read(object) {
                    Ok(content) => ObjectName::of(&content) == name,
                    Err(StoreError {
                        problem: StoreProblem::Damaged(_) | StoreProblem::Fault(_),
                        ..
                    }) => false,
                    Err(error) => return Err(MirrorError::Far(error)),
                };
                if !is_sound {
                    // It may be whole there by now.
                    to.remove(object).map_err(MirrorError::Far)?;
                }
            }
        }
        Mirror { local: &*self.store, far: to }
            .run_with(&Chosen { is_wanted: &is_wanted, damaged_too: true }, progress)
    }
}

/// The objects in a place that may not have been made yet.
fn there(place: &dyn ObjectStore, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
    match place.list(kind) {
        Err(StoreError { problem: StoreProblem::NoPlace, .. }) => Ok(Vec::new()),
        listed => listed,
    }
}

/// Why nobody knows what a generation needs.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The place has failed, or there is no such generation.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its index or its topmost directory can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
