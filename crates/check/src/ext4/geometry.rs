//! Where a filesystem has its inodes: what the superblock and the descriptions of groups say.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::bytes::{u16_at, u32_at};
use super::error::Ext4Error;

/// The superblock begins here, whatever the block size.
const SUPERBLOCK: u64 = 1024;
const MAGIC: u16 = 0xef53;

/// Features that leave inodes, extents and directories as they are read here: file types, a journal to
/// be replayed (what is mounted has one), extents, 64 bits, multiple mount protection, flexible
/// groups, checksum seed, large directories.
const KNOWN: u32 = 0x63c6;
const BITS_64: u32 = 0x80;
/// Among those that forbid writing: whether groups say how much of their tables was never used.
const GROUP_CHECKSUM: u32 = 0x10;
const METADATA_CHECKSUM: u32 = 0x400;
/// A group's flag: no inode of it was ever used.
const INODE_UNINIT: u16 = 0x1;

/// What the superblock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) block: u64,
    pub(super) blocks: u64,
    pub(super) inode: u64,
    inodes_per_group: u64,
    groups: u64,
    first: u64,
    descriptor: u64,
    lazy: bool,
    uuid: [u8; 16],
}

/// The part of a group's inode table that was ever used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The number of its first inode.
    pub(super) first: u32,
    /// Where it is, in bytes.
    pub(super) at: u64,
    /// Its length in bytes.
    pub(super) length: u64,
}

impl Geometry {
    pub(super) fn read(device: &File) -> Result<Self, Ext4Error> {
        let mut superblock = [0; 1024];
        device.read_exact_at(&mut superblock, SUPERBLOCK)?;
        Self::of(&superblock)
    }

    fn of(superblock: &[u8]) -> Result<Self, Ext4Error> {
        let word = |at| u32_at(superblock, at);
        let short = |at| u64::from(u16_at(superblock, at));
        if u16_at(superblock, 0x38) != MAGIC {
            return Err(Ext4Error::None);
        }
        let (incompatible, read_only) = (word(0x60), word(0x64));
        if incompatible & !KNOWN != 0 {
            return Err(Ext4Error::Feature(incompatible & !KNOWN));
        }
        let long = incompatible & BITS_64 != 0;
        let high = if long { u64::from(word(0x150)) << 32 } else { 0 };
        let mut geometry = Self {
            block: 1024u64.checked_shl(word(0x18)).unwrap_or(0),
            blocks: high | u64::from(word(0x04)),
            inode: short(0x58),
            inodes_per_group: u64::from(word(0x28)),
            groups: 0,
            first: u64::from(word(0x14)),
            descriptor: if long { short(0xfe) } else { 32 },
            lazy: read_only & (GROUP_CHECKSUM | METADATA_CHECKSUM) != 0,
            uuid: superblock[0x68..0x78].try_into().unwrap_or_default(),
        };
        let per_group = u64::from(word(0x20));
        let sound = (1024..=65536).contains(&geometry.block)
            && (1..=geometry.block * 8).contains(&per_group)
            && (1..=geometry.block * 8).contains(&geometry.inodes_per_group)
            && (128..=geometry.block).contains(&geometry.inode)
            && geometry.inode.is_power_of_two()
            && geometry.first < geometry.blocks
            && geometry.blocks <= u64::from(u32::MAX) << 8
            && (32..=1024).contains(&geometry.descriptor)
            && geometry.descriptor.is_power_of_two();
        if !sound {
            return Err(Ext4Error::Geometry);
        }
        geometry.groups = (geometry.blocks - geometry.first).div_ceil(per_group);
        // As many as their numbers can count, and no more than the superblock says.
        if geometry.groups * geometry.inodes_per_group != u64::from(word(0x00)) {
            return Err(Ext4Error::Geometry);
        }
        Ok(geometry)
    }

    /// The used part of each group's inode table.
    pub(super) fn tables(&self, device: &File) -> Result<Vec<Table>, Ext4Error> {
        let mut tables = Vec::new();
        let per_block = self.block / self.descriptor;
        let mut block = vec![0; usize::try_from(self.block).unwrap_or(0)];
        for group in 0..self.groups {
            if group % per_block == 0 {
                device
                    .read_exact_at(&mut block, (self.first + 1 + group / per_block) * self.block)?;
            }
            let at = usize::try_from(group % per_block * self.descriptor).unwrap_or(0);
            tables.extend(self.table(group, &block[at..])?);
        }
        Ok(tables)
    }

    fn table(&self, group: u64, described: &[u8]) -> Result<Option<Table>, Ext4Error> {
        let long = self.descriptor >= 64;
        let high = |at| if long { u64::from(u32_at(described, at)) << 32 } else { 0 };
        let unused_high = if long { u64::from(u16_at(described, 0x32)) << 16 } else { 0 };
        let unused = match (self.lazy, u16_at(described, 0x12) & INODE_UNINIT != 0) {
            (false, _) => 0,
            (true, true) => self.inodes_per_group,
            (true, false) => u64::from(u16_at(described, 0x1c)) | unused_high,
        };
        let used = self.inodes_per_group.checked_sub(unused).ok_or(Ext4Error::Geometry)?;
        if used == 0 {
            return Ok(None);
        }
        let start = u64::from(u32_at(described, 8)) | high(0x28);
        let length = used * self.inode;
        if start == 0 || start.saturating_add(length.div_ceil(self.block)) > self.blocks {
            return Err(Ext4Error::Geometry);
        }
        let first = u32::try_from(group * self.inodes_per_group + 1);
        let first = first.map_err(|_| Ext4Error::Geometry)?;
        Ok(Some(Table { first, at: start * self.block, length }))
    }
}
