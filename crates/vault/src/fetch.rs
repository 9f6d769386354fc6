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
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, StoreError, Stored};

/// What a generation needs of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    snapshot: ObjectName,
    /// With their bytes, as they are listed there; one that is gone has none.
    packs: BTreeMap<ObjectName, u64>,
    /// Directories that can't be read there, by their paths: nobody knows what was in them.
    pub damaged: Vec<Vec<u8>>,
}

impl Needed {
    /// The bytes of the packs that a place lacks.
    pub fn lacking(&self, place: &dyn ObjectStore) -> Result<u64, StoreError> {
        let there = place.list(ObjectKind::Pack)?;
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
        let trees = Trees::new(self.contents(Limits::NEAR)?);
        let root = trees.root(generation)?;
        let (mut packs, mut damaged) = (BTreeSet::new(), Vec::new());
        let mut add = |entry: &Entry| {
            let of = |kind, name| trees.contents().packs(kind, name).map(|pack| pack.name);
            match &entry.kind {
                Kind::Directory(tree) => packs.extend(of(BlobKind::Tree, *tree)),
                Kind::File(parts) => {
                    packs.extend(parts.iter().flat_map(|part| of(BlobKind::Data, *part)));
                }
                Kind::Symlink(_) | Kind::Block(_) | Kind::Char(_) | Kind::Fifo | Kind::Socket => {}
            }
        };
        add(&root);
        for (path, entry) in trees.walk(&root) {
            match entry {
                Ok(entry) => add(&entry),
                Err(error) if error.is_damage() => damaged.push(path),
                Err(error) => return Err(error.into()),
            }
        }
        let stored = self.store.list(ObjectKind::Pack).map_err(VaultError::from)?;
        let stored: BTreeMap<_, _> = stored.iter().map(|it| (it.name, it.bytes)).collect();
        let bytes = |name| (name, stored.get(&name).copied().unwrap_or(0));
        Ok(Needed { snapshot, packs: packs.into_iter().map(bytes).collect(), damaged })
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
        let brought = to.list(ObjectKind::Pack).map_err(MirrorError::Far)?;
        for Stored { name, .. } in brought.iter().filter(|it| needed.packs.contains_key(&it.name)) {
            let pack = Object { kind: ObjectKind::Pack, name: *name };
            let content = to.read(pack).map_err(MirrorError::Far)?;
            if ObjectName::of(&content) != *name {
                // It may be whole by now.
                to.remove(pack).map_err(MirrorError::Far)?;
            }
        }
        Mirror { local: &*self.store, far: to }
            .run_with(&Chosen { is_wanted: &is_wanted, damaged_too: true }, progress)
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
