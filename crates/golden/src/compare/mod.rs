//! How a filesystem differs from the payload: every file, directory, link and device against the
//! manifest, contents included.
//!
//! This is the proof of an installation and the heart of `zshield check`, so it uses nothing
//! of [`unpack`](crate::unpack): it walks the filesystem itself and merges what it finds with
//! the manifest, both being in the same order. Memory is bounded by one listing for each level.
//!
//! What there is comes from a [`FileTree`]: the filesystem as the system shows it ([`Walk`]), or
//! whatever else knows it.

mod drift;
mod entries;
mod expected;
mod file_metadata;
mod file_tree;
mod hash;
mod inspect;
mod scope;
mod state_digest;
mod walk;
mod whole;

use std::collections::HashMap;
use std::io;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

pub use drift::{Difference, Drift, FileKind};
pub use expected::Expected;
pub use file_metadata::FileMetadata;
pub use file_tree::{FileTree, Found};
pub use scope::{Regard, Scope};
pub use state_digest::StateDigest;
pub use walk::{Walk, unreadable};
pub(crate) use whole::is_whole;

use crate::error::{FileError, Progress};
use crate::manifest::{Attributes, Entry, Kind, Manifest, ManifestError, Node};
use crate::path::EntryPath;
use crate::threads::{self, lock};
use entries::{Entries, Parsed};
use hash::Job;

/// Why a comparison could not be made at all. What can't be read below the root is a drift.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The root can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Every difference, ordered by path.
    pub drifts: Vec<Drift>,
    /// How many entries of the manifest were compared.
    pub compared: u64,
    /// How many were not, since something else is mounted over them or they are expected to
    /// differ.
    pub skipped: u64,
}

/// Compares what is below `root` with the manifest. `progress` counts bytes of content.
pub fn compare(
    root: &Path,
    manifest: &Manifest,
    scope: &dyn Scope,
    progress: Progress<'_>,
) -> Result<Comparison, CompareError> {
    compare_tree(&mut Walk::new(root, scope)?, root, manifest, scope, progress)
}

/// Compares a tree with the manifest. What has to be read of its files is read below `root`.
pub fn compare_tree(
    tree: &mut dyn FileTree,
    root: &Path,
    manifest: &Manifest,
    scope: &dyn Scope,
    progress: Progress<'_>,
) -> Result<Comparison, CompareError> {
    let (sender, receiver) = sync_channel(threads::count() * 64);
    let receiver = Mutex::new(receiver);
    let drifts = Mutex::new(Vec::new());
    let mut report = thread::scope(|threads| {
        for _ in 0..threads::count() {
            threads.spawn(|| hash::work(root, &receiver, &drifts, progress));
        }
        let (parser, entries) = entries::ahead(manifest);
        threads.spawn(parser);
        let merge = Merge {
            entries: entries.peekable(),
            tree,
            root,
            scope,
            linked: HashMap::new(),
            report: Comparison::default(),
            jobs: sender,
        };
        merge.run()
    })?;
    report.drifts.append(&mut lock(&drifts));
    report.drifts.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(report)
}

/// Goes through manifest and filesystem side by side.
struct Merge<'a> {
    entries: Peekable<Entries>,
    tree: &'a mut dyn FileTree,
    root: &'a Path,
    scope: &'a dyn Scope,
    /// Device and inode of files with several names.
    linked: HashMap<EntryPath, (u64, u64)>,
    report: Comparison,
    jobs: SyncSender<Job>,
}

