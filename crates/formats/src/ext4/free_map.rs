//! Which blocks were free when the snapshot was taken.
//!
//! Source of the format: `Documentation/filesystems/ext4` of Linux. LVM freezes a mounted ext4
//! while it takes a snapshot, so that the snapshot's own block bitmaps can be trusted: what was
//! free there need not be copied back. Where anything is in doubt there is no map, and everything
//! is copied.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use zshield_messages::say;

use super::bytes::{u16_at, u32_at};
use super::superblock::{NoSuperblock, Superblock, crc};
use crate::bits::Bits;
use crate::buffer::AlignedBuffer;

/// Why a filesystem's map of free blocks is not relied upon.
#[derive(Debug, thiserror::Error)]
pub enum NotTrusted {
    /// It can't be read.
    #[error("{}", say::cow::read_origin())]
    Read(#[from] io::Error),
    /// It is no ext4.
    #[error("{}", say::cow::not_ext4())]
    NotExt4,
    /// Its journal is to be replayed, or it was not unmounted.
    #[error("{}", say::cow::not_clean())]
    NotClean,
    /// It is marked as damaged.
    #[error("{}", say::cow::has_errors())]
    Errors,
    /// It has a feature that could give its bitmaps another meaning.
    #[error("{}", say::cow::unknown_feature(format!("{:#x}", .0)))]
    Feature(u32),
    /// Its numbers don't fit together.
    #[error("{}", say::cow::bad_geometry())]
    Geometry,
    /// Its superblock is not what its checksum says.
    #[error("{}", say::cow::bad_superblock())]
    Superblock,
    /// A group's description or bitmap is not what its checksum says.
    #[error("{}", say::cow::bad_checksum(.0))]
    Checksum(u64),
}

/// Features that leave block bitmaps as they are: file types, extents, 64 bits, multiple mount
/// protection, flexible groups, inodes for attributes, checksum seed, large directories, inline data,
/// encryption, folded names.
const INCOMPATIBLE: u32 = 0x3_e7c2;
const NEEDS_RECOVERY: u32 = 0x4;
/// Likewise, among those that forbid writing: all but `bigalloc`, and those that nobody knows yet.
const READ_ONLY_COMPATIBLE: u32 = 0x1_b57b;
const ORPHANS_PRESENT: u32 = 0x1_0000;
/// A group's flag: its bitmap was never written, and only what describes groups lies in it.
const BLOCK_UNINIT: u16 = 0x2;

/// The blocks that were in use.
#[derive(Debug)]
pub struct FreeMap {
    used: Bits,
    block: u64,
    blocks: u64,
}

impl FreeMap {
    /// Reads the map of the filesystem on a snapshot's device; its handle may have `O_DIRECT`.
    pub fn read(snapshot: &File) -> Result<Self, NotTrusted> {
        let layout = Layout::read(snapshot)?;
        let device = (&*snapshot).seek(SeekFrom::End(0))?;
        let Superblock { block, blocks, first, reserved, .. } = layout.superblock;
        if blocks > device / block {
            return Err(NotTrusted::Geometry);
        }
        let mut used = Bits::new(blocks);
        let descriptors = layout.descriptors(snapshot)?;
        // Where GRUB's or nobody's blocks lie, before the first group.
        mark(&mut used, 0, first);
        for (number, group) in (0..).zip(&descriptors) {
            mark(&mut used, group.block_bitmap, 1);
            mark(&mut used, group.inode_bitmap, 1);
            mark(&mut used, group.inode_table, layout.inode_table);
            if layout.superblock.has_copy(number) {
                mark(&mut used, layout.start(number), 1 + layout.table + reserved);
            }
            if !group.uninitialised {
                layout.mark_bitmap(snapshot, number, group, &mut used)?;
            }
        }
        Ok(Self { used, block, blocks })
    }

    /// Whether every block in a range of bytes was free. What lies behind the filesystem's end is
    /// not.
    pub fn is_free(&self, at: u64, length: u64) -> bool {
        let end = (at + length).div_ceil(self.block);
        end <= self.blocks && (at / self.block..end).all(|block| !self.used.contains(block))
    }
}

fn mark(used: &mut Bits, first: u64, count: u64) {
    for block in first..first.saturating_add(count) {
        used.insert(block);
    }
}

/// Where a trusted filesystem has its blocks.
struct Layout {
    superblock: Superblock,
    /// Blocks of each group's inode table, and of the group descriptors.
    inode_table: u64,
    table: u64,
    descriptor: usize,
}

/// A group's description.
struct Group {
    block_bitmap: u64,
    inode_bitmap: u64,
    inode_table: u64,
    uninitialised: bool,
    checksum: u32,
}

/// Whether a superblock that is found the same again later says that nothing was written to its
/// filesystem: it is whole, and nothing is left to replay or to mend. The kernel and e2fsck do that
/// before they say so in the superblock. What is too short for one is none.
pub fn is_at_rest(superblock: &[u8]) -> bool {
    Superblock::decode(superblock).is_ok_and(|decoded| {
        decoded.has_checksums()
            && decoded.read_only & ORPHANS_PRESENT == 0
            && decoded.last_orphan == 0
            && Layout::of(decoded).is_ok()
    })
}

impl Layout {
    fn read(snapshot: &File) -> Result<Self, NotTrusted> {
        let mut buffer = AlignedBuffer::new(4096);
        let start = buffer.first(4096);
        snapshot.read_exact_at(start, 0)?;
        let superblock = start.get(1024..).unwrap_or_default();
        Self::of(Superblock::decode(superblock).map_err(|NoSuperblock| NotTrusted::NotExt4)?)
    }

