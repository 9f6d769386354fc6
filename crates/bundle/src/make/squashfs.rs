//! What of a new squashfs stands in an old one.
//!
//! A squashfs is compressed in blocks, each by itself: those of a file that has not changed are the same bytes
//! in both, wherever they are. Blocks that hold the ends of many files are the same where none of those changed.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use zshield_golden::Digest;

use super::pack::{self, PackedPart};
use crate::content::{LARGEST_PART, Piece, Stretch};
use crate::frame::Effort;

/// The old blocks by their content.
pub(super) type Blocks = HashMap<Digest, Range<u64>>;

/// The blocks of an old squashfs, found by their content.
pub(super) fn known(old: &File, blocks: &[Range<u64>]) -> io::Result<Blocks> {
    let digest = |block: &Range<u64>| Ok((Digest::of(&read(old, block)?), block.clone()));
    blocks.iter().map(digest).collect()
}

/// The pieces of the new squashfs, up to `end`.
pub(super) fn pieces(
    new: &File,
    blocks: &[Range<u64>],
    end: u64,
    known: &Blocks,
) -> io::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for block in blocks {
        let Some(old) = known.get(&Digest::of(&read(new, block)?)) else { continue };
        // Blocks that overlap are nothing that a builder writes, and are sent as they are.
        if block.start < at || block.end > end {
            continue;
        }
        push(&mut pieces, Piece::Literal(block.start - at));
        let length = block.end - block.start;
        push(&mut pieces, Piece::Copy(Stretch { at: old.start, length }));
        at = block.end;
    }
    push(&mut pieces, Piece::Literal(end - at));
    Ok(pieces)
}

/// Adds a piece, to the last one where it goes on with that.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Literal(0) | Piece::Copy(Stretch { length: 0, .. })) => {}
        (Some(Piece::Literal(before)), Piece::Literal(length)) => *before += length,
        (Some(Piece::Copy(before)), Piece::Copy(next)) if before.at + before.length == next.at => {
            before.length += next.length;
        }
        (_, piece) => pieces.push(piece),
    }
}

/// All that is not copied, packed.
pub(super) fn literals(new: &File, pieces: &[Piece]) -> io::Result<Vec<PackedPart>> {
    let (mut parts, mut bytes, mut at) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        let end = at + piece.length();
        if matches!(piece, Piece::Literal(_)) {
            while at < end {
                let room = LARGEST_PART - bytes.len() as u64;
                let next = end.min(at + room);
                bytes.extend(read(new, &(at..next))?);
                at = next;
                if bytes.len() as u64 == LARGEST_PART {
                    parts.extend(pack::parts(&bytes, Effort::Low)?);
                    bytes.clear();
                }
            }
        }
        at = end;
    }
    parts.extend(pack::parts(&bytes, Effort::Low)?);
    Ok(parts)
}

fn read(file: &File, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}
