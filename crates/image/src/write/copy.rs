//! What is written, in which order, and the proof that it is there.

use std::io;

use super::WriteError;
use super::source::{HEAD, Source};

/// Bytes written or read at a time.
const CHUNK: u64 = 1 << 20;
/// The grain at which zeros are told from data.
const GRAIN: usize = 64 << 10;
/// What a stretch of zeros is compared with, as a whole: byte by byte takes longer than a stick.
static ZEROS: [u8; GRAIN] = [0; GRAIN];

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The image goes to the medium.
    Write,
    /// It is read back and compared.
    Compare,
}

/// How much there was to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes that were written.
    pub data: u64,
    /// Bytes that were made zero.
    pub zeros: u64,
    /// Bytes behind the image, and between it and the second partition table, left alone.
    pub untouched: u64,
}

/// Something that an image can be written to.
pub trait Target {
    /// Its length in bytes.
    fn capacity(&self) -> u64;
    /// Writes all of these bytes.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes a stretch zero, whatever was there.
    fn zero(&mut self, offset: u64, length: u64) -> io::Result<()>;
    /// Returns when all that was written is on the medium.
    fn sync(&mut self) -> io::Result<()>;
    /// Reads from the medium itself, past any cache.
    fn read_back(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

/// Writes the image and reads it back.
///
/// Zeros in the image are part of it (a filesystem has blocks of them that it relies on), so they
/// are made on the medium too. Behind the last partition nothing is written but the second copy
/// of the partition table, which belongs to the end of the medium.
pub fn copy(
    source: &Source,
    target: &mut dyn Target,
    progress: &dyn Fn(Stage, u64),
) -> Result<Written, WriteError> {
    let tables = source.tables_for(target.capacity())?;
    let writing = |offset: u64| move |source| WriteError::Write { offset, source };
    let body = HEAD..source.end_of_partitions();
    let behind = target.capacity() - tables.tail_offset;

    // Neither the old system nor half of the new one may be booted from here on.
    target.zero(0, HEAD).map_err(writing(0))?;
    target.zero(tables.tail_offset, behind).map_err(writing(tables.tail_offset))?;
    target.sync().map_err(writing(0))?;

    let mut written = Written { untouched: tables.tail_offset - body.end, ..Written::default() };
    each_chunk(body.clone(), |offset, length| {
        let bytes = source.read(offset, length).map_err(|error| source.lost(error))?;
        for (start, length, zero) in stretches(&bytes) {
            let at = offset + start as u64;
            if zero {
                target.zero(at, length as u64).map_err(writing(at))?;
                written.zeros += length as u64;
            } else {
                target.write_at(&bytes[start..start + length], at).map_err(writing(at))?;
                written.data += length as u64;
            }
        }
        progress(Stage::Write, bytes.len() as u64);
        Ok(())
    })?;
    target.write_at(&tables.tail, tables.tail_offset).map_err(writing(tables.tail_offset))?;
    target.sync().map_err(writing(body.end))?;

    each_chunk(body, |offset, length| {
        let bytes = source.read(offset, length).map_err(|error| source.lost(error))?;
        compare(target, &bytes, offset)?;
        progress(Stage::Compare, bytes.len() as u64);
        Ok(())
    })?;
    compare(target, &tables.tail, tables.tail_offset)?;

    target.write_at(&tables.head, 0).map_err(writing(0))?;
    target.sync().map_err(writing(0))?;
    compare(target, &tables.head, 0)?;
    written.data += (tables.head.len() + tables.tail.len()) as u64;
    progress(Stage::Compare, HEAD);
    Ok(written)
}

fn each_chunk(
    range: std::ops::Range<u64>,
    mut each: impl FnMut(u64, u64) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let mut offset = range.start;
    while offset < range.end {
        let length = CHUNK.min(range.end - offset);
        each(offset, length)?;
        offset += length;
    }
    Ok(())
}

/// Start and length of each stretch of zeros or of data, and whether it is zeros.
fn stretches(bytes: &[u8]) -> Vec<(usize, usize, bool)> {
    let mut found: Vec<(usize, usize, bool)> = Vec::new();
    for (number, grain) in bytes.chunks(GRAIN).enumerate() {
        let zero = *grain == ZEROS[..grain.len()];
        match found.last_mut() {
            Some((_, length, same)) if *same == zero => *length += grain.len(),
            _ => found.push((number * GRAIN, grain.len(), zero)),
        }
    }
    found
}

fn compare(target: &mut dyn Target, wanted: &[u8], offset: u64) -> Result<(), WriteError> {
    let mut found = vec![0; wanted.len()];
    target
        .read_back(&mut found, offset)
        .map_err(|source| WriteError::ReadBack { offset, source })?;
    if found == wanted {
        return Ok(());
    }
    let at = wanted.iter().zip(&found).take_while(|(one, other)| one == other).count();
    Err(WriteError::Differs { offset: offset + at as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_told_from_data_at_the_grain() {
        let mut bytes = vec![0; 3 * GRAIN + 10];
        assert_eq!(stretches(&bytes), [(0, bytes.len(), true)]);
        bytes[GRAIN] = 1;
        let rest = GRAIN + 10;
        let wanted = [(0, GRAIN, true), (GRAIN, GRAIN, false), (2 * GRAIN, rest, true)];
        assert_eq!(stretches(&bytes), wanted);
        assert_eq!(stretches(&[]), []);
    }
}
