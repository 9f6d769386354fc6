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

use crate::bits::Bits;
use crate::buffer::Buffer;

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

/// The superblock begins here, whatever the block size.
const SUPERBLOCK: usize = 1024;
const MAGIC: u16 = 0xef53;

/// Features that leave block bitmaps as they are: file types, extents, 64 bits, multiple mount
/// protection, flexible groups, inodes for attributes, checksum seed, large directories, inline data,
/// encryption, folded names.
const INCOMPATIBLE: u32 = 0x3_e7c2;
const NEEDS_RECOVERY: u32 = 0x4;
const BITS_64: u32 = 0x80;
const CHECKSUM_SEED: u32 = 0x2000;
/// Likewise, among those that forbid writing: all but `bigalloc`, and those that nobody knows yet.
const READ_ONLY_COMPATIBLE: u32 = 0x1_b57b;
const SPARSE_SUPER: u32 = 0x1;
const GROUP_CHECKSUM: u32 = 0x10;
const METADATA_CHECKSUM: u32 = 0x400;
const SPARSE_SUPER_2: u32 = 0x200;
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
        if layout.blocks > device / layout.block {
            return Err(NotTrusted::Geometry);
        }
        let mut used = Bits::new(layout.blocks);
        let descriptors = layout.descriptors(snapshot)?;
        // Where GRUB's or nobody's blocks lie, before the first group.
        mark(&mut used, 0, layout.first);
        for (number, group) in (0..).zip(&descriptors) {
            mark(&mut used, group.block_bitmap, 1);
            mark(&mut used, group.inode_bitmap, 1);
            mark(&mut used, group.inode_table, layout.inode_table);
            if layout.has_superblock(number) {
                mark(&mut used, layout.start(number), 1 + layout.table + layout.reserved);
            }
            if !group.uninitialised {
                layout.mark_bitmap(snapshot, number, group, &mut used)?;
            }
        }
        Ok(Self { used, block: layout.block, blocks: layout.blocks })
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

/// What the superblock says.
struct Layout {
    block: u64,
    blocks: u64,
    first: u64,
    per_group: u64,
    /// Blocks of each group's inode table.
    inode_table: u64,
    /// Blocks of the group descriptors, and those kept free for more.
    table: u64,
    reserved: u64,
    descriptor: usize,
    backups: Backups,
    /// What checksums begin with, where there are any.
    seed: Option<u32>,
    /// Whether a group may say that its bitmap was never written.
    lazy: bool,
}

/// Which groups have a copy of the superblock.
enum Backups {
    All,
    Powers,
    Two([u32; 2]),
}

/// A group's description.
struct Group {
    block_bitmap: u64,
    inode_bitmap: u64,
    inode_table: u64,
    uninitialised: bool,
    checksum: u32,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap_or_default())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default())
}

/// Whether a superblock that is found the same again later says that nothing was written to its
/// filesystem: it is whole, and nothing is left to replay or to mend. The kernel and e2fsck do that
/// before they say so in the superblock.
pub fn is_at_rest(superblock: &[u8; 1024]) -> bool {
    let word = |at| u32_at(superblock, at);
    let (read_only, last_orphan) = (word(0x64), word(0xe8));
    let is_checked = read_only & METADATA_CHECKSUM != 0;
    is_checked
        && read_only & ORPHANS_PRESENT == 0
        && last_orphan == 0
        && Layout::of(superblock).is_ok()
}

/// Whether a superblock is what its own checksum says, where it has one.
fn is_whole(superblock: &[u8]) -> bool {
    /// The checksum's kind: CRC32C.
    const KIND: u8 = 1;
    u32_at(superblock, 0x64) & METADATA_CHECKSUM == 0
        || superblock[0x175] == KIND
            && u32_at(superblock, 0x3fc) == crc(u32::MAX, &superblock[..0x3fc])
}

/// ext4's CRC32C, which is not inverted at either end.
fn crc(seed: u32, bytes: &[u8]) -> u32 {
    !crc32c::crc32c_append(!seed, bytes)
}

impl Layout {
    fn read(snapshot: &File) -> Result<Self, NotTrusted> {
        let mut buffer = Buffer::new(4096);
        let start = buffer.first(4096);
        snapshot.read_exact_at(start, 0)?;
        Self::of(&start[SUPERBLOCK..SUPERBLOCK + 1024])
    }

