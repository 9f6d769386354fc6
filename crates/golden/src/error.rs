//! What every module here can meet: a file that can't be read or written.

use std::io;
use std::path::{Path, PathBuf};

use zshield_messages::say;

/// What was being done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opening or reading it, or listing a directory.
    Read,
    /// Writing to it or setting its attributes.
    Write,
    /// Making it.
    Create,
}

/// An input or output error, with the file it happened to. The system's own error is its source.
#[derive(Debug, thiserror::Error)]
#[error("{}", match action {
    Action::Read => say::golden::cannot_read(path.display()),
    Action::Write => say::golden::cannot_write(path.display()),
    Action::Create => say::golden::cannot_create(path.display()),
})]
pub struct FileError {
    /// What was being done.
    pub action: Action,
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// A closure that turns an error met while doing `action` to `path` into a [`FileError`].
    pub fn at<E: Into<io::Error>>(
        action: Action,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self { action, path: path.as_ref().to_owned(), source: source.into() }
    }

    /// Whether somebody else was faster: it has gone, is no directory any more, or has got an entry.
    pub fn is_overtaken(&self) -> bool {
        use io::ErrorKind::{DirectoryNotEmpty, NotADirectory, NotFound};
        matches!(self.source.kind(), NotFound | NotADirectory | DirectoryNotEmpty)
    }
}

/// Told how many bytes have been dealt with since it was last called; from any thread.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);
