//! A mounted backup becomes a generation.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustic_core::{BackupOptions, RepairIndexOptions, SnapshotGroupCriterion};

use crate::backend::Backend;
use crate::error::{Unread, VaultError};
use crate::generation::{self, Described, Generation, Top};
use crate::repository::{Opener, Vault};
use crate::source::{Pace, Tree};
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore};

/// What came of copying a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The new generation.
    pub generation: Generation,
    /// How many bytes of contents were new, before they were compressed.
    pub added: u64,
}

/// What of a backup is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The files that are others than in the newest generation.
    Changed,
    /// All files: something of the generations that are there was lost, and the library takes the directories of one that it
    /// compares with for there.
    All,
}

/// Copies the tree below `top`, on its filesystem alone, and names it a generation once all of it was read.
///
/// Whatever an earlier copy has written before it was cut is used, and not written again. An earlier generation of the same backup
/// goes.
pub fn copy(
    store: &Arc<dyn ObjectStore>,
    opener: Opener<'_>,
    top: &Path,
    described: &Described,
    reading: Reading,
    pace: Arc<dyn Pace>,
) -> Result<Copied, VaultError> {
    let unread =
        |error: io::Error| VaultError::Unread(vec![Unread { path: top.to_owned(), error }]);
    let backend = Arc::new(Backend::holding(Arc::clone(store)));
    let vault = Vault::through(store, Arc::clone(&backend) as _, opener)?;
    // A copy that was cut has left packs that no index names. So has an index that nobody can read: what it has named is read
    // out of the packs.
    vault.remove_damaged_indexes()?;
    vault.repository.repair_index(&RepairIndexOptions::default(), false)?;
    let (generations, _) = vault.generations()?;
    let mut options = BackupOptions::default();
    options.no_scan = true;
    options.parent_opts.parents =
        generations.first().map(|newest| newest.id.clone()).into_iter().collect();
    options.parent_opts.group_by = Some(SnapshotGroupCriterion::new());
    options.parent_opts.force = generations.is_empty() || reading == Reading::All;
    let snapshot = generation::to_snapshot(described, Top::of(top).map_err(unread)?);
    let tree = Tree::new(top, pace);
    let repository = vault.repository.to_indexed_ids()?;
    let snapshot = repository.archive(&options, &tree, snapshot, &[PathBuf::from("/")])?;
    let generation = generation::of_snapshot(&snapshot);
    let unread = tree.unread();
    if !unread.is_empty() {
        return Err(VaultError::Unread(unread));
    }
    if generation.files != Some(tree.things()) {
        let lost = io::Error::other("the library has left something out and does not say what");
        return Err(VaultError::Unread(vec![Unread { path: top.to_owned(), error: lost }]));
    }
    backend.release()?;
    let is_earlier = |one: &&Generation| {
        (one.kind, one.taken) == (generation.kind, generation.taken) && one.id != generation.id
    };
    let earlier = generations.iter().filter(is_earlier);
    for name in earlier.filter_map(|one| ObjectName::parse(one.id.as_bytes())) {
        store.remove(Object { kind: ObjectKind::Snapshot, name })?;
    }
    let added = snapshot.summary.map_or(0, |summary| summary.data_added);
    Ok(Copied { generation, added })
}
