//! Disk images, sparse, and overlays that leave their base as it is.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::tool::{capture, tool};

/// A disk's image file, qcow2.
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// An empty disk of `gib` GiB.
    pub fn empty(path: PathBuf, gib: u32) -> Result<Self> {
        capture(
            tool("qemu-img", ["create", "-q", "-f", "qcow2"]).arg(&path).arg(format!("{gib}G")),
        )?;
        Ok(Self { path })
    }

    /// A disk that begins as `base` (an image of `format`, `raw` or `qcow2`) and keeps its own
    /// changes.
    pub fn overlay(path: PathBuf, base: &Path, format: &str) -> Result<Self> {
        capture(
            tool("qemu-img", ["create", "-q", "-f", "qcow2", "-F", format, "-b"])
                .arg(base.canonicalize()?)
                .arg(&path),
        )?;
        Ok(Self { path })
    }

    /// A disk that was made before.
    pub fn existing(path: PathBuf) -> Self {
        Self { path }
    }

    /// A disk with the content of a raw image, converted, and grown to `gib` GiB if that is more.
    pub fn from_raw(path: PathBuf, raw: &Path, gib: u32) -> Result<Self> {
        capture(tool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2"]).arg(raw).arg(&path))?;
        capture(tool("qemu-img", ["resize", "-q"]).arg(&path).arg(format!("{gib}G")))?;
        Ok(Self { path })
    }

    /// The image file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
