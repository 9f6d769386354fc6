//! Disk images, sparse, and overlays that leave their base as it is.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::tool::{capture, tool};

/// A disk's image file, qcow2.
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
    /// Sectors of 512 bytes that can't be read.
    unreadable: Vec<u64>,
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
        Self { path, unreadable: Vec::new() }
    }

    /// A disk with the content of a raw image, converted, and grown to `gib` GiB if that is more.
    pub fn from_raw(path: PathBuf, raw: &Path, gib: u32) -> Result<Self> {
        capture(tool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2"]).arg(raw).arg(&path))?;
        capture(tool("qemu-img", ["resize", "-q"]).arg(&path).arg(format!("{gib}G")))?;
        Ok(Self::existing(path))
    }

    /// The same disk with sectors of 512 bytes that can't be read, until it is made anew: what is
    /// written there is not read either.
    #[must_use]
    pub fn with_unreadable(mut self, sectors: &[u64]) -> Self {
        self.unreadable.extend(sectors);
        self
    }

    /// What QEMU is told of it, but for what it is called and where it is plugged in.
    pub(super) fn drive(&self) -> String {
        let path = self.path.display();
        if self.unreadable.is_empty() {
            return format!("format=qcow2,file={path}");
        }
        let errors = self.unreadable.iter().enumerate().map(|(number, sector)| {
            let error = format!("inject-error.{number}");
            format!(
                ",{error}.event=none,{error}.iotype=read,{error}.errno=5,{error}.once=off,\
                 {error}.sector={sector}"
            )
        });
        format!(
            "driver=blkdebug,image.driver=qcow2,image.file.driver=file,image.file.filename={path}{}",
            errors.collect::<String>()
        )
    }

    /// The image file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
