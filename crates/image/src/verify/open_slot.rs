//! The slot of an image, for whoever reads its files.

use std::fs::File;
use std::path::{Path, PathBuf};

use zshield_golden::signature::TrustedKeys;
use zshield_golden::slot::{Artifact, MANIFEST};

use super::medium::{self, Medium};
use super::problem::{Problem, VerifyError};
use super::{SLOT, keys};
use crate::scratch::Directory;

/// A slot in a directory: its own, or one that it was read to and that goes with this.
pub struct OpenSlot {
    directory: PathBuf,
    _scratch: Option<Directory>,
}

/// Why a slot can't be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenSlotError {
    /// The image can't be opened, or there is no room for its slot.
    #[error(transparent)]
    Open(#[from] VerifyError),
    /// The image is damaged.
    #[error(transparent)]
    Image(#[from] Problem),
}

impl OpenSlot {
    /// The slot of the image or stick at `path`, or the one that this directory is. `progress` is told of
    /// bytes that are read off an image.
    pub fn open(path: &Path, progress: &dyn Fn(u64)) -> Result<Self, OpenSlotError> {
        if path.join(MANIFEST).is_file() {
            return Ok(Self { directory: path.to_owned(), _scratch: None });
        }
        let file = File::open(path)
            .map_err(|source| VerifyError::Open { path: path.to_owned(), source })?;
        let scratch = Directory::new().map_err(VerifyError::Scratch)?;
        let stick = Medium::open(file)?.filesystem()?;
        medium::read_slot(&stick, SLOT, scratch.path(), progress)?;
        Ok(Self { directory: scratch.path().to_owned(), _scratch: Some(scratch) })
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The keys that the image itself trusts: they prove that it is whole, but not who made it.
    pub fn own_keys(&self) -> Result<TrustedKeys, OpenSlotError> {
        Ok(keys::in_initramfs(&self.directory.join(Artifact::Initramfs.file_name()))?)
    }
}
