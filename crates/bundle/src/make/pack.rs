//! One content is packed: cut into parts, each by itself or over a stretch of an older content.

use std::io;

use zshield_golden::Digest;

use crate::content::{Base, LARGEST_BASE, LARGEST_PART, Stretch};
use crate::frame::{self, Effort};

/// A content that is packed in every way that there is.
#[derive(Debug)]
pub struct Packed {
    pub(super) blake3: Digest,
    pub(super) size: u64,
    pub(super) ways: Vec<PackedWay>,
}

#[derive(Debug)]
pub(super) struct PackedWay {
    pub(super) base: Option<Base>,
    pub(super) parts: Vec<PackedPart>,
}

#[derive(Debug)]
pub(super) struct PackedPart {
    pub(super) size: u64,
    pub(super) stored: Vec<u8>,
    pub(super) base: Option<Stretch>,
}

impl Packed {
    /// A content that is packed whole.
    pub fn whole(bytes: &[u8]) -> io::Result<Self> {
        let ways = vec![PackedWay::whole(bytes)?];
        Ok(Self { blake3: Digest::of(bytes), size: bytes.len() as u64, ways })
    }

    /// Its digest.
    pub fn blake3(&self) -> Digest {
        self.blake3
    }
}

impl PackedWay {
    pub(super) fn whole(bytes: &[u8]) -> io::Result<Self> {
        Ok(Self { base: None, parts: parts(bytes, Effort::High)? })
    }

    /// The content as a patch of another one.
    pub(super) fn patch(bytes: &[u8], base: Base, old: &[u8]) -> io::Result<Self> {
        let pack = |(at, part): (u64, &[u8])| {
            let stretch = stretch(at, part.len() as u64, old.len() as u64);
            let over = stretch.range().and_then(|range| {
                old.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
            });
            let stored = frame::pack(part, over.unwrap_or_default(), Effort::High)?;
            Ok(PackedPart { size: part.len() as u64, stored, base: Some(stretch) })
        };
        let parts = cut(bytes).map(pack).collect::<io::Result<_>>()?;
        Ok(Self { base: Some(base), parts })
    }

    pub(super) fn stored(&self) -> u64 {
        self.parts.iter().map(|part| part.stored.len() as u64).sum()
    }
}

/// Parts that are whole.
pub(super) fn parts(bytes: &[u8], effort: Effort) -> io::Result<Vec<PackedPart>> {
    let pack = |(_, part): (u64, &[u8])| {
        let stored = frame::pack(part, &[], effort)?;
        Ok(PackedPart { size: part.len() as u64, stored, base: None })
    };
    cut(bytes).map(pack).collect()
}

/// The parts of a content, with their places in it.
fn cut(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (0..).step_by(LARGEST_PART as usize).zip(bytes.chunks(LARGEST_PART as usize))
}

/// What of an old content a part is a patch of: all of it, or what lies around its own place.
fn stretch(at: u64, part: u64, old: u64) -> Stretch {
    if old <= LARGEST_BASE {
        return Stretch { at: 0, length: old };
    }
    let before = (LARGEST_BASE - part) / 2;
    Stretch { at: at.saturating_sub(before).min(old - LARGEST_BASE), length: LARGEST_BASE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_a_patch_of_what_lies_around_its_place() {
        const MIB: u64 = 1 << 20;
        for (at, old, expected) in [
            (0, 5, (0, 5)),
            (16, 24, (0, 24)),
            (0, 100, (0, 24)),
            (32, 100, (28, 24)),
            (96, 100, (76, 24)),
            (64, 30, (6, 24)),
        ] {
            let found = stretch(at * MIB, 16 * MIB, old * MIB);
            assert_eq!((found.at / MIB, found.length / MIB), expected, "{at} of {old}");
        }
    }
}
