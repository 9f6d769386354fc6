//! The superblock: one decoder for whoever reads a filesystem.
//!
//! It says what the superblock holds, and does not judge it: which features are known and which
//! states will do depends on what is read next.

use super::bytes::{u16_at, u32_at};

/// Where the superblock begins, in bytes, whatever the block size.
pub const SUPERBLOCK_START: u64 = 1024;
/// Its length in bytes.
pub const SUPERBLOCK_SIZE: usize = 1024;

const MAGIC: u16 = 0xef53;
const BITS_64: u32 = 0x80;
const CHECKSUM_SEED: u32 = 0x2000;
const METADATA_CHECKSUM: u32 = 0x400;
const GROUP_CHECKSUM: u32 = 0x10;
const SPARSE_SUPER: u32 = 0x1;
const SPARSE_SUPER_2: u32 = 0x200;
/// A descriptor of a group where there are no 64 bits, in bytes.
const SHORT_DESCRIPTOR: u64 = 32;
/// The state's bits: it was unmounted, and damage was seen.
const UNMOUNTED: u16 = 1;
const DAMAGED: u16 = 2;

/// These bytes are no superblock of ext2, ext3 or ext4, or not all of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoSuperblock;

/// What a superblock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Superblock {
    /// Whether its checksum is right, where it has one.
    pub(super) is_intact: bool,
    /// Bits of features: compatible, incompatible, and compatible for reading only.
    pub(super) compatible: u32,
    pub(super) incompatible: u32,
    pub(super) read_only: u32,
    state: u16,
    /// The size of a block in bytes; 0 where it says none.
    pub(super) block: u64,
    /// How many blocks there are, and which is the first of the first group.
    pub(super) blocks: u64,
    pub(super) first: u64,
    pub(super) blocks_per_group: u64,
    /// How many blocks are free, as far as they were counted when it was last written.
    pub(super) free: u64,
    /// How many inodes there are in all, and in each group; and the size of one in bytes.
    pub(super) inodes: u64,
    pub(super) inodes_per_group: u64,
    pub(super) inode: u64,
    /// The size of a group's descriptor in bytes.
    pub(super) descriptor: u64,
    /// The blocks that are kept free for more descriptors.
    pub(super) reserved: u64,
    /// The first inode of the list of those that were deleted while open; 0 for none.
    pub(super) last_orphan: u32,
    pub(super) uuid: [u8; 16],
    checksum_seed: u32,
    backups: Backups,
}

/// Which groups have a copy of the superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Backups {
    All,
    Powers,
    Two([u32; 2]),
}

/// ext4's CRC32C, which is not inverted at either end.
pub(super) fn crc(seed: u32, bytes: &[u8]) -> u32 {
    !crc32c::crc32c_append(!seed, bytes)
}

impl Superblock {
    /// Decodes the first [`SUPERBLOCK_SIZE`] of these bytes.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NoSuperblock> {
        let bytes: &[u8; SUPERBLOCK_SIZE] = bytes.first_chunk().ok_or(NoSuperblock)?;
        let (short, word) = (|at| u16_at(bytes, at), |at| u32_at(bytes, at));
        if short(0x38) != MAGIC {
            return Err(NoSuperblock);
        }
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&bytes[0x68..0x78]);
        let (compatible, incompatible, read_only) = (word(0x5c), word(0x60), word(0x64));
        let long = incompatible & BITS_64 != 0;
        let high = if long { u64::from(word(0x150)) << 32 } else { 0 };
        let seeded = incompatible & CHECKSUM_SEED != 0;
        Ok(Self {
            is_intact: is_intact(bytes),
            compatible,
            incompatible,
            read_only,
            state: short(0x3a),
            block: 1024u64.checked_shl(word(0x18)).unwrap_or(0),
            blocks: high | u64::from(word(0x04)),
            first: u64::from(word(0x14)),
            free: if long { u64::from(word(0x158)) << 32 } else { 0 } | u64::from(word(0x0c)),
            blocks_per_group: u64::from(word(0x20)),
            inodes: u64::from(word(0x00)),
            inodes_per_group: u64::from(word(0x28)),
            inode: u64::from(short(0x58)),
            descriptor: if long { u64::from(short(0xfe)) } else { SHORT_DESCRIPTOR },
            reserved: u64::from(short(0xce)),
            last_orphan: word(0xe8),
            uuid,
            checksum_seed: if seeded { word(0x270) } else { crc(u32::MAX, &uuid) },
            backups: if compatible & SPARSE_SUPER_2 != 0 {
                Backups::Two([word(0x24c), word(0x250)])
            } else if read_only & SPARSE_SUPER != 0 {
                Backups::Powers
            } else {
                Backups::All
            },
        })
    }

    /// Whether its numbers can be those of a filesystem, as far as every reader needs them.
    pub(super) fn is_sound(&self) -> bool {
        (1024..=65536).contains(&self.block)
            && (1..=self.block * 8).contains(&self.blocks_per_group)
            && self.first < self.blocks
            && self.blocks <= u64::from(u32::MAX) << 8
            && (32..=1024).contains(&self.descriptor)
            && self.descriptor.is_power_of_two()
    }

    /// Whether it was unmounted.
    pub(super) const fn was_unmounted(&self) -> bool {
        self.state & UNMOUNTED != 0
    }

    /// Whether the kernel or e2fsck has seen damage.
    pub(super) const fn is_damaged(&self) -> bool {
        self.state & DAMAGED != 0
    }

    /// How many groups there are, of a sound one.
    pub(super) const fn groups(&self) -> u64 {
        (self.blocks - self.first).div_ceil(self.blocks_per_group)
    }

    /// What checksums of metadata begin with, where there are any.
    pub(super) fn seed(&self) -> Option<u32> {
        self.has_checksums().then_some(self.checksum_seed)
    }

    /// Whether the metadata has checksums.
    pub(super) const fn has_checksums(&self) -> bool {
        self.read_only & METADATA_CHECKSUM != 0
    }

    /// Whether a group may say that its bitmap or its table was never written.
    pub(super) const fn is_lazy(&self) -> bool {
        self.read_only & (METADATA_CHECKSUM | GROUP_CHECKSUM) != 0
    }

    /// Whether a group has a copy of the superblock.
    pub(super) fn has_copy(&self, group: u64) -> bool {
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
}

