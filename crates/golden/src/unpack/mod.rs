//! Puts the payload onto an empty filesystem, as the manifest has it.
//!
//! What a file is comes from the manifest alone; its content is hashed on its way and must be the
//! manifest's. So nothing that the signature does not cover reaches the target, wherever the
//! content is read from. (An installation may leave the hashing to its final comparison: see
//! [`unpack_unproved`].)
//!
//! Nothing is followed out of the target: every directory is opened by one name in the directory above,
//! never through a symbolic link, and every file is made new. Of attributes only those are set
//! that creation did not already give: the files of a whole system are many, and each call counts.
//!
//! [`stage`] makes a part of the payload so, and [goes on](left) where an earlier run was cut off.

mod builder;
mod contents;
mod job;
mod left;
mod node;
mod subset;
mod worker;
mod writer;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use zshield_messages::say;

use crate::descent::Descent;
use crate::error::{FileError, Progress};
use crate::manifest::{Entry, Manifest, ManifestError};
use crate::path::EntryPath;
use crate::squashfs::{Squashfs, SquashfsError};
use crate::threads::{self, lock};
use builder::{Later, TreeBuilder};
pub use contents::{Contents, ContentsError};
use job::Job;
use node::Creator;
pub use subset::Subset;
use worker::Worker;

/// Where the contents are.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// The directory that the squashfs is mounted on.
    Mounted(&'a Path),
    /// The squashfs itself: no mount and no device-mapper needed, and as many threads decompress
    /// as there are processors.
    Image(&'a Squashfs),
    /// Whoever makes each content when it is asked for.
    Contents(&'a dyn Contents),
}

/// What may be in the target already.
#[derive(Clone, Copy)]
enum Ground<'a> {
    /// Directories alone, or what is mounted on them.
    Fresh,
    /// Whatever an earlier run left; it is to be this in the end, and nothing else.
    Left(&'a Subset),
}

/// When contents are proved to be the manifest's.
#[derive(Clone, Copy)]
enum Proof {
    /// Each file's as it is read.
    OnTheWay,
    /// Later, by a comparison.
    LeftToCompare,
}

/// Why a payload could not be unpacked. The target is then of no use.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A file can't be read or made.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The image can't be read.
    #[error(transparent)]
    Squashfs(#[from] SquashfsError),
    /// A file's content is not what the manifest says. The file has been removed again.
    #[error("{}", say::golden::unpack_content(path.to_string()))]
    Content {
        /// The file.
        path: EntryPath,
    },
    /// A file's content can't be had.
    #[error("{}", say::golden::unpack_contents(path.to_string()))]
    Contents {
        /// The file.
        path: EntryPath,
        /// Why.
        source: ContentsError,
    },
    /// The manifest has no such path.
    #[error("{}", say::golden::unpack_absent(path.to_string()))]
    Absent {
        /// The path.
        path: EntryPath,
    },
    /// The image holds other names than the manifest.
    #[error("{}", say::golden::unpack_diverges(path.to_string()))]
    Diverges {
        /// The first one that the image lacks, or has as another kind.
        path: EntryPath,
    },
    /// Something is there already: the target is not freshly made.
    #[error("{}", say::golden::unpack_occupied(path.to_string()))]
    Occupied {
        /// What is there.
        path: EntryPath,
    },
}

/// What has been unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// Files, directories and so on.
    pub entries: u64,
    /// Bytes in all files.
    pub bytes: u64,
}

/// Unpacks into `target`: a freshly made filesystem, where only directories may be there already
/// (`lost+found`, mount points). `progress` counts bytes of content. At the end everything is on
/// the disk.
pub fn unpack(
    source: Source<'_>,
    target: &Path,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    whole(source, target, manifest, Proof::OnTheWay, progress)
}

/// The same without hashing: of contents only the lengths are checked.
///
/// It is for an installation, which [compares](crate::compare) the whole target with the manifest
/// at its end, before anything can start from there. Hashing twice would take half as long again
/// as unpacking.
pub fn unpack_unproved(
    source: Source<'_>,
    target: &Path,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    whole(source, target, manifest, Proof::LeftToCompare, progress)
}

fn whole(
    source: Source<'_>,
    target: &Path,
    manifest: &Manifest,
    proof: Proof,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    Task { source, ground: Ground::Fresh, proof, progress }.run(target, manifest.entries()?)?;
    Ok(Unpacked { entries: manifest.header().entries, bytes: manifest.header().bytes })
}

/// Makes a part of the payload in the directory `tree`, which is empty or what an earlier call left
/// there, of whatever part: what is whole of it stays, the rest goes. Nobody else may be able to get at
/// the tree: it holds the payload's secrets and its setuid programs. Each content that is not there
/// is asked for, and hashed as it comes. At the end everything is on the disk.
pub fn stage(
    contents: &dyn Contents,
    tree: &Path,
    subset: &Subset,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    let (source, ground) = (Source::Contents(contents), Ground::Left(subset));
    let entries = subset.entries().iter().cloned().map(Ok);
    Task { source, ground, proof: Proof::OnTheWay, progress }.run(tree, entries)?;
    Ok(Unpacked { entries: subset.entries().len() as u64, bytes: subset.bytes() })
}

/// What is to be done, as each part of it has to know.
#[derive(Clone, Copy)]
struct Task<'a> {
    source: Source<'a>,
    ground: Ground<'a>,
    proof: Proof,
    progress: Progress<'a>,
}

