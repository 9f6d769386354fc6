//! Every name in an image, in the manifest's order.

use std::collections::HashSet;

use super::inode::{DirectoryData, Inode, InodeKind};
use super::metadata::Reader;
use super::{Squashfs, SquashfsError};
use crate::path::EntryPath;

const PART: &str = "directories";
/// The most names that one header of a listing counts.
const LONGEST_RUN: u32 = 256;

/// Yields every name with its inode: the root first, then directory by directory, ascending.
pub struct Walk<'a> {
    image: &'a Squashfs,
    /// Names still to come, the next one last.
    ahead: Vec<(EntryPath, u64)>,
    /// Directories met: a second name of one would be a loop.
    directories: HashSet<u32>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(image: &'a Squashfs) -> Result<Self, SquashfsError> {
        let ahead = vec![(EntryPath::root(), image.superblock.root)];
        let walk = Self { image, ahead, directories: HashSet::new() };
        match image.inode(image.superblock.root)?.kind {
            InodeKind::Directory(_) => Ok(walk),
            _ => Err(image.damaged(PART)),
        }
    }

    fn advance(&mut self, path: &EntryPath, reference: u64) -> Result<Inode, SquashfsError> {
        let inode = self.image.inode(reference)?;
        if let InodeKind::Directory(data) = &inode.kind {
            if !self.directories.insert(inode.number) {
                return Err(self.image.damaged(PART));
            }
            let mut names = self.image.listing(path, data)?;
            names.sort_by(|(one, _), (other, _)| other.cmp(one));
            self.ahead.extend(names);
        }
        Ok(inode)
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<(EntryPath, Inode), SquashfsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (path, reference) = self.ahead.pop()?;
        let inode = self.advance(&path, reference);
        if inode.is_err() {
            self.ahead.clear();
        }
        Some(inode.map(|inode| (path, inode)))
    }
}

impl Squashfs {
    fn listing(
        &self,
        directory: &EntryPath,
        data: &DirectoryData,
    ) -> Result<Vec<(EntryPath, u64)>, SquashfsError> {
        let mut names = Vec::new();
        let mut reader = Reader::new(self, data.position, PART);
        let mut left = data.length;
        while left > 0 {
            let count = reader.u32()?.saturating_add(1);
            let block = u64::from(reader.u32()?);
            reader.u32()?; // inode number that the entries' are relative to
            if count > LONGEST_RUN {
                return Err(reader.damaged());
            }
            left = left.checked_sub(12).ok_or_else(|| reader.damaged())?;
            for _ in 0..count {
                let offset = u64::from(reader.u16()?);
                reader.u16()?; // relative inode number
                reader.u16()?; // kind
                let length = usize::from(reader.u16()?) + 1;
                let name = reader.bytes(length)?;
                let path = directory.join(&name).map_err(|_| reader.damaged())?;
                names.push((path, block << 16 | offset));
                left = left.checked_sub(8 + length as u64).ok_or_else(|| reader.damaged())?;
            }
        }
        Ok(names)
    }
}