/// How large a filesystem is, and how much of it was free when its superblock was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// All of it, in bytes.
    pub size: u64,
    /// What is free, in bytes.
    pub free: u64,
}

/// That of a filesystem with this superblock; nothing where these bytes are none, or one that the kernel would not
/// mount as it is.
pub fn room(superblock: &[u8]) -> Option<Room> {
    let decoded = Superblock::decode(superblock).ok()?;
    let usable = decoded.is_intact && decoded.is_sound() && !decoded.is_damaged();
    let bytes = |blocks: u64| blocks.saturating_mul(decoded.block);
    usable.then(|| Room {
        size: bytes(decoded.blocks),
        free: bytes(decoded.free.min(decoded.blocks)),
    })
}

/// Whether a superblock is what its own checksum says, where it has one.
fn is_intact(bytes: &[u8; SUPERBLOCK_SIZE]) -> bool {
    /// The checksum's kind: CRC32C.
    const KIND: u8 = 1;
    u32_at(bytes, 0x64) & METADATA_CHECKSUM == 0
        || bytes[0x175] == KIND && u32_at(bytes, 0x3fc) == crc(u32::MAX, &bytes[..0x3fc])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Nothing but the magic, and 64 bits.
    fn superblock() -> [u8; SUPERBLOCK_SIZE] {
        let mut bytes = [0; SUPERBLOCK_SIZE];
        bytes[0x38..0x3a].copy_from_slice(&MAGIC.to_le_bytes());
        bytes[0x60] = 0x80;
        bytes
    }

    #[test]
    fn what_is_short_or_has_no_magic_is_an_error() {
        let whole = superblock();
        assert!(Superblock::decode(&whole).is_ok());
        for length in 0..SUPERBLOCK_SIZE {
            assert_eq!(Superblock::decode(&whole[..length]), Err(NoSuperblock), "{length}");
        }
        assert_eq!(Superblock::decode(&[0; SUPERBLOCK_SIZE]), Err(NoSuperblock));
    }

    #[test]
    fn what_says_nothing_of_its_size_is_not_sound() {
        let decoded = Superblock::decode(&superblock()).unwrap();
        assert!(decoded.is_intact && !decoded.was_unmounted() && !decoded.is_sound());
        let mut bytes = superblock();
        // A block size beyond what can be counted.
        bytes[0x18..0x1c].fill(0xff);
        assert_eq!(Superblock::decode(&bytes).unwrap().block, 0);
    }

    #[test]
    fn room_is_told_of_a_filesystem_that_can_be_mounted() {
        let mut bytes = superblock();
        let mut put =
            |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        put(0x04, 1000);
        put(0x0c, 400);
        put(0x18, 2);
        put(0x20, 32768);
        put(0x14, 0);
        bytes[0xfe] = 64;
        assert_eq!(room(&bytes), Some(Room { size: 1000 << 12, free: 400 << 12 }));
        // More than all of it is free: nobody can have counted that.
        bytes[0x0c..0x10].fill(0xff);
        assert_eq!(room(&bytes), Some(Room { size: 1000 << 12, free: 1000 << 12 }));
        bytes[0x3a] = 2;
        assert_eq!(room(&bytes), None);
        assert_eq!(room(&[0; SUPERBLOCK_SIZE]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(rest in prop::collection::vec(any::<u8>(), 0..SUPERBLOCK_SIZE + 8)) {
            let mut bytes = rest;
            if let Some(magic) = bytes.get_mut(0x38..0x3a) {
                magic.copy_from_slice(&MAGIC.to_le_bytes());
            }
            if let Ok(decoded) = Superblock::decode(&bytes) && decoded.is_sound() {
                prop_assert!(decoded.groups() > 0);
                decoded.has_copy(u64::MAX >> 4);
            }
            prop_assert!(room(&bytes).is_none_or(|room| room.free <= room.size));
        }
    }
}