    fn of(superblock: &[u8]) -> Result<Self, NotTrusted> {
        let (short, word) = (|at| u16_at(superblock, at), |at| u32_at(superblock, at));
        if short(0x38) != MAGIC {
            return Err(NotTrusted::NotExt4);
        }
        if !is_whole(superblock) {
            return Err(NotTrusted::Superblock);
        }
        let (compatible, incompatible, read_only) = (word(0x5c), word(0x60), word(0x64));
        if incompatible & NEEDS_RECOVERY != 0 || short(0x3a) & 1 == 0 {
            return Err(NotTrusted::NotClean);
        }
        if short(0x3a) & 2 != 0 {
            return Err(NotTrusted::Errors);
        }
        let unknown = incompatible & !INCOMPATIBLE | read_only & !READ_ONLY_COMPATIBLE;
        if unknown != 0 {
            return Err(NotTrusted::Feature(unknown));
        }
        let long = incompatible & BITS_64 != 0;
        let block = 1024u64.checked_shl(word(0x18)).unwrap_or(0);
        let high = if long { u64::from(word(0x150)) << 32 } else { 0 };
        let blocks = high | u64::from(word(0x04));
        let (first, per_group) = (u64::from(word(0x14)), u64::from(word(0x20)));
        let descriptor = if long { usize::from(short(0xfe)) } else { 32 };
        let sound = (1024..=65536).contains(&block)
            && per_group > 0
            && per_group <= block * 8
            && first < blocks
            && blocks <= u64::from(u32::MAX) << 8
            && matches!(descriptor, 32..=1024)
            && descriptor.is_power_of_two();
        if !sound {
            return Err(NotTrusted::Geometry);
        }
        let groups = (blocks - first).div_ceil(per_group);
        let inodes = u64::from(word(0x28)) * u64::from(short(0x58));
        // A table larger than the filesystem would be marked for every group, and never end.
        if inodes.div_ceil(block) > blocks {
            return Err(NotTrusted::Geometry);
        }
        let seed = match incompatible & CHECKSUM_SEED {
            0 => crc(u32::MAX, &superblock[0x68..0x78]),
            _ => word(0x270),
        };
        let backups = if compatible & SPARSE_SUPER_2 != 0 {
            Backups::Two([word(0x24c), word(0x250)])
        } else if read_only & SPARSE_SUPER != 0 {
            Backups::Powers
        } else {
            Backups::All
        };
        Ok(Self {
            block,
            blocks,
            first,
            per_group,
            inode_table: inodes.div_ceil(block),
            table: (groups * descriptor as u64).div_ceil(block),
            reserved: u64::from(short(0xce)),
            descriptor,
            backups,
            seed: (read_only & METADATA_CHECKSUM != 0).then_some(seed),
            lazy: read_only & (METADATA_CHECKSUM | GROUP_CHECKSUM) != 0,
        })
    }

    const fn start(&self, group: u64) -> u64 {
        self.first + group * self.per_group
    }

    fn has_superblock(&self, group: u64) -> bool {
        let power = |base: u64| {
            let mut power = base;
            while power < group {
                power *= base;
            }
            power == group
        };
        match self.backups {
            _ if group == 0 => true,
            Backups::All => true,
            Backups::Powers => group == 1 || [3, 5, 7].into_iter().any(power),
            Backups::Two(groups) => groups.iter().any(|&one| u64::from(one) == group),
        }
    }

    /// The descriptions of all groups, which lie behind the superblock.
    fn descriptors(&self, snapshot: &File) -> Result<Vec<Group>, NotTrusted> {
        let groups = (self.blocks - self.first).div_ceil(self.per_group);
        let mut found = Vec::new();
        let per_block = self.block / self.descriptor as u64;
        let length = usize::try_from(self.block.max(4096)).unwrap_or(4096);
        let mut buffer = Buffer::new(length * 2);
        for number in 0..groups {
            let block = self.first + 1 + number / per_block;
            let bytes = self.block_at(snapshot, block, &mut buffer)?;
            let at = usize::try_from(number % per_block).unwrap_or(0) * self.descriptor;
            found.push(self.group(number, &bytes[at..at + self.descriptor])?);
        }
        Ok(found)
    }

    fn group(&self, number: u64, bytes: &[u8]) -> Result<Group, NotTrusted> {
        if let Some(seed) = self.seed {
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
            uninitialised: self.lazy && u16_at(bytes, 0x12) & BLOCK_UNINIT != 0,
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
        if group.block_bitmap >= self.blocks {
            return Err(NotTrusted::Geometry);
        }
        let length = usize::try_from(self.block.max(4096)).unwrap_or(4096);
        let mut buffer = Buffer::new(length * 2);
        let bitmap = self.block_at(snapshot, group.block_bitmap, &mut buffer)?;
        if let Some(seed) = self.seed {
            let covered = usize::try_from(self.per_group / 8).unwrap_or(0);
            let sum = crc(seed, &bitmap[..covered]);
            let known = if self.descriptor >= 64 { u32::MAX } else { 0xffff };
            if sum & known != group.checksum {
                return Err(NotTrusted::Checksum(number));
            }
        }
        let start = self.start(number);
        let blocks = self.per_group.min(self.blocks - start);
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
        buffer: &'b mut Buffer,
    ) -> Result<&'b [u8], NotTrusted> {
        let at = block * self.block;
        let aligned = at / 4096 * 4096;
        let size = usize::try_from(self.block).unwrap_or(4096);
        let offset = usize::try_from(at - aligned).unwrap_or(0);
        let bytes = buffer.first((offset + size).next_multiple_of(4096));
        snapshot.read_exact_at(bytes, aligned)?;
        Ok(&bytes[offset..offset + size])
    }
}
