//! Scratch files and directories: gone with whoever made them, and where a signal ends the process
//! as well, which drops nothing.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

/// What every name that stands beside an output begins with.
const PREFIX: &str = ".zshield-";

/// All that is there, and whether the process is about to end.
struct All {
    paths: Vec<PathBuf>,
    ended: bool,
}

static ALL: Mutex<All> = Mutex::new(All { paths: Vec::new(), ended: false });

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path in the list, for as long as it is there.
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        all().paths.retain(|path| *path != self.0);
    }
}

fn keep<T>(
    create: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<(T, Kept)> {
    let mut all = all();
    if all.ended {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let made = create()?;
    let path = path(&made).to_owned();
    all.paths.push(path.clone());
    Ok((made, Kept(path)))
}

/// A directory.
pub(crate) struct Directory {
    made: TempDir,
    _kept: Kept,
}

impl Directory {
    /// One among the system's temporary files.
    pub(crate) fn new() -> io::Result<Self> {
        let (made, kept) = keep(TempDir::new, TempDir::path)?;
        Ok(Self { made, _kept: kept })
    }

    /// One beside an output: that filesystem must have room anyway.
    pub(crate) fn beside(output: &Path) -> io::Result<Self> {
        let create = || Builder::new().prefix(PREFIX).tempdir_in(directory_of(output));
        let (made, kept) = keep(create, TempDir::path)?;
        Ok(Self { made, _kept: kept })
    }

    pub(crate) fn path(&self) -> &Path {
        self.made.path()
    }
}

/// A file.
pub struct File {
    made: NamedTempFile,
    _kept: Kept,
}

impl File {
    /// One among the system's temporary files.
    pub fn new() -> io::Result<Self> {
        let (made, kept) = keep(NamedTempFile::new, NamedTempFile::path)?;
        Ok(Self { made, _kept: kept })
    }

    /// One beside what it becomes in the end, which everybody may read.
    pub fn beside(output: &Path) -> io::Result<Self> {
        let create = || {
            let mut builder = Builder::new();
            let readable = builder.prefix(PREFIX).permissions(Permissions::from_mode(0o644));
            readable.tempfile_in(directory_of(output))
        };
        let (made, kept) = keep(create, NamedTempFile::path)?;
        Ok(Self { made, _kept: kept })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.made.path()
    }

    /// It, open.
    pub fn as_file(&self) -> &fs::File {
        self.made.as_file()
    }

    /// It, open for writing.
    pub fn as_file_mut(&mut self) -> &mut fs::File {
        self.made.as_file_mut()
    }

    /// Gives it its name.
    pub fn persist(self, target: &Path) -> io::Result<()> {
        self.made.persist(target).map(drop).map_err(|error| error.error)
    }
}

/// The directory that a path is in.
pub fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes all of it, since the process is about to end; nothing new is made any more. Who works
/// with it meanwhile gets errors.
pub fn remove_all() {
    let mut all = all();
    all.ended = true;
    for path in std::mem::take(&mut all.paths) {
        if path.is_dir() {
            remove_directory(&path);
        } else {
            // It may have got its name by now.
            let _ = fs::remove_file(&path);
        }
    }
}

/// Others may still be making files in it, and tools have started within it.
fn remove_directory(path: &Path) {
    const TRIES: u32 = 1000;
    // Nobody finds it by its name any more.
    let mut gone = path.as_os_str().to_owned();
    gone.push(".gone");
    let gone = PathBuf::from(gone);
    let path = if fs::rename(path, &gone).is_ok() { &gone } else { path };
    for _ in 0..TRIES {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            Ok(()) | Err(_) => return,
        }
    }
}
