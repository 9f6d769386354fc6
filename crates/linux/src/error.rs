//! What every module here can meet: something that can't be read or written.

use std::io;
use std::path::{Path, PathBuf};

use zshield_messages::say;

/// An input or output error, with the file or device it happened to.
#[derive(Debug, thiserror::Error)]
#[error("{}", say::host::cannot_use(.path.display()))]
pub struct IoError {
    /// The file or device.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl IoError {
    /// Turns an error met at `path` into an [`IoError`].
    pub fn at<E: Into<io::Error>>(path: impl AsRef<Path>) -> impl FnOnce(E) -> Self {
        move |source| Self { path: path.as_ref().to_owned(), source: source.into() }
    }
}
