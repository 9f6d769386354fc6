//! The metadata area: its header, and the ring of texts behind it.

use super::label::Label;
use super::text::Text;
use super::{number, sum};

/// The size of the header: a sector, and the texts begin at the next.
pub const HEADER_SIZE: usize = 512;
const MAGIC: &[u8] = b" LVM2 x[5A%r0N*>";
const VERSION: u32 = 1;
/// Where in the header it points to the text that holds, and to one that was to hold.
const CURRENT: usize = 40;
const POINTERS: usize = 2;
const POINTER_SIZE: usize = 24;
/// A pointer to an area that LVM is told not to use.
const IGNORED: u32 = 1;

/// What LVM reads in an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AreaState {
    /// Something, or that there is nothing to be read.
    Readable,
    /// A header that points to what is no text of its, and the text before that.
    Torn(PreviousMetadata),
    /// Nothing, and there is no text to go back to.
    Lost,
}

/// What an area can go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousMetadata {
    /// How often the group had been changed.
    pub seqno: u32,
    /// The header that points to it.
    pub header: Box<[u8; HEADER_SIZE]>,
}

/// Where a text is, as a header says it.
#[derive(Clone, Copy)]
struct Pointer {
    /// Bytes from the beginning of the area.
    offset: usize,
    size: usize,
    sum: u32,
    flags: u32,
}

impl AreaState {
    /// What LVM reads of a group in an area, given whole, of the physical volume with this label.
    pub fn of(area: &[u8], label: &Label, group: &str) -> Self {
        let Some(current) = current(area, label.area().start) else { return Self::Lost };
        if current.flags & IGNORED != 0 || (current.offset, current.size) == (0, 0) {
            return Self::Readable;
        }
        let ring = Ring::of(area);
        if ring.text(current).is_some_and(|text| sum(text) == current.sum) {
            return Self::Readable;
        }
        before(&ring, current, label, group).map_or(Self::Lost, |(seqno, pointer)| {
            Self::Torn(PreviousMetadata { seqno, header: pointing(area, pointer) })
        })
    }
}

/// What is set back on each of these physical volumes of a group: nothing where LVM reads one of
/// them, for it goes by that one. What comes behind such a one is not looked at.
pub fn roll_back<P>(found: impl IntoIterator<Item = (P, AreaState)>) -> Vec<(P, PreviousMetadata)> {
    let mut torn = Vec::new();
    for (physical, state) in found {
        match state {
            AreaState::Readable => return Vec::new(),
            AreaState::Torn(before) => torn.push((physical, before)),
            AreaState::Lost => {}
        }
    }
    torn
}

/// What the header of an area that begins at `start` points to, if it is one.
fn current(area: &[u8], start: u64) -> Option<Pointer> {
    let header = area.get(..HEADER_SIZE)?;
    let right = u32::from_le_bytes(number(header, 0)?) == sum(&header[4..])
        && header[4..].starts_with(MAGIC)
        && u32::from_le_bytes(number(header, 20)?) == VERSION
        && u64::from_le_bytes(number(header, 24)?) == start
        && u64::from_le_bytes(number(header, 32)?) == area.len() as u64;
    let pointer = Pointer {
        offset: usize::try_from(u64::from_le_bytes(number(header, CURRENT)?)).ok()?,
        size: usize::try_from(u64::from_le_bytes(number(header, CURRENT + 8)?)).ok()?,
        sum: u32::from_le_bytes(number(header, CURRENT + 16)?),
        flags: u32::from_le_bytes(number(header, CURRENT + 20)?),
    };
    right.then_some(pointer)
}

/// The newest whole text but the one that the header points to, with a pointer to it.
fn before(ring: &Ring, torn: Pointer, label: &Label, group: &str) -> Option<(u32, Pointer)> {
    let beginnings = (HEADER_SIZE..).step_by(512).take_while(|at| *at < ring.end);
    let whole = beginnings.filter(|at| *at != torn.offset).filter_map(|offset| {
        let text = Text::beginning(ring.from(offset)?, group, label.id())?;
        let pointer =
            Pointer { offset, size: text.bytes.len(), sum: sum(text.bytes), flags: torn.flags };
        Some((text.seqno, pointer))
    });
    whole.max_by_key(|(seqno, _)| *seqno)
}

/// The header of an area, pointing to another text and to none that was to hold.
fn pointing(area: &[u8], to: Pointer) -> Box<[u8; HEADER_SIZE]> {
    let mut header = Box::new([0; HEADER_SIZE]);
    header.copy_from_slice(&area[..HEADER_SIZE]);
    header[CURRENT..CURRENT + POINTERS * POINTER_SIZE].fill(0);
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(CURRENT, &(to.offset as u64).to_le_bytes());
    put(CURRENT + 8, &(to.size as u64).to_le_bytes());
    put(CURRENT + 16, &to.sum.to_le_bytes());
    put(CURRENT + 20, &to.flags.to_le_bytes());
    let sum = sum(&header[4..]);
    header[..4].copy_from_slice(&sum.to_le_bytes());
    header
}

/// The ring of texts: one that does not fit before the end goes on behind the header.
struct Ring {
    /// The ring twice, so that every text is in one piece.
    twice: Vec<u8>,
    /// Where the area ends.
    end: usize,
}

impl Ring {
    fn of(area: &[u8]) -> Self {
        let once = &area[HEADER_SIZE..];
        Self { twice: [once, once].concat(), end: area.len() }
    }

    /// A whole round from this offset in the area on.
    fn from(&self, offset: usize) -> Option<&[u8]> {
        let begin = offset.checked_sub(HEADER_SIZE).filter(|_| offset < self.end)?;
        self.twice.get(begin..begin + self.end - HEADER_SIZE)
    }

    /// The bytes that a header points to.
    fn text(&self, pointer: Pointer) -> Option<&[u8]> {
        self.from(pointer.offset)?.get(..pointer.size)
    }
}