    fn of(superblock: Superblock) -> Result<Self, NotTrusted> {
        if !superblock.is_intact {
            return Err(NotTrusted::Superblock);
        }
        if superblock.incompatible & NEEDS_RECOVERY != 0 || !superblock.was_unmounted() {
            return Err(NotTrusted::NotClean);
        }
        if superblock.is_damaged() {
            return Err(NotTrusted::Errors);
        }
        let unknown =
            superblock.incompatible & !INCOMPATIBLE | superblock.read_only & !READ_ONLY_COMPATIBLE;
        if unknown != 0 {
            return Err(NotTrusted::Feature(unknown));
        }
        if !superblock.is_sound() {
            return Err(NotTrusted::Geometry);
        }
        let inode_table =
            (superblock.inodes_per_group * superblock.inode).div_ceil(superblock.block);
        // A table larger than the filesystem would be marked for every group, and never end.
        if inode_table > superblock.blocks {
            return Err(NotTrusted::Geometry);
        }
        Ok(Self {
            inode_table,
            table: (superblock.groups() * superblock.descriptor).div_ceil(superblock.block),
            descriptor: usize::try_from(superblock.descriptor).map_err(|_| NotTrusted::Geometry)?,
            superblock,
        })
    }

    const fn start(&self, group: u64) -> u64 {
        self.superblock.first + group * self.superblock.blocks_per_group
    }

    /// The descriptions of all groups, which lie behind the superblock.
    fn descriptors(&self, snapshot: &File) -> Result<Vec<Group>, NotTrusted> {
        let Superblock { block: size, first, descriptor, .. } = self.superblock;
        let mut found = Vec::new();
        let per_block = size / descriptor;
        let length = usize::try_from(size.max(4096)).unwrap_or(4096);
        let mut buffer = AlignedBuffer::new(length * 2);
        for number in 0..self.superblock.groups() {
            let block = first + 1 + number / per_block;
            let bytes = self.block_at(snapshot, block, &mut buffer)?;
            let at = usize::try_from(number % per_block).unwrap_or(0) * self.descriptor;
            found.push(self.group(number, &bytes[at..at + self.descriptor])?);
        }
        Ok(found)
    }

    fn group(&self, number: u64, bytes: &[u8]) -> Result<Group, NotTrusted> {
        if let Some(seed) = self.superblock.seed() {
            let index = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
            let sum = [&index[..], &bytes[..0x1e], &[0, 0], &bytes[0x20..]]
                .iter()
                .fold(seed, |sum, part| crc(sum, part));
            if sum & 0xffff != u32::from(u16_at(bytes, 0x1e)) {
                return Err(NotTrusted::Checksum(number));
            }
        }
        let long = self.descriptor >= 64;
        let high = |at| if long { u64::from(u32_at(bytes, at)) << 32 } else { 0 };
        let checksum_high = if long { u32::from(u16_at(bytes, 0x38)) << 16 } else { 0 };
        Ok(Group {
            block_bitmap: u64::from(u32_at(bytes, 0)) | high(0x20),
            inode_bitmap: u64::from(u32_at(bytes, 4)) | high(0x24),
            inode_table: u64::from(u32_at(bytes, 8)) | high(0x28),
            uninitialised: self.superblock.is_lazy() && u16_at(bytes, 0x12) & BLOCK_UNINIT != 0,
            checksum: u32::from(u16_at(bytes, 0x18)) | checksum_high,
        })
    }

    fn mark_bitmap(
        &self,
        snapshot: &File,
        number: u64,
        group: &Group,
        used: &mut Bits,
    ) -> Result<(), NotTrusted> {
        let Superblock { block: size, blocks, blocks_per_group, .. } = self.superblock;
        if group.block_bitmap >= blocks {
            return Err(NotTrusted::Geometry);
        }
        let length = usize::try_from(size.max(4096)).unwrap_or(4096);
        let mut buffer = AlignedBuffer::new(length * 2);
        let bitmap = self.block_at(snapshot, group.block_bitmap, &mut buffer)?;
        if let Some(seed) = self.superblock.seed() {
            let covered = usize::try_from(blocks_per_group / 8).unwrap_or(0);
            let sum = crc(seed, &bitmap[..covered]);
            let known = if self.descriptor >= 64 { u32::MAX } else { 0xffff };
            if sum & known != group.checksum {
                return Err(NotTrusted::Checksum(number));
            }
        }
        let start = self.start(number);
        let blocks = blocks_per_group.min(blocks - start);
        for index in 0..blocks {
            let byte = bitmap[usize::try_from(index / 8).unwrap_or(0)];
            if byte >> (index % 8) & 1 == 1 {
                used.insert(start + index);
            }
        }
        Ok(())
    }

    /// One block, read so that `O_DIRECT` can be used whatever the block size.
    fn block_at<'b>(
        &self,
        snapshot: &File,
        block: u64,
        buffer: &'b mut AlignedBuffer,
    ) -> Result<&'b [u8], NotTrusted> {
        let at = block * self.superblock.block;
        let aligned = at / 4096 * 4096;
        let size = usize::try_from(self.superblock.block).unwrap_or(4096);
        let offset = usize::try_from(at - aligned).unwrap_or(0);
        let bytes = buffer.first((offset + size).next_multiple_of(4096));
        snapshot.read_exact_at(bytes, aligned)?;
        Ok(&bytes[offset..offset + size])
    }
}
