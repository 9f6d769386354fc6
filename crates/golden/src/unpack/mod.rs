//! Puts the payload onto an empty filesystem, as the manifest has it.
//!
//! What a file is comes from the manifest alone; its content is hashed on its way and must be the
//! manifest's. So nothing that the signature does not cover reaches the target, wherever the
//! content is read from. (An installation may leave the hashing to its final comparison: see
//! [`unpack_unproved`].)
//!
//! Nothing is followed out of the target: every folder is opened by one name in the folder above,
//! never through a symbolic link, and every file is made new. Of attributes only those are set
//! that creation did not already give: the files of a whole system are many, and each call counts.

mod content;
mod descent;
mod node;

use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::{io, thread};

use rustix::fs::{Mode, OFlags};
use zshield_messages::say;

use crate::error::{Action, FileError, Progress};
use crate::manifest::{Attributes, Entry, Kind, Manifest, ManifestError, Node};
use crate::path::EntryPath;
use crate::squashfs::{InodeKind, Squashfs, SquashfsError, Walk};
use crate::threads::{self, lock};
use content::{Content, Job};
use descent::Descent;
use node::Creator;

/// Where the contents are.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// The folder that the squashfs is mounted on.
    Mounted(&'a Path),
    /// The squashfs itself: no mount and no device-mapper needed, and as many threads decompress
    /// as there are processors.
    Image(&'a Squashfs),
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
    /// Files, folders and so on.
    pub entries: u64,
    /// Bytes in all files.
    pub bytes: u64,
}

/// A batch goes to a worker when it has that many files or bytes. Neighbours stay together, for
/// they share fragments in the image and folders in the target.
const BATCH_FILES: usize = 64;
const BATCH_BYTES: u64 = 4 << 20;

/// Unpacks into `target`: a freshly made filesystem, where only folders may be there already
/// (`lost+found`, mount points). `progress` counts bytes of content. At the end everything is on
/// the disk.
pub fn unpack(
    source: Source<'_>,
    target: &Path,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    run(source, target, manifest, Proof::OnTheWay, progress)
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
    run(source, target, manifest, Proof::LeftToCompare, progress)
}

fn run(
    source: Source<'_>,
    target: &Path,
    manifest: &Manifest,
    proof: Proof,
    progress: Progress<'_>,
) -> Result<Unpacked, UnpackError> {
    let root = open_root(target)?;
    let creator = Creator::new(target);
    let (sender, receiver) = sync_channel(threads::count() * 2);
    let shared = Shared { receiver: Mutex::new(receiver), failure: Mutex::new(None) };
    let made = thread::scope(|scope| {
        for _ in 0..threads::count() {
            scope.spawn(|| shared.work(source, &creator, proof, progress));
        }
        // Its channel ends with it, and the workers with the channel.
        let mut tree = Tree::new(source, root, &creator, sender)?;
        for entry in manifest.entries()? {
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
    made?.finish(&creator)?;
    Ok(Unpacked { entries: manifest.header().entries, bytes: manifest.header().bytes })
}

fn open_root(target: &Path) -> Result<Arc<OwnedFd>, FileError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(target, flags, Mode::empty());
    Ok(Arc::new(root.map_err(FileError::at(Action::Read, target))?))
}

/// What the threads share.
struct Shared {
    receiver: Mutex<Receiver<Vec<Job>>>,
    failure: Mutex<Option<UnpackError>>,
}

impl Shared {
    fn work(&self, source: Source<'_>, creator: &Creator, proof: Proof, progress: Progress<'_>) {
        let worked =
            content::Worker::new(source, creator, proof, progress).and_then(|mut worker| {
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

/// What is made when all files are there: a folder's time would be changed by what is made in it.
struct Later {
    target: Descent,
    folders: Vec<(EntryPath, Attributes)>,
    links: Vec<(EntryPath, EntryPath)>,
    /// A folder of each mounted filesystem below the target.
    mounted: Vec<OwnedFd>,
}

impl Later {
    fn finish(mut self, creator: &Creator) -> Result<(), UnpackError> {
        for (path, to) in &self.links {
            self.target.link(path, to)?;
        }
        // The deepest first, so that no folder is closed before what is in it.
        for (path, attributes) in self.folders.iter().rev() {
            let folder = self.target.folder(path)?;
            creator.set_folder(&folder, path, attributes)?;
        }
        let root = self.target.folder(&EntryPath::root())?;
        for filesystem in self.mounted.iter().map(OwnedFd::as_fd).chain([root.as_fd()]) {
            rustix::fs::syncfs(filesystem)
                .map_err(FileError::at(Action::Write, self.target.name()))?;
        }
        Ok(())
    }
}

/// Makes what is no regular file, and hands the files to the workers.
struct Tree<'a> {
    creator: &'a Creator,
    mounted: Option<Descent>,
    walk: Option<Walk<'a>>,
    batch: Vec<Job>,
    batch_bytes: u64,
    sender: SyncSender<Vec<Job>>,
    device: u64,
    later: Later,
}

impl<'a> Tree<'a> {
    fn new(
        source: Source<'a>,
        root: Arc<OwnedFd>,
        creator: &'a Creator,
        sender: SyncSender<Vec<Job>>,
    ) -> Result<Self, UnpackError> {
        let (mounted, walk) = match source {
            Source::Mounted(folder) => (Some(Descent::new(folder, open_root(folder)?)), None),
            Source::Image(image) => (None, Some(image.walk()?)),
        };
        let device =
            rustix::fs::fstat(&root).map_err(FileError::at(Action::Read, creator.target()))?.st_dev;
        let target = Descent::new(creator.target(), root);
        let later = Later { target, folders: Vec::new(), links: Vec::new(), mounted: Vec::new() };
        let (batch, batch_bytes) = (Vec::new(), 0);
        Ok(Self { creator, mounted, walk, batch, batch_bytes, sender, device, later })
    }

    fn make(&mut self, entry: Entry) -> Result<(), UnpackError> {
        let Entry { path, node } = entry;
        let in_image = self.in_image(&path)?;
        let (attributes, kind) = match node {
            Node::HardLink { to } => {
                self.later.links.push((path, to));
                return Ok(());
            }
            Node::Inode { attributes, kind } => (attributes, kind),
        };
        match kind {
            Kind::Directory => self.folder(path, attributes)?,
            Kind::File { size, digest, .. } => {
                let content = match in_image {
                    Some(InodeKind::File(data)) => Content::Image(data),
                    Some(_) => return Err(UnpackError::Diverges { path }),
                    None => Content::Mounted(self.source_folder(&path)?),
                };
                let folder = self.parent(&path)?;
                self.batch.push(Job { folder, path, attributes, size, digest, content });
                self.batch_bytes += size;
                if self.batch.len() >= BATCH_FILES || self.batch_bytes >= BATCH_BYTES {
                    self.flush();
                }
            }
            other => {
                let folder = self.parent(&path)?;
                self.creator.special(&folder, &path, &attributes, &other)?;
            }
        }
        Ok(())
    }

    /// Sends what has gathered. The receiver outlives the sender, so nothing can be refused.
    fn flush(&mut self) {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            let _ = self.sender.send(batch);
        }
    }

    fn folder(&mut self, path: EntryPath, attributes: Attributes) -> Result<(), UnpackError> {
        if !path.is_root() {
            let parent = self.parent(&path)?;
            if !self.creator.folder(&parent, &path)? {
                self.remember_mount(&path)?;
            }
        }
        self.later.folders.push((path, attributes));
        Ok(())
    }

    /// A folder that was there may be a filesystem of its own, to be synced too.
    fn remember_mount(&mut self, path: &EntryPath) -> Result<(), UnpackError> {
        let folder = self.later.target.folder(path)?;
        let failed = |error: io::Error| self.creator.failed(path)(error);
        let stat = rustix::fs::fstat(&folder).map_err(|error| failed(error.into()))?;
        if stat.st_dev != self.device {
            self.later.mounted.push(folder.try_clone().map_err(failed)?);
        }
        Ok(())
    }

    fn parent(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, UnpackError> {
        self.later.target.folder(&path.parent().unwrap_or_default())
    }

    fn source_folder(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, UnpackError> {
        match &mut self.mounted {
            Some(source) => source.folder(&path.parent().unwrap_or_default()),
            None => Err(UnpackError::Diverges { path: path.clone() }),
        }
    }

    /// The image's own idea of a path. Image and manifest are in the same order.
    fn in_image(&mut self, path: &EntryPath) -> Result<Option<InodeKind>, UnpackError> {
        let Some(walk) = &mut self.walk else { return Ok(None) };
        match walk.next().transpose()? {
            Some((found, inode)) if found == *path => Ok(Some(inode.kind)),
            _ => Err(UnpackError::Diverges { path: path.clone() }),
        }
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
