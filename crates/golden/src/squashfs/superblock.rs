//! The first 96 bytes of an image.

/// Bytes of a superblock.
pub(super) const LENGTH: usize = 96;
const ZSTD: u16 = 6;
/// In a table's place: there is none.
pub(super) const NO_TABLE: u64 = u64::MAX;

pub(super) struct Superblock {
    pub(super) inodes: u32,
    pub(super) block_size: u32,
    pub(super) fragments: u32,
    compression: u16,
    pub(super) ids: u16,
    /// Block and offset of the root directory's inode, packed.
    pub(super) root: u64,
    pub(super) bytes_used: u64,
    pub(super) id_table: u64,
    pub(super) xattr_table: u64,
    pub(super) inode_table: u64,
    pub(super) directory_table: u64,
    pub(super) fragment_table: u64,
}

impl Superblock {
    /// `None` if this is no squashfs 4.0.
    pub(super) fn parse(block: &[u8; LENGTH]) -> Option<Self> {
        let u16_at = |at: usize| u16::from_le_bytes([block[at], block[at + 1]]);
        let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        let block_size = u32_at(12);
        let sound = block.starts_with(b"hsqs")
            && (u16_at(28), u16_at(30)) == (4, 0)
            && block_size.is_power_of_two()
            && (4096..=1 << 20).contains(&block_size);
        sound.then(|| Self {
            inodes: u32_at(4),
            block_size,
            fragments: u32_at(16),
            compression: u16_at(20),
            ids: u16_at(26),
            root: u64_at(32),
            bytes_used: u64_at(40),
            id_table: u64_at(48),
            xattr_table: u64_at(56),
            inode_table: u64_at(64),
            directory_table: u64_at(72),
            fragment_table: u64_at(80),
        })
    }

    pub(super) fn is_zstd(&self) -> bool {
        self.compression == ZSTD
    }
}
