//! A note in JSON, in two copies in a directory.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::IoError;
use crate::ledger::InDirectory;
use crate::two_copies::TwoCopies;

/// The place of a note.
pub(crate) struct Noted {
    copies: TwoCopies<InDirectory>,
    directory: PathBuf,
}

impl Noted {
    /// The note whose copies have these names.
    pub(crate) fn new(directory: &Path, names: [&'static str; 2]) -> Self {
        Self { copies: TwoCopies::in_directory(directory, names), directory: directory.to_owned() }
    }

    /// The newest valid content; nothing where there is none.
    pub(crate) fn content(&self) -> Result<Option<Vec<u8>>, IoError> {
        self.copies.read().map_err(IoError::at(&self.directory))
    }

    /// What it says; nothing where there is none.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, IoError> {
        let noted = self.content()?.map(|content| serde_json::from_slice(&content)).transpose();
        noted.map_err(io::Error::from).map_err(IoError::at(&self.directory))
    }

    /// Makes it durable, over the older copy.
    pub(crate) fn write<T: Serialize>(&self, noted: &T) -> Result<(), IoError> {
        let json = serde_json::to_vec(noted).map_err(io::Error::from);
        json.and_then(|json| self.copies.write(&json)).map_err(IoError::at(&self.directory))
    }
}
