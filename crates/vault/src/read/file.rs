//! The bytes of a file.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::contents::Contents;
use super::entry::{Entry, Kind};
use super::error::ReadError;
use crate::store::ObjectName;

/// A stretch of zeros is cut into parts of this length, for it is the least that a part may have.
const LEAST: usize = 512 << 10;

/// The bytes of a file: its parts, and where each ends.
#[derive(Debug)]
pub struct File {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    end: u64,
    name: ObjectName,
}

impl File {
    /// Of an entry that is a file; empty of one that is not. A part of unknown length makes all behind it unknown.
    pub fn new(contents: &Contents, entry: &Entry) -> Result<Self, ReadError> {
        let Kind::File(names) = &entry.kind else { return Ok(Self { parts: Vec::new() }) };
        let mut end = 0_u64;
        let parts = names.iter().map(|&name| {
            end += u64::from(contents.length(name).ok_or(ReadError::Unknown(name))?);
            Ok(Part { end, name })
        });
        Ok(Self { parts: parts.collect::<Result<_, ReadError>>()? })
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end)
    }

    /// The bytes of a range, as far as there are any.
    pub fn read(&self, contents: &Contents, range: Range<u64>) -> Result<Vec<u8>, ReadError> {
        let range = range.start..range.end.min(self.size());
        let length = range.end.saturating_sub(range.start);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        for (part, at) in self.within(range.start, range.end) {
            let content = contents.data(part.name)?;
            let from = usize::try_from(range.start.saturating_sub(at)).unwrap_or(usize::MAX);
            let to = usize::try_from(range.end - at).unwrap_or(usize::MAX).min(content.len());
            bytes.extend_from_slice(content.get(from..to).ok_or(ReadError::Unknown(part.name))?);
        }
        Ok(bytes)
    }

    /// The parts that a range touches, each with its start.
    fn within(&self, from: u64, to: u64) -> impl Iterator<Item = (&Part, u64)> {
        let first = self.parts.partition_point(|part| part.end <= from);
        let start = |at: usize| at.checked_sub(1).map_or(0, |before| self.parts[before].end);
        let parts = self.parts[first..].iter().enumerate();
        parts.map(move |(at, part)| (part, start(first + at))).take_while(move |(_, at)| *at < to)
    }

    /// Where the first byte at or behind an offset is that may be other than zero.
    pub fn data_from(&self, offset: u64) -> Option<u64> {
        let zeros = zeros();
        let mut parts = self.within(offset, self.size());
        parts.find(|(part, _)| part.name != zeros).map(|(_, start)| start.max(offset))
    }

    /// Where the next stretch of zeros begins at or behind an offset; the end of the file is one.
    pub fn hole_from(&self, offset: u64) -> Option<u64> {
        if offset >= self.size() {
            return None;
        }
        let zeros = zeros();
        let mut parts = self.within(offset, self.size());
        let hole = parts.find(|(part, _)| part.name == zeros);
        Some(hole.map_or(self.size(), |(_, start)| start.max(offset)))
    }

    /// How many bytes are in parts that are not all zeros.
    pub fn occupied(&self) -> u64 {
        let zeros = self.parts.iter().filter(|part| part.name == zeros()).count() as u64;
        self.size() - zeros * LEAST as u64
    }

    /// The names of its parts, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = ObjectName> + '_ {
        self.parts.iter().map(|part| part.name)
    }
}

/// The name of a part that is all zeros.
fn zeros() -> ObjectName {
    use std::sync::OnceLock;
    static ZEROS: OnceLock<ObjectName> = OnceLock::new();
    *ZEROS.get_or_init(|| ObjectName::new(Sha256::digest(vec![0; LEAST]).into()))
}
