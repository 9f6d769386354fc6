//! One inode as it stands in a table.

use rustix::fs::FileType;
use zshield_units::UnixTime;

use super::bytes::{u16_at, u32_at};

/// An inode's flags.
const IMMUTABLE: u32 = 0x10;
const APPEND_ONLY: u32 = 0x20;
const EXTENTS: u32 = 0x8_0000;

/// The bytes of an inode.
#[derive(Clone, Copy, Debug)]
pub struct Inode<'a>(&'a [u8]);

impl<'a> Inode<'a> {
    /// The inode in these bytes of a table; what lies behind their end is taken for 0.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether it is a file's at all.
    pub fn is_used(self) -> bool {
        self.mode() != 0 && self.links() != 0
    }

    /// Type and permissions, as `stat` tells them.
    pub fn mode(self) -> u16 {
        u16_at(self.0, 0)
    }

    fn flags(self) -> u32 {
        u32_at(self.0, 0x20)
    }

    fn kind(self) -> FileType {
        FileType::from_raw_mode(self.mode().into())
    }

    /// Its size in bytes.
    pub fn size(self) -> u64 {
        u64::from(u32_at(self.0, 0x6c)) << 32 | u64::from(u32_at(self.0, 4))
    }

    /// Whether blocks are named in its map in another way than by extents.
    pub(super) fn has_old_map(self) -> bool {
        let is_short = self.size() <= self.map().len() as u64;
        match self.kind() {
            _ if self.has_extents() => false,
            FileType::RegularFile | FileType::Directory => self.size() > 0,
            FileType::Symlink => !is_short,
            _ => false,
        }
    }

    pub(super) fn has_extents(self) -> bool {
        self.flags() & EXTENTS != 0
    }

    /// Where its blocks are named; of a short symbolic link, where it leads.
    pub(super) fn map(self) -> &'a [u8] {
        self.0.get(0x28..0x64).unwrap_or_default()
    }

    /// The block with those extended attributes that have no room in it.
    pub(super) fn attributes(self) -> u64 {
        u64::from(u16_at(self.0, 0x76)) << 32 | u64::from(u32_at(self.0, 0x68))
    }

    /// Whether another reading of it is the same, but for the time of last access, which says
    /// nothing, and the checksum over it.
    pub fn is_as(self, other: Self) -> bool {
        // The time's seconds, both halves of the checksum, the time's fraction.
        const PASSED_OVER: [std::ops::Range<usize>; 4] =
            [0x08..0x0c, 0x7c..0x7e, 0x82..0x84, 0x8c..0x90];
        let mut start = 0;
        for range in PASSED_OVER {
            let (end, next) = (range.start.min(self.0.len()), range.end.min(self.0.len()));
            if self.0.get(start..end) != other.0.get(start..end) {
                return false;
            }
            start = next;
        }
        self.0.get(start..) == other.0.get(start..)
    }

    /// The user that owns it.
    pub fn uid(self) -> u32 {
        self.halves(0x02, 0x78)
    }

    /// The group that owns it.
    pub fn gid(self) -> u32 {
        self.halves(0x18, 0x7a)
    }

    fn halves(self, low: usize, high: usize) -> u32 {
        u32::from(u16_at(self.0, high)) << 16 | u32::from(u16_at(self.0, low))
    }

    /// When its content changed, in seconds since 1970.
    pub fn mtime(self) -> UnixTime {
        // How much of an inode beyond its first 128 bytes is in use.
        let extra = if self.0.len() > 0x82 { u16_at(self.0, 0x80) } else { 0 };
        let epoch = if extra >= 0xc { i64::from(u32_at(self.0, 0x88) & 3) } else { 0 };
        UnixTime(i64::from(u32_at(self.0, 0x10).cast_signed()) + (epoch << 32))
    }

    /// How many names it has.
    pub fn links(self) -> u16 {
        u16_at(self.0, 0x1a)
    }

    /// Whether it is immutable, or can only be appended to.
    pub fn is_locked(self) -> bool {
        self.flags() & (IMMUTABLE | APPEND_ONLY) != 0
    }

    /// Of a device: its major and minor numbers, in the old form or in the new one. 0 of others.
    pub fn device(self) -> (u32, u32) {
        if !matches!(self.kind(), FileType::CharacterDevice | FileType::BlockDevice) {
            return (0, 0);
        }
        match (u32_at(self.map(), 0), u32_at(self.map(), 4)) {
            (0, new) => ((new & 0xf_ff00) >> 8, new & 0xff | new >> 12 & 0xf_ff00),
            (old, _) => (old >> 8 & 0xff, old & 0xff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An inode of 256 bytes with these little-endian words.
    fn inode(words: &[(usize, u32)]) -> [u8; 256] {
        let mut bytes = [0; 256];
        for (at, word) in words {
            bytes[*at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn times_after_2038_and_before_1970_are_read() {
        let mtime = |words: &[(usize, u32)]| Inode(&inode(words)).mtime().0;
        assert_eq!(mtime(&[(0x10, 7)]), 7);
        assert_eq!(mtime(&[(0x10, u32::MAX)]), -1);
        let extra = (0x80, 0x20);
        assert_eq!(mtime(&[(0x10, 7), extra, (0x88, 1)]), 7 + (1 << 32));
        assert_eq!(mtime(&[(0x10, u32::MAX), extra, (0x88, 1)]), i64::from(u32::MAX));
    }

    #[test]
    fn only_access_time_and_checksum_are_passed_over() {
        let plain = inode(&[]);
        for at in (0..256).step_by(2) {
            let mut other = plain;
            other[at] = 1;
            let passed_over = matches!(at, 0x08..0x0c | 0x7c..0x7e | 0x82..0x84 | 0x8c..0x90);
            assert_eq!(Inode(&plain).is_as(Inode(&other)), passed_over, "{at:#x}");
        }
        let (short, plain) = ([0; 128], [0; 128]);
        assert!(Inode(&short).is_as(Inode(&plain)));
    }
}
