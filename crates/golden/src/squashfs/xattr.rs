//! Extended attributes, stored once for all files that have the same ones.

use std::collections::BTreeMap;

use super::metadata::{Position, Reader};
use super::superblock::NO_TABLE;
use super::{Squashfs, SquashfsError};
use crate::xattrs;

const PART: &str = "xattrs";
/// In a key's type: the value stands elsewhere, and here is where.
const OUT_OF_LINE: u16 = 0x100;
/// The most bytes that Linux takes as a value, and as the list of one file's names.
const LARGEST: u32 = 64 << 10;

/// A set of attributes: where its keys and values begin, and how many there are.
#[derive(Clone, Copy)]
struct Set {
    position: Position,
    count: u32,
}

/// Where the sets are.
pub(super) struct Table {
    /// Where keys and values begin.
    values: u64,
    sets: Vec<Set>,
}

impl Table {
    /// `None` if no file of the image has any.
    pub(super) fn read(image: &Squashfs) -> Result<Option<Self>, SquashfsError> {
        let start = image.superblock.xattr_table;
        if start == NO_TABLE {
            return Ok(None);
        }
        let values = image.u64_at(start)?;
        let count = image.u64_at(start.saturating_add(8))? & u64::from(u32::MAX);
        let mut sets = Vec::new();
        if count > 0 {
            let mut reader = image.indexed(start.saturating_add(16), count, 16, PART)?;
            for _ in 0..count {
                let position = Position::of_reference(values, reader.u64()?);
                let count = reader.u32()?;
                reader.u32()?; // bytes
                sets.push(Set { position, count });
            }
        }
        Ok(Some(Self { values, sets }))
    }
}

impl Squashfs {
    /// The attributes of the set with this number.
    pub(super) fn xattrs(&self, set: u32) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, SquashfsError> {
        let table = self.xattrs.as_ref().ok_or_else(|| self.damaged(PART))?;
        let set = table.sets.get(set as usize).ok_or_else(|| self.damaged(PART))?;
        let mut reader = Reader::new(self, set.position, PART);
        let mut found = BTreeMap::new();
        for _ in 0..set.count {
            let tag = reader.u16()?;
            let length = reader.u16()?;
            let prefix: &[u8] = match tag & !OUT_OF_LINE {
                0 => b"user.",
                1 => b"trusted.",
                2 => b"security.",
                _ => return Err(self.damaged(PART)),
            };
            let name = xattrs::of_stored([prefix, &reader.bytes(usize::from(length))?].concat());
            let value = if tag & OUT_OF_LINE == 0 {
                value(&mut reader)?
            } else {
                reader.u32()?; // bytes of the reference
                let position = Position::of_reference(table.values, reader.u64()?);
                value(&mut Reader::new(self, position, PART))?
            };
            if found.insert(name, value).is_some() {
                return Err(self.damaged(PART));
            }
        }
        Ok(found)
    }
}

fn value(reader: &mut Reader<'_>) -> Result<Vec<u8>, SquashfsError> {
    let length = reader.u32()?;
    if length > LARGEST {
        return Err(reader.damaged());
    }
    reader.bytes(length as usize)
}
