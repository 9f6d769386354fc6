//! How a running system differs from a snapshot.

mod judge;
mod names;
mod replaced;
mod side;
mod sqlite;
mod walk;

use std::io;
use std::path::Path;
use std::thread;

use zshield_golden::descent::Descent;
use zshield_golden::threads;
use zshield_golden::{Action, EntryPath, FileError, Progress};

use crate::change::Change;
use crate::error::LiveError;
use crate::node::InodeMetadata;
use crate::scope::Scope;
use judge::{Verdict, judge};
pub use replaced::FileId;
use walk::Walk;

/// What is believed without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// That an inode which nobody has touched holds what it held.
    Quick,
    /// Nothing.
    Deep,
}

/// How a running system differs from a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// What makes it equal, ordered by path.
    pub changes: Vec<Change>,
    /// What can't be made equal, for something is mounted there, or is kept.
    pub held: Vec<EntryPath>,
}

/// A name that has to be looked at more closely.
struct Pair {
    path: EntryPath,
    /// In the snapshot; nothing where it is to go.
    wanted: Option<InodeMetadata>,
    /// In the running system; nothing where it is missing.
    actual: Option<InodeMetadata>,
}

/// The walk calls itself for each directory in a directory, and a path names some 2,000 of them. What
/// is not used of this takes no memory.
const STACK: usize = 64 << 20;

/// Does something in a thread of its own, with room for many calls within each other.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)?;
        thread.join().map_err(|_| io::Error::other("the thread that compares ended"))
    })
}

/// Neighbours share directories, so they are looked at together.
const BATCH: usize = 64;

impl Difference {
    /// The difference of the running system at `to` from the snapshot mounted at `from`.
    /// `progress` counts bytes that were compared.
    pub fn between(
        from: &Path,
        to: &Path,
        scope: &Scope,
        depth: Depth,
        progress: Progress<'_>,
    ) -> Result<Self, LiveError> {
        let walk = on_large_stack(|| Walk::through(from, to, scope, depth))
            .map_err(FileError::at(Action::Read, from))??;
        let batches: Vec<&[Pair]> = walk.pairs.chunks(BATCH).collect();
        let judged = threads::map(batches.len() as u64, |number| {
            // The number is below the length.
            let batch = batches[usize::try_from(number).unwrap_or_default()];
            let mut sides = (Descent::unmounted(from)?, Descent::unmounted(to)?);
            let verdict = |pair| judge(pair, &mut sides, scope, depth, progress);
            batch.iter().map(verdict).collect::<Result<Vec<_>, LiveError>>()
        })?;
        let verdicts: Vec<Verdict> = judged.into_iter().flatten().collect();
        let mut changes = walk.changes;
        changes.extend(names::changes(&walk.pairs, &verdicts));
        changes.sort_by(|one, other| one.path().cmp(other.path()));
        Ok(Self { changes: sqlite::without_remnants(changes, from, to), held: walk.held })
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.changes.is_empty() && self.held.is_empty()
    }

    /// Bytes that are written at the most, a block of 4 KiB for each name included.
    pub fn written(&self) -> u64 {
        let blocks = |change: &Change| match change {
            Change::Write { size, .. } => size.next_multiple_of(4096) + 4096,
            Change::Attributes { .. } | Change::Link { .. } | Change::Remove { .. } => 4096,
        };
        self.changes.iter().map(blocks).sum()
    }
}
