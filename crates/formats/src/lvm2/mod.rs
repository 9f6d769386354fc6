//! What an LVM physical volume says of its group, and what it said before.
//!
//! Each change of a group is written to every physical volume of it: a text that describes the
//! whole group into a ring, behind the text before; then a header of one sector that points to it.
//! LVM flushes neither before the other. A disk that loses its power in between may have kept the
//! header and lost the text, and where all of them have, there is no group: LVM reads nothing but
//! what the header points to.
//!
//! Every text before was made durable before the next was begun, so the newest whole one is what
//! the group was before that change. Pointing the headers to it undoes the change: one sector on
//! each disk, and a cut in between leaves a group that LVM reads.
//!
//! The format is LVM's own (`lib/label/label.h`, `lib/format_text/layout.h`), unchanged since 2.00.

mod area;
mod label;
mod text;

pub use area::{AreaState, HEADER_SIZE, PreviousMetadata, roll_back};
pub use label::{LABEL_SIZE, Label, is_physical};

/// LVM's sum: a CRC-32 that begins with this, and is not inverted in the end
/// (`lib/misc/crc.c`).
fn sum(bytes: &[u8]) -> u32 {
    const BEGIN: u32 = 0xf597_a6cf;
    let mut hasher = crc32fast::Hasher::new_with_initial(!BEGIN);
    hasher.update(bytes);
    !hasher.finalize()
}

/// A number of so many bytes, the lowest first; nothing where they are not there.
fn number<const SIZE: usize>(bytes: &[u8], at: usize) -> Option<[u8; SIZE]> {
    bytes.get(at..)?.first_chunk().copied()
}
