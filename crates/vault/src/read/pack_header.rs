//! What a pack says at its end of what is in it.

use super::blob::{Blob, BlobKind};
use super::cipher::Cipher;
use super::error::{Fault, ReadError};
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, Stored};

/// The number at the very end: how long the sealed list before it is.
const LENGTH: u64 = 4;

/// The contents of a pack, by its own list.
pub(crate) fn read(
    store: &dyn ObjectStore,
    cipher: &Cipher,
    pack: &Stored,
) -> Result<Vec<Blob>, ReadError> {
    let object = Object { kind: ObjectKind::Pack, name: pack.name };
    let damaged = ReadError::damaged(object);
    let range = |from: u64, to: u64| {
        store.read_range(object, from..to).map_err(ReadError::of_store(object))
    };
    let end = pack.bytes.checked_sub(LENGTH).ok_or_else(|| damaged(Fault::Short))?;
    let length = range(end, pack.bytes)?;
    let length = length.first_chunk().ok_or_else(|| damaged(Fault::Short))?;
    let start = end.checked_sub(u64::from(u32::from_le_bytes(*length)));
    let start = start.ok_or_else(|| damaged(Fault::Form))?;
    let list = cipher.open(&range(start, end)?).map_err(&damaged)?;
    parse(&list).ok_or_else(|| damaged(Fault::Form))
}

/// The list of contents that lie one behind the other in a new pack.
pub(super) fn written(blobs: &[&Blob]) -> Vec<u8> {
    let mut list = Vec::new();
    for blob in blobs {
        let is_packed = blob.plain > 0;
        list.push(blob.kind.tag(is_packed));
        list.extend_from_slice(&blob.length.to_le_bytes());
        if is_packed {
            list.extend_from_slice(&blob.plain.to_le_bytes());
        }
        list.extend_from_slice(blob.id.name().bytes());
    }
    list
}

/// Contents lie one behind the other from the start, in the order of the list.
fn parse(mut list: &[u8]) -> Option<Vec<Blob>> {
    let mut blobs = Vec::new();
    let mut offset = 0_u32;
    while let Some((tag, rest)) = list.split_first() {
        list = rest;
        let kind = if tag & 1 == 0 { BlobKind::Data } else { BlobKind::Tree };
        let length = number(&mut list)?;
        let plain = match tag {
            0 | 1 => 0,
            2 | 3 => number(&mut list)?,
            _ => return None,
        };
        let (id, rest) = list.split_first_chunk()?;
        list = rest;
        blobs.push(Blob { id: ObjectName::new(*id).into(), kind, offset, length, plain });
        offset = offset.checked_add(length)?;
    }
    Some(blobs)
}

fn number(list: &mut &[u8]) -> Option<u32> {
    let (number, rest) = list.split_first_chunk()?;
    *list = rest;
    Some(u32::from_le_bytes(*number))
}