impl Task<'_> {
    fn run(
        self,
        target: &Path,
        entries: impl Iterator<Item = Result<Entry, ManifestError>>,
    ) -> Result<(), UnpackError> {
        let descent = match self.ground {
            Ground::Fresh => Descent::from(target)?,
            Ground::Left(_) => Descent::unmounted(target)?,
        };
        let creator = Creator::new(target);
        let (sender, receiver) = sync_channel(threads::count() * 2);
        let shared = Shared { receiver: Mutex::new(receiver), failure: Mutex::new(None) };
        let made = thread::scope(|scope| {
            for _ in 0..threads::count() {
                scope.spawn(|| shared.work(self, &creator));
            }
            // Its channel ends with it, and the workers with the channel.
            let mut tree = TreeBuilder::new(self, descent, &creator, sender)?;
            for entry in entries {
                tree.make(entry?)?;
                if lock(&shared.failure).is_some() {
                    break;
                }
            }
            tree.flush();
            Ok::<Later, UnpackError>(tree.later)
        });
        // A worker's error is the cause; the other only says that no worker is left.
        if let Some(failure) = lock(&shared.failure).take() {
            return Err(failure);
        }
        made?.finish(&creator)
    }
}

/// What the threads share.
struct Shared {
    receiver: Mutex<Receiver<Vec<Job>>>,
    failure: Mutex<Option<UnpackError>>,
}

impl Shared {
    fn work(&self, task: Task<'_>, creator: &Creator) {
        let worked = Worker::new(task, creator).and_then(|mut worker| {
            while let Some(batch) = self.next() {
                batch.into_iter().try_for_each(|job| worker.file(job))?;
            }
            Ok(())
        });
        if let Err(error) = worked {
            lock(&self.failure).get_or_insert(error);
            // Takes what is queued, so that nobody waits for a place in the queue.
            while self.next().is_some() {}
        }
    }

    fn next(&self) -> Option<Vec<Job>> {
        let batch = lock(&self.receiver).recv().ok()?;
        Some(if lock(&self.failure).is_some() { Vec::new() } else { batch })
    }
}

/// The permission bits that the process takes from whatever it creates. Where it can't be told,
/// all of them: then every mode is set explicitly.
fn umask() -> u16 {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
            u16::from_str_radix(line.trim(), 8).ok()
        })
        .unwrap_or(0o777)
}
