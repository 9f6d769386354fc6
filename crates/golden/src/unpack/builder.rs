//! Directories, links and devices, made in the manifest's order; files are handed to the workers.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use rustix::fs::AtFlags;

use super::job::{Content, Job};
use super::node::Creator;
use super::{Ground, Source, Task, UnpackError, left};
use crate::descent::Descent;
use crate::error::{Action, FileError};
use crate::manifest::{Attributes, Entry, Kind, Node};
use crate::path::EntryPath;
use crate::squashfs::{InodeKind, Walk};

/// A batch goes to a worker when it has that many files or bytes. Neighbours stay together, for
/// they share fragments in the image and directories in the target.
const BATCH_FILES: usize = 64;
const BATCH_BYTES: u64 = 4 << 20;

/// What is made when all files are there: a directory's time would be changed by what is made in it.
pub(super) struct Later {
    target: Descent,
    directories: Vec<(EntryPath, Attributes)>,
    links: Vec<(EntryPath, EntryPath)>,
    /// A directory of each mounted filesystem below the target.
    mounted: Vec<OwnedFd>,
}

impl Later {
    pub(super) fn finish(mut self, creator: &Creator) -> Result<(), UnpackError> {
        for (path, to) in std::mem::take(&mut self.links) {
            self.link(&path, &to)?;
        }
        // The deepest first, so that no directory is closed before what is in it.
        for (path, attributes) in self.directories.iter().rev() {
            let directory = self.target.directory(path)?;
            creator.set_directory(&directory, path, attributes)?;
        }
        let root = self.target.directory(&EntryPath::root())?;
        for filesystem in self.mounted.iter().map(OwnedFd::as_fd).chain([root.as_fd()]) {
            rustix::fs::syncfs(filesystem)
                .map_err(FileError::at(Action::Write, self.target.name()))?;
        }
        Ok(())
    }

    /// Gives the file `to` another name.
    fn link(&mut self, path: &EntryPath, to: &EntryPath) -> Result<(), UnpackError> {
        let from_directory = self.target.directory(&to.parent().unwrap_or_default())?;
        let directory = self.target.directory(&path.parent().unwrap_or_default())?;
        let (from, name) = (to.name().unwrap_or_default(), path.name().unwrap_or_default());
        rustix::fs::linkat(from_directory, from, directory, name, AtFlags::empty()).map_err(
            |error| {
                if error == rustix::io::Errno::EXIST {
                    return UnpackError::Occupied { path: path.clone() };
                }
                FileError::at(Action::Create, self.target.name().join(path.as_path()))(error).into()
            },
        )
    }
}

/// How far the source has been gone through.
enum Place<'a> {
    Mounted(Descent),
    Image(Walk<'a>),
    /// It has no order.
    Contents,
}

/// Makes what is no regular file, and hands the files to the workers.
pub(super) struct TreeBuilder<'a> {
    creator: &'a Creator,
    ground: Ground<'a>,
    place: Place<'a>,
    batch: Vec<Job>,
    batch_bytes: u64,
    sender: SyncSender<Vec<Job>>,
    device: u64,
    pub(super) later: Later,
}

impl<'a> TreeBuilder<'a> {
    pub(super) fn new(
        task: Task<'a>,
        mut target: Descent,
        creator: &'a Creator,
        sender: SyncSender<Vec<Job>>,
    ) -> Result<Self, UnpackError> {
        let place = match task.source {
            Source::Mounted(directory) => Place::Mounted(Descent::from(directory)?),
            Source::Image(image) => Place::Image(image.walk()?),
            Source::Contents(_) => Place::Contents,
        };
        if let Ground::Left(subset) = task.ground {
            left::remove_later_names(&mut target, subset)?;
        }
        let device = rustix::fs::fstat(target.root());
        let device = device.map_err(FileError::at(Action::Read, target.name()))?.st_dev;
        let later =
            Later { target, directories: Vec::new(), links: Vec::new(), mounted: Vec::new() };
        let (ground, batch, batch_bytes) = (task.ground, Vec::new(), 0);
        Ok(Self { creator, ground, place, batch, batch_bytes, sender, device, later })
    }

    pub(super) fn make(&mut self, entry: Entry) -> Result<(), UnpackError> {
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
            Kind::Directory => self.directory(path, attributes)?,
            Kind::File { size, digest, .. } => {
                let content = self.content(&path, in_image)?;
                if let Ground::Left(_) = self.ground {
                    left::remove_directory(&mut self.later.target, &path)?;
                }
                let directory = self.parent(&path)?;
                self.batch.push(Job { directory, path, attributes, size, digest, content });
                self.batch_bytes += size;
                if self.batch.len() >= BATCH_FILES || self.batch_bytes >= BATCH_BYTES {
                    self.flush();
                }
            }
            other => {
                let directory = self.parent(&path)?;
                if let Ground::Left(_) = self.ground {
                    if left::is_whole(&directory, &path, &attributes, &other) {
                        return Ok(());
                    }
                    left::remove(&mut self.later.target, &path)?;
                }
                self.creator.special(&directory, &path, &attributes, &other)?;
            }
        }
        Ok(())
    }

    /// Sends what has gathered. The receiver outlives the sender, so nothing can be refused.
    pub(super) fn flush(&mut self) {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            let _ = self.sender.send(batch);
        }
    }

    fn directory(&mut self, path: EntryPath, attributes: Attributes) -> Result<(), UnpackError> {
        let is_new = !path.is_root() && {
            let parent = self.parent(&path)?;
            self.creator.directory(&parent, &path)?
        };
        if !is_new {
            match self.ground {
                Ground::Fresh => self.remember_mount(&path)?,
                Ground::Left(subset) => {
                    left::directory(&mut self.later.target, self.creator, &path, subset)?;
                }
            }
        }
        self.later.directories.push((path, attributes));
        Ok(())
    }

    /// A directory that was there may be a filesystem of its own, to be synced too.
    fn remember_mount(&mut self, path: &EntryPath) -> Result<(), UnpackError> {
        let directory = self.later.target.directory(path)?;
        let failed = |error: io::Error| self.creator.failed(path)(error);
        let stat = rustix::fs::fstat(&directory).map_err(|error| failed(error.into()))?;
        if stat.st_dev != self.device {
            self.later.mounted.push(directory.try_clone().map_err(failed)?);
        }
        Ok(())
    }

    fn parent(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, UnpackError> {
        Ok(self.later.target.directory(&path.parent().unwrap_or_default())?)
    }

    /// Where a file's content is.
    fn content(
        &mut self,
        path: &EntryPath,
        in_image: Option<InodeKind>,
    ) -> Result<Content, UnpackError> {
        match (&mut self.place, in_image) {
            (Place::Mounted(source), _) => {
                Ok(Content::Mounted(source.directory(&path.parent().unwrap_or_default())?))
            }
            (Place::Image(_), Some(InodeKind::File(data))) => Ok(Content::Image(data)),
            (Place::Image(_), _) => Err(UnpackError::Diverges { path: path.clone() }),
            (Place::Contents, _) => Ok(Content::Asked),
        }
    }

    /// The image's own idea of a path. Image and manifest are in the same order.
    fn in_image(&mut self, path: &EntryPath) -> Result<Option<InodeKind>, UnpackError> {
        let Place::Image(walk) = &mut self.place else { return Ok(None) };
        match walk.next().transpose()? {
            Some((found, inode)) if found == *path => Ok(Some(inode.kind)),
            _ => Err(UnpackError::Diverges { path: path.clone() }),
        }
    }
}