impl Merge<'_> {
    fn run(mut self) -> Result<Comparison, CompareError> {
        let mut found = self.next_found();
        while let Some(entry) = self.entries.next().transpose()? {
            // Nearly always the two are the same, which is told sooner than their order.
            let before =
                |present: &mut Found| present.path != entry.path && present.path < entry.path;
            while let Some(present) = found.take_if(before) {
                self.added(present);
                found = self.next_found();
            }
            match found.take_if(|present| present.path == entry.path) {
                Some(present) => {
                    self.both(entry, present)?;
                    found = self.next_found();
                }
                None => self.missing(&entry.path)?,
            }
        }
        while let Some(present) = found {
            self.added(present);
            found = self.next_found();
        }
        Ok(self.report)
    }

    /// The next thing in the filesystem. Where a directory can't be listed, that is a drift.
    fn next_found(&mut self) -> Option<Found> {
        loop {
            match self.tree.next()? {
                Ok(found) => return Some(found),
                Err(drift) => self.report.drifts.push(drift),
            }
        }
    }

    fn drift(&mut self, path: &EntryPath, difference: Difference) {
        self.report.drifts.push(Drift { path: path.clone(), difference });
    }

    /// What was found, looked at again before anything is said against it; nothing where it has
    /// gone meanwhile.
    fn closely(&mut self, found: Found) -> Option<Found> {
        if !found.is_settled {
            return Some(found);
        }
        match FileMetadata::of(&self.full(&found.path)) {
            Ok(metadata) => Some(Found { metadata, is_settled: false, ..found }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.report.drifts.push(unreadable(&found.path, &error));
                None
            }
        }
    }

    fn full(&self, path: &EntryPath) -> PathBuf {
        self.root.join(path.as_path())
    }

    /// Whether what was not among what was found is really not there: it may have been replaced
    /// just then.
    fn is_absent(&self, path: &EntryPath) -> bool {
        let looked_at = FileMetadata::of(&self.full(path));
        looked_at.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    fn is_free(&self, path: &EntryPath, kind: FileKind) -> bool {
        matches!(self.scope.regard(path, kind), Regard::Nothing | Regard::Within | Regard::IfThere)
    }

    /// Only the uppermost of what was added is named: the walk has not gone into it.
    fn added(&mut self, found: Found) {
        if self.is_free(&found.path, found.metadata.kind) || found.made_by_mkfs {
            return;
        }
        if let Some(found) = self.closely(found) {
            self.drift(&found.path, Difference::Added { kind: found.metadata.kind });
        }
    }

    /// Only the uppermost of what is missing is named.
    fn missing(&mut self, path: &EntryPath) -> Result<(), CompareError> {
        if self.is_free(path, FileKind::File) || !self.is_absent(path) {
            self.report.skipped += 1;
        } else {
            self.report.compared += 1;
            self.drift(path, Difference::Missing);
        }
        self.pass_over(path)
    }

    /// Leaves out what the manifest has below a path.
    fn pass_over(&mut self, path: &EntryPath) -> Result<(), CompareError> {
        let below = |entry: &Parsed| match entry {
            Ok(entry) => entry.path.is_within(path),
            Err(_) => false,
        };
        while let Some(entry) = self.entries.next_if(below) {
            entry?;
            self.report.skipped += 1;
        }
        Ok(())
    }

    fn both(&mut self, entry: Entry, found: Found) -> Result<(), CompareError> {
        let path = entry.path;
        let regard = self.scope.regard(&path, found.metadata.kind);
        let passes = match regard {
            Regard::Nothing => true,
            Regard::Within => found.metadata.kind != FileKind::Directory,
            Regard::IfThere | Regard::ButTime | Regard::Whole => false,
        };
        if found.is_hidden && !passes && !self.scope.may_be_hidden(&path) {
            self.drift(&path, Difference::MountedOver);
        }
        if passes || found.is_hidden {
            self.report.skipped += 1;
            return self.pass_over(&path);
        }
        if regard == Regard::Within {
            self.report.skipped += 1;
            self.tree.enter(&found);
            return Ok(());
        }
        self.report.compared += 1;
        match entry.node {
            Node::HardLink { to } => {
                if self.linked.get(&to) != Some(&found.metadata.identity) {
                    self.drift(&path, Difference::HardLink { to });
                }
                Ok(())
            }
            Node::Inode { attributes, kind } => {
                self.inode(&path, &attributes, &kind, found, regard)
            }
        }
    }

    fn inode(
        &mut self,
        path: &EntryPath,
        attributes: &Attributes,
        kind: &Kind,
        mut found: Found,
        regard: Regard,
    ) -> Result<(), CompareError> {
        let wanted = FileKind::of(kind);
        let differences = |found: &Found| {
            if wanted == found.metadata.kind {
                inspect::metadata(attributes, kind, &found.metadata, regard)
            } else {
                vec![Difference::Kind { expected: wanted, actual: found.metadata.kind }]
            }
        };
        if found.is_settled && differences(&found).is_empty() {
            self.noted(path, kind, &found);
            return Ok(());
        }
        match self.closely(found) {
            Some(closer) => found = closer,
            None => return self.pass_over(path),
        }
        for difference in differences(&found) {
            self.drift(path, difference);
        }
        if wanted != found.metadata.kind {
            return self.pass_over(path);
        }
        for difference in inspect::beyond_facts(attributes, kind, &self.full(path)) {
            self.drift(path, difference);
        }
        self.noted(path, kind, &found);
        if let Kind::File { size, digest, .. } = kind
            && *size == found.metadata.size
        {
            let job = Job { path: path.clone(), size: *size, digest: *digest };
            // Workers end only when this end of the channel is closed.
            let _ = self.jobs.send(job);
        }
        Ok(())
    }

    /// What of this one matters to those that come after it.
    fn noted(&mut self, path: &EntryPath, kind: &Kind, found: &Found) {
        match kind {
            Kind::Directory => self.tree.enter(found),
            Kind::File { links, .. } if *links > 1 => {
                self.linked.insert(path.clone(), found.metadata.identity);
            }
            _ => {}
        }
    }
}
