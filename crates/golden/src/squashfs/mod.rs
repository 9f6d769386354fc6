//! Reads squashfs 4.0 images compressed with zstd, as `mksquashfs` makes them: every kind of
//! file with owner, mode, hard links and extended attributes, and contents by several threads.
//!
//! It is for what no mount can do: making the manifest without root, and checking an image on
//! the build host. Nothing in an image is trusted: offsets and lengths are checked, directories that
//! contain themselves are refused, and nothing is allocated for a length that is only claimed.

mod data;
mod inode;
mod metadata;
mod stored;
mod superblock;
mod walk;
mod xattr;

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use zshield_messages::say;

pub use data::{Decoder, Piece};
pub use inode::{FileData, Inode, InodeKind};
pub use walk::Walk;

use crate::error::{Action, FileError};
use metadata::{MetadataCache, Position};
use superblock::Superblock;

/// Why an image can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SquashfsError {
    /// The file can't be read, or ends too early.
    #[error(transparent)]
    File(#[from] FileError),
    /// No squashfs of version 4.0.
    #[error("{}", say::golden::squashfs_none(path.display()))]
    NotSquashfs {
        /// The file.
        path: PathBuf,
    },
    /// A squashfs, but not compressed with zstd.
    #[error("{}", say::golden::squashfs_compression(path.display()))]
    Compression {
        /// The file.
        path: PathBuf,
    },
    /// The image contradicts itself.
    #[error("{}", say::golden::SquashfsDamaged { part, path: path.display() })]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which structure.
        part: &'static str,
    },
}

/// An open image.
pub struct Squashfs {
    file: File,
    path: PathBuf,
    superblock: Superblock,
    ids: Vec<u32>,
    fragments: Vec<(u64, u32)>,
    xattrs: Option<xattr::Table>,
    cache: MetadataCache,
}

impl Squashfs {
    /// Opens the image at the beginning of this file; what follows it is not looked at.
    pub fn open(path: &Path) -> Result<Self, SquashfsError> {
        let file = File::open(path).map_err(FileError::at(Action::Read, path))?;
        let mut block = [0; superblock::LENGTH];
        file.read_exact_at(&mut block, 0).map_err(FileError::at(Action::Read, path))?;
        let superblock = Superblock::parse(&block)
            .ok_or_else(|| SquashfsError::NotSquashfs { path: path.to_owned() })?;
        if !superblock.is_zstd() {
            return Err(SquashfsError::Compression { path: path.to_owned() });
        }
        let mut image = Self {
            file,
            path: path.to_owned(),
            superblock,
            ids: Vec::new(),
            fragments: Vec::new(),
            xattrs: None,
            cache: MetadataCache::default(),
        };
        image.ids = image.read_ids()?;
        image.fragments = image.read_fragments()?;
        image.xattrs = xattr::Table::read(&image)?;
        Ok(image)
    }

    /// How many files, directories and so on the image holds.
    pub fn inodes(&self) -> u32 {
        self.superblock.inodes
    }

    /// Every name in the image, the root first, in the manifest's order.
    pub fn walk(&self) -> Result<Walk<'_>, SquashfsError> {
        Walk::new(self)
    }

    fn read_ids(&self) -> Result<Vec<u32>, SquashfsError> {
        let count = u64::from(self.superblock.ids);
        let mut reader = self.indexed(self.superblock.id_table, count, 4, "ids")?;
        (0..count).map(|_| reader.u32()).collect()
    }

    fn read_fragments(&self) -> Result<Vec<(u64, u32)>, SquashfsError> {
        let count = u64::from(self.superblock.fragments);
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut reader = self.indexed(self.superblock.fragment_table, count, 16, "fragments")?;
        (0..count)
            .map(|_| {
                let start = reader.u64()?;
                let size = reader.u32()?;
                reader.u32()?;
                Ok((start, size))
            })
            .collect()
    }

    /// A reader at the first record of a table that is found through a list of pointers. The
    /// blocks of such a table lie one behind the other, so the first pointer is enough.
    fn indexed(
        &self,
        list: u64,
        count: u64,
        record: u64,
        part: &'static str,
    ) -> Result<metadata::Reader<'_>, SquashfsError> {
        // A table that can't fit into the image, however well it is compressed, is a lie.
        if count.saturating_mul(record) > self.superblock.bytes_used.saturating_mul(64) {
            return Err(self.damaged(part));
        }
        let first = self.u64_at(list)?;
        Ok(metadata::Reader::new(self, Position { block: first, offset: 0 }, part))
    }

    fn u64_at(&self, offset: u64) -> Result<u64, SquashfsError> {
        let mut bytes = [0; 8];
        self.read_at(&mut bytes, offset)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), FileError> {
        self.file.read_exact_at(bytes, offset).map_err(FileError::at(Action::Read, &self.path))
    }

    fn damaged(&self, part: &'static str) -> SquashfsError {
        SquashfsError::Damaged { path: self.path.clone(), part }
    }
}

#[cfg(test)]
mod tests {
    use super::SquashfsError;

    #[test]
    fn an_image_is_named_before_the_part_that_is_damaged() {
        let said = SquashfsError::Damaged { path: "IMAGE".into(), part: "ids" }.to_string();
        let (image, part) = (said.find("IMAGE"), said.find("ids"));
        assert!(image.is_some() && image < part, "{said}");
    }
}
