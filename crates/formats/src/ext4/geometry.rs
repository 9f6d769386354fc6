//! Where a filesystem has its inodes: what the superblock and the descriptions of groups say.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::bytes::{u16_at, u32_at};
use super::error::Ext4Error;
use super::superblock::{NoSuperblock, SUPERBLOCK_SIZE, SUPERBLOCK_START, Superblock};

/// Features that leave inodes, extents and directories as they are read here: file types, a journal to
/// be replayed (what is mounted has one), extents, 64 bits, multiple mount protection, flexible
/// groups, checksum seed, large directories.
const KNOWN: u32 = 0x63c6;
/// A group's flag: no inode of it was ever used.
const INODE_UNINIT: u16 = 0x1;

/// What the superblock says of it.
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
pub struct Table {
    /// The number of its first inode.
    pub first: u32,
    /// Where it is, in bytes.
    pub at: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl Geometry {
    pub(super) fn read(device: &File) -> Result<Self, Ext4Error> {
        let mut superblock = [0; SUPERBLOCK_SIZE];
        device.read_exact_at(&mut superblock, SUPERBLOCK_START)?;
        Self::of(&Superblock::decode(&superblock).map_err(|NoSuperblock| Ext4Error::None)?)
    }

    fn of(superblock: &Superblock) -> Result<Self, Ext4Error> {
        let unknown = superblock.incompatible & !KNOWN;
        if unknown != 0 {
            return Err(Ext4Error::Feature(unknown));
        }
        let Superblock { block, blocks, inode, inodes_per_group, .. } = *superblock;
        let sound = superblock.is_sound()
            && (1..=block * 8).contains(&inodes_per_group)
            && (128..=block).contains(&inode)
            && inode.is_power_of_two()
            // As many as their numbers can count, and no more than the superblock says.
            && superblock.groups() * inodes_per_group == superblock.inodes;
        if !sound {
            return Err(Ext4Error::Geometry);
        }
        Ok(Self {
            block,
            blocks,
            inode,
            inodes_per_group,
            groups: superblock.groups(),
            first: superblock.first,
            descriptor: superblock.descriptor,
            lazy: superblock.is_lazy(),
            uuid: superblock.uuid,
        })
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
