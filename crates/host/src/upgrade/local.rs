//! What is at a path of the machine.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use zshield_golden::compare::{FileKind, FileMetadata};
use zshield_golden::descent::{Descent, listing, open_unmounted};
use zshield_golden::xattrs::{self, LABEL, by_number};
use zshield_golden::{Action, Digest, EntryPath, FileError, escape};
use zshield_plan::upgrade::file::{Attributes, FileState, Kind};
use zshield_units::UnixTime;

use super::UpgradeError;
use super::state::{BLOCK, CHARACTER, FIFO, SOCKET, entry_path};

/// The machine's files. Nothing is followed through a symbolic link, or into what is mounted.
pub struct Local {
    descent: Descent,
}

impl Local {
    /// Those of the system at `root`.
    pub fn of(root: &Path) -> Result<Self, UpgradeError> {
        Ok(Self { descent: Descent::unmounted(root)? })
    }

    /// The root directory itself.
    pub(super) fn root(&mut self) -> Result<FileState, UpgradeError> {
        let root = by_number(Arc::as_ref(self.descent.root()));
        let found =
            self.found(&EntryPath::root(), Path::new(&format!("{root}/.")), [None, None])?;
        let gone = || self.failed(&EntryPath::root())(io::Error::from(io::ErrorKind::NotFound));
        Ok(found.ok_or_else(gone)?)
    }

    /// What is at a path; nothing where nothing is, or what leads there is no directory. A content that both
    /// versions have is not read, where a file has its length: a check has looked at it. Nor is one that no
    /// version has: it is compared with nothing.
    pub fn state(
        &mut self,
        path: &EntryPath,
        delivered: [Option<&FileState>; 2],
    ) -> Result<Option<FileState>, UpgradeError> {
        let Some(reached) = self.reached(path)? else { return Ok(None) };
        self.found(path, &reached, delivered)
    }

    fn found(
        &mut self,
        path: &EntryPath,
        reached: &Path,
        delivered: [Option<&FileState>; 2],
    ) -> Result<Option<FileState>, UpgradeError> {
        let failed = |this: &Self| this.failed(path);
        let metadata = match FileMetadata::of(reached) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(failed(self))?,
        };
        let kind = match metadata.kind {
            FileKind::File => match self.first_name(path, &metadata, delivered)? {
                // What a further name is like says the first one.
                Some(kind) => {
                    let attributes = Attributes::default();
                    return Ok(Some(FileState {
                        kind,
                        attributes,
                        label: None,
                        mtime: UnixTime(0),
                    }));
                }
                None => Kind::File {
                    digest: match known(delivered, metadata.size) {
                        Some(digest) => digest,
                        None => self.digest(path)?.bytes(),
                    },
                    size: metadata.size,
                },
            },
            FileKind::Directory => Kind::Directory,
            FileKind::Symlink => {
                let target = rustix::fs::readlink(reached, Vec::new())
                    .map_err(|error| failed(self)(error.into()))?;
                Kind::Symlink { target: escape(target.as_bytes()) }
            }
            FileKind::CharDevice => Kind::Special { format: CHARACTER, number: metadata.device },
            FileKind::BlockDevice => Kind::Special { format: BLOCK, number: metadata.device },
            FileKind::Fifo => Kind::Special { format: FIFO, number: (0, 0) },
            FileKind::Socket => Kind::Special { format: SOCKET, number: (0, 0) },
        };
        let mut all = xattrs::read(reached).map_err(failed(self))?;
        let label = all.remove(LABEL.as_bytes());
        Ok(Some(FileState {
            kind,
            attributes: Attributes {
                mode: metadata.mode,
                owner: (metadata.uid, metadata.gid),
                xattrs: all.into_iter().map(|(name, value)| (escape(&name), value)).collect(),
            },
            label,
            mtime: metadata.mtime,
        }))
    }

    /// The content of a file.
    pub fn open(&mut self, path: &EntryPath) -> Result<File, UpgradeError> {
        let directory = self.descent.directory(&path.parent().unwrap_or_default())?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let name = path.name().unwrap_or(b".");
        Ok(open_unmounted(&directory, name, flags).map_err(self.failed(path))?.into())
    }

    /// The names in a directory, as paths.
    pub fn names(&mut self, directory: &EntryPath) -> Result<Vec<EntryPath>, UpgradeError> {
        let opened = self.descent.directory(directory)?;
        let names = listing(&opened).map_err(self.failed(directory))?;
        names.iter().map(|name| Ok(directory.join(name)?)).collect()
    }

    fn digest(&mut self, path: &EntryPath) -> Result<Digest, UpgradeError> {
        let mut file = self.open(path)?;
        let (digest, _) = Digest::of_reader(&mut file, |_| {}).map_err(self.failed(path))?;
        Ok(digest)
    }

    /// The first name of a file that has several, where a version says that this is a further one.
    fn first_name(
        &mut self,
        path: &EntryPath,
        metadata: &FileMetadata,
        delivered: [Option<&FileState>; 2],
    ) -> Result<Option<Kind>, UpgradeError> {
        if metadata.links < 2 {
            return Ok(None);
        }
        for state in delivered.into_iter().flatten() {
            let Kind::Link { to } = &state.kind else { continue };
            let first = self.reached(&entry_path(to)?)?.map(|first| FileMetadata::of(&first));
            match first.transpose() {
                Ok(Some(first)) if first.identity == metadata.identity => {
                    return Ok(Some(state.kind.clone()));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(self.failed(path)(error).into()),
            }
        }
        Ok(None)
    }

    /// A name by which the kernel finds it, whatever becomes of the directories that lead there.
    fn reached(&mut self, path: &EntryPath) -> Result<Option<PathBuf>, UpgradeError> {
        use io::ErrorKind::{CrossesDevices, NotADirectory, NotFound};
        let Some(name) = path.name() else { return Ok(None) };
        let directory = match self.descent.directory(&path.parent().unwrap_or_default()) {
            Ok(directory) => directory,
            Err(error) if is_link(&error) => return Ok(None),
            Err(error)
                if matches!(error.source.kind(), NotFound | NotADirectory | CrossesDevices) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let name = EntryPath::new(name)?;
        Ok(Some(Path::new(&by_number(Arc::as_ref(&directory))).join(name.as_path())))
    }

    fn failed<E: Into<io::Error>>(&self, path: &EntryPath) -> impl FnOnce(E) -> FileError + use<E> {
        FileError::at(Action::Read, self.descent.name().join(path.as_path()))
    }
}

fn is_link(error: &FileError) -> bool {
    error.source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// The content of both versions, where a file of this size can have it.
fn known(delivered: [Option<&FileState>; 2], found: u64) -> Option<[u8; 32]> {
    let (old, new) = match delivered {
        [None, None] => return Some([0; 32]),
        [Some(old), Some(new)] => (old, new),
        [Some(_), None] | [None, Some(_)] => return None,
    };
    match (&old.kind, &new.kind) {
        (Kind::File { digest, size }, Kind::File { digest: other, .. })
            if digest == other && *size == found =>
        {
            Some(*digest)
        }
        _ => None,
    }
}
