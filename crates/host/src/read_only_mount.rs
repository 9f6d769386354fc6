//! A filesystem that is mounted for a moment, to be read.

use std::path::{Path, PathBuf};

use zshield_plan::step::MountAs;
use zshield_plan::volumes::MOUNTS;

use crate::mount;
use zshield_linux::IoError;

/// A filesystem that nothing is written to, mounted for as long as this lives.
#[derive(Debug)]
pub struct ReadOnlyMount {
    at: PathBuf,
}

impl ReadOnlyMount {
    /// Mounts a device below the program's own directory of mounts; what an earlier process has left
    /// there goes first.
    pub fn mount(device: &str, name: &str) -> Result<Self, IoError> {
        let at = Path::new(MOUNTS).join(name);
        mount::attach(device, &at, MountAs::Ext4Frozen, None)?;
        Ok(Self { at })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.at
    }
}

impl Drop for ReadOnlyMount {
    fn drop(&mut self) {
        if let Err(error) = zshield_linux::mount::detach(&self.at) {
            tracing::error!("{error}");
        }
    }
}
