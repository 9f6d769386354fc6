//! How a filesystem differs from the payload: every file, folder, link and device against the
//! manifest, contents included.
//!
//! This is the proof of an installation and the heart of `zshield check`, so it shares nothing
//! with [`unpack`](crate::unpack): it walks the filesystem itself and merges what it finds with
//! the manifest, both being in the same order. Memory is bounded by one listing for each level.

mod drift;
mod expected;
mod hash;
mod inspect;
mod walk;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::iter::Peekable;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

pub use drift::{Difference, Drift, FileKind};
pub use expected::Expected;

use crate::error::{FileError, Progress};
use crate::manifest::{Attributes, Entry, Kind, Manifest, ManifestError, Node, Reader};
use crate::path::EntryPath;
use crate::threads::{self, lock};
use hash::Job;
use walk::{Found, Walk};

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
pub struct Report {
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
    expected: &Expected,
    progress: Progress<'_>,
) -> Result<Report, CompareError> {
    let (sender, receiver) = sync_channel(threads::count() * 64);
    let receiver = Mutex::new(receiver);
    let drifts = Mutex::new(Vec::new());
    let mut report = thread::scope(|scope| {
        for _ in 0..threads::count() {
            scope.spawn(|| hash::work(root, &receiver, &drifts, progress));
        }
        let merge = Merge {
            entries: manifest.entries()?.peekable(),
            walk: Walk::new(root, expected)?,
            expected,
            linked: HashMap::new(),
            report: Report::default(),
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
    entries: Peekable<Reader<&'a [u8]>>,
    walk: Walk<'a>,
    expected: &'a Expected,
    /// Device and inode of files with several names.
    linked: HashMap<EntryPath, (u64, u64)>,
    report: Report,
    jobs: SyncSender<Job>,
}

impl Merge<'_> {
    fn run(mut self) -> Result<Report, CompareError> {
        let mut found = self.next_found();
        while let Some(entry) = self.entries.next().transpose()? {
            while let Some(present) = found.take_if(|present| present.path < entry.path) {
                self.added(present);
                found = self.next_found();
            }
            match found.as_ref().map(|present| present.path.cmp(&entry.path)) {
                Some(Ordering::Equal) => {
                    if let Some(present) = found.take() {
                        self.both(entry, &present)?;
                    }
                    found = self.next_found();
                }
                _ => self.missing(&entry.path)?,
            }
        }
        while let Some(present) = found {
            self.added(present);
            found = self.next_found();
        }
        Ok(self.report)
    }

    /// The next thing in the filesystem. Where a folder can't be listed, that is a drift.
    fn next_found(&mut self) -> Option<Found> {
        loop {
            match self.walk.next()? {
                Ok(found) => return Some(found),
                Err(drift) => self.report.drifts.push(drift),
            }
        }
    }

    fn drift(&mut self, path: &EntryPath, difference: Difference) {
        self.report.drifts.push(Drift { path: path.clone(), difference });
    }

    /// Only the uppermost of what was added is named: the walk has not gone into it.
    fn added(&mut self, found: Found) {
        if !self.expected.is_free(&found.path) && !found.made_by_mkfs {
            self.drift(&found.path, Difference::Added { kind: found.kind() });
        }
    }

    /// Only the uppermost of what is missing is named.
    fn missing(&mut self, path: &EntryPath) -> Result<(), CompareError> {
        if self.expected.is_free(path) {
            self.report.skipped += 1;
        } else {
            self.report.compared += 1;
            self.drift(path, Difference::Missing);
        }
        self.pass_over(path)
    }

    /// Leaves out what the manifest has below a path.
    fn pass_over(&mut self, path: &EntryPath) -> Result<(), CompareError> {
        let below = |entry: &Result<Entry, _>| match entry {
            Ok(entry) => entry.path.is_within(path),
            Err(_) => false,
        };
        while let Some(entry) = self.entries.next_if(below) {
            entry?;
            self.report.skipped += 1;
        }
        Ok(())
    }

    fn both(&mut self, entry: Entry, found: &Found) -> Result<(), CompareError> {
        if self.expected.is_free(&entry.path) {
            self.report.skipped += 1;
            return self.pass_over(&entry.path);
        }
        if found.is_hidden {
            self.report.skipped += 1;
            return self.pass_over(&entry.path);
        }
        self.report.compared += 1;
        match entry.node {
            Node::HardLink { to } => {
                if self.linked.get(&to) != Some(&found.identity()) {
                    self.drift(&entry.path, Difference::HardLink { to });
                }
                Ok(())
            }
            Node::Inode { attributes, kind } => self.inode(&entry.path, &attributes, kind, found),
        }
    }

    fn inode(
        &mut self,
        path: &EntryPath,
        attributes: &Attributes,
        kind: Kind,
        found: &Found,
    ) -> Result<(), CompareError> {
        let (wanted, actual) = (FileKind::of(&kind), found.kind());
        if wanted != actual {
            self.drift(path, Difference::Kind { expected: wanted, actual });
            return self.pass_over(path);
        }
        let is_folder = wanted == FileKind::Directory;
        // Making or removing an expected file changes its folder's time.
        let any_time = is_folder && self.expected.is_inside(path);
        for difference in inspect::attributes(attributes, found, any_time) {
            self.drift(path, difference);
        }
        match kind {
            Kind::Directory => self.walk.enter(found),
            Kind::File { size, digest, links } => {
                if links > 1 {
                    self.linked.insert(path.clone(), found.identity());
                }
                if u64::from(links) != found.links() {
                    let (expected, actual) = (links, found.links());
                    self.drift(path, Difference::Links { expected, actual });
                }
                if size == found.size() {
                    // Workers end only when this end of the channel is closed.
                    let _ = self.jobs.send(Job { path: path.clone(), size, digest });
                } else {
                    let (expected, actual) = (size, found.size());
                    self.drift(path, Difference::Size { expected, actual });
                }
            }
            other => {
                if let Some(difference) = inspect::content(&other, found) {
                    self.drift(path, difference);
                }
            }
        }
        Ok(())
    }
}
