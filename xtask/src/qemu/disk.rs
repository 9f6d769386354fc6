//! Disk images, sparse, and overlays that leave their base as it is.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::tool::{capture, tool};

/// A disk's image file, qcow2.
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
    /// A sector of 512 bytes that can't be read.
    unreadable: Option<u64>,
}

impl Disk {
    /// An empty disk of `gib` GiB.
    pub fn empty(path: PathBuf, gib: u32) -> Result<Self> {
        capture(
            tool("qemu-img", ["create", "-q", "-f", "qcow2"]).arg(&path).arg(format!("{gib}G")),
        )?;
        Ok(Self::existing(path))
    }

    /// A disk that begins as `base` (an image of `format`, `raw` or `qcow2`) and keeps its own
    /// changes.
    pub fn overlay(path: PathBuf, base: &Path, format: &str) -> Result<Self> {
        capture(
            tool("qemu-img", ["create", "-q", "-f", "qcow2", "-F", format, "-b"])
                .arg(base.canonicalize()?)
                .arg(&path),
        )?;
        Ok(Self::existing(path))
    }

    /// A disk that was made before.
    pub fn existing(path: PathBuf) -> Self {
        Self { path, unreadable: None }
    }

    /// A disk with the content of a raw image, converted, and grown to `gib` GiB if that is more.
    pub fn from_raw(path: PathBuf, raw: &Path, gib: u32) -> Result<Self> {
        capture(tool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2"]).arg(raw).arg(&path))?;
        capture(tool("qemu-img", ["resize", "-q"]).arg(&path).arg(format!("{gib}G")))?;
        Ok(Self::existing(path))
    }

    /// The same disk with a sector of 512 bytes that can't be read, until it is made anew: what is
    /// written there is not read either.
    #[must_use]
    pub fn with_unreadable(mut self, sector: u64) -> Self {
        self.unreadable = Some(sector);
        self
    }

    /// What QEMU is told of it, but for what it is called and where it is plugged in.
    pub(super) fn drive(&self) -> String {
        let path = self.path.display();
        match self.unreadable {
            None => format!("format=qcow2,file={path}"),
            Some(sector) => format!(
                "driver=blkdebug,image.driver=qcow2,image.file.driver=file,\
                 image.file.filename={path},inject-error.0.event=none,inject-error.0.iotype=read,\
                 inject-error.0.errno=5,inject-error.0.once=off,inject-error.0.sector={sector}"
            ),
        }
    }

    /// The image file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
