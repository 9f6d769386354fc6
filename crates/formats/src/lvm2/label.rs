//! The label by which LVM knows a physical volume.

use std::ops::Range;

use super::{number, sum};

/// The label is in one of so many bytes from the beginning of a physical volume.
pub const LABEL_SIZE: usize = 4 * SECTOR;
const SECTOR: usize = 512;
/// More than any metadata area of LVM's: one of its own making ends at 1 MiB.
const FARTHEST: u64 = 64 << 20;

const MAGIC: &[u8] = b"LABELONE";

/// Whether LVM takes a device that begins with these bytes for a physical volume, whatever else its
/// label says: in one of the first four sectors (`lib/label/label.c`).
pub fn is_physical(bytes: &[u8]) -> bool {
    sectors(bytes).any(|(_, sector)| sector.starts_with(MAGIC))
}

/// The sectors that a label may be in, and their numbers.
fn sectors(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (0u64..).zip(bytes.chunks_exact(SECTOR).take(LABEL_SIZE / SECTOR))
}

/// What is read of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    id: String,
    area: Range<u64>,
}

impl Label {
    /// The label that is in these bytes, the first of a device; nothing where LVM finds none, or
    /// none with a metadata area.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        sectors(bytes).find_map(|(number, sector)| Self::in_sector(number, sector))
    }

    fn in_sector(sector_number: u64, sector: &[u8]) -> Option<Self> {
        let right = sector.starts_with(MAGIC)
            && u64::from_le_bytes(number(sector, 8)?) == sector_number
            && u32::from_le_bytes(number(sector, 16)?) == sum(&sector[20..])
            && sector[24..].starts_with(b"LVM2 001");
        let header = sector.get(u32::from_le_bytes(number(sector, 20)?) as usize..)?;
        // Two lists of areas, each ended by one that begins at 0: for data, and for metadata.
        let mut areas = header.get(40..)?.chunks_exact(16).map(|area| {
            Some((u64::from_le_bytes(number(area, 0)?), u64::from_le_bytes(number(area, 8)?)))
        });
        areas.find(|area| matches!(area, Some((0, _)) | None))?;
        let (start, size) = areas.next()??;
        let end = start.checked_add(size).filter(|end| *end <= FARTHEST)?;
        let id = shown(header.get(..32)?)?;
        (right && start >= LABEL_SIZE as u64).then_some(Self { id, area: start..end })
    }

    /// The bytes of the physical volume that its metadata is in.
    pub const fn area(&self) -> &Range<u64> {
        &self.area
    }

    /// The id of the physical volume, as it stands in a text.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// An id with the hyphens that it is shown with.
fn shown(id: &[u8]) -> Option<String> {
    let id = std::str::from_utf8(id).ok().filter(|id| id.bytes().all(|c| c.is_ascii_graphic()))?;
    let parts =
        [&id[..6], &id[6..10], &id[10..14], &id[14..18], &id[18..22], &id[22..26], &id[26..]];
    Some(parts.join("-"))
}
