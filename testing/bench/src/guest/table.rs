//! A store's table, as pairs of places: what no library offers, since nobody else writes one.
//! `zshield_formats::cow` documents the format.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::Result;
use zshield_formats::AlignedBuffer;

const EXCEPTION: u64 = 16;

/// A chunk of the origin, and the chunk of the store with what stood there.
pub(super) type Pair = (u64, u64);

/// The table of a store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) chunk: u64,
    pub(super) pairs: Vec<Pair>,
}

impl Table {
    /// Reads it through a handle that was opened with `O_DIRECT`.
    pub(super) fn read(store: &File) -> Result<Self> {
        let mut header = AlignedBuffer::new(4096);
        store.read_exact_at(header.first(4096), 0)?;
        let chunk = u64::from(u32::from_le_bytes(header.first(16)[12..].try_into()?)) * 512;
        let mut table = Self { chunk, pairs: Vec::new() };
        let length = usize::try_from(chunk)?;
        let mut area = AlignedBuffer::new(length);
        for number in 0u64.. {
            let bytes = area.first(length);
            store.read_exact_at(bytes, table.area(number) * chunk)?;
            for pair in bytes.chunks_exact(16) {
                let stored = u64::from_le_bytes(pair[8..].try_into()?);
                if stored == 0 {
                    return Ok(table);
                }
                table.pairs.push((u64::from_le_bytes(pair[..8].try_into()?), stored));
            }
        }
        Ok(table)
    }

    /// Writes it, and its end.
    pub(super) fn write(&self, store: &File) -> Result<()> {
        let length = usize::try_from(self.chunk)?;
        let mut area = AlignedBuffer::new(length);
        let per_area = usize::try_from(self.per_area())?;
        let whole = self.pairs.chunks(per_area);
        let ends_with_an_area = self.pairs.len().is_multiple_of(per_area);
        let end = ends_with_an_area.then_some(&[][..]);
        for (number, pairs) in (0..).zip(whole.chain(end)) {
            let bytes = area.first(length);
            bytes.fill(0);
            for (place, (origin, stored)) in bytes.chunks_exact_mut(16).zip(pairs) {
                place[..8].copy_from_slice(&origin.to_le_bytes());
                place[8..].copy_from_slice(&stored.to_le_bytes());
            }
            store.write_all_at(bytes, self.area(number) * self.chunk)?;
        }
        Ok(())
    }

    /// Whether a chunk of the store is the table's own.
    pub(super) const fn is_own(&self, chunk: u64) -> bool {
        chunk == 0 || (chunk - 1).is_multiple_of(self.per_area() + 1)
    }

    const fn per_area(&self) -> u64 {
        self.chunk / EXCEPTION
    }

    const fn area(&self, number: u64) -> u64 {
        1 + number * (self.per_area() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let chunk = 4096;
        let file = tempfile::tempfile().unwrap();
        file.set_len(4 << 20).unwrap();
        file.write_all_at(&8u32.to_le_bytes(), 12).unwrap();
        for count in [0, 1, 256, 300] {
            let pairs = (0..count).map(|number| (number * 3, number + 7)).collect();
            let table = Table { chunk, pairs };
            table.write(&file).unwrap();
            assert_eq!(Table::read(&file).unwrap(), table);
        }
        let table = Table { chunk, pairs: Vec::new() };
        assert!([0, 1, 258].into_iter().all(|chunk| table.is_own(chunk)) && !table.is_own(257));
    }
}
