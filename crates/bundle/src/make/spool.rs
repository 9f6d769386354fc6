//! Where packed parts wait until the index is known, and the file that comes of it all.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};

use zshield_golden::Digest;

use super::MakeError;
use super::pack::{Packed, PackedPart};
use crate::container::{Layout, SIGNATURE_ROOM};
use crate::content::{Content, Part, Piece, Squashfs, Way};
use crate::head::{Head, Hook, IndexRecord, Payload, Space, Terms};
use crate::index::{Index, LARGEST, LARGEST_STORED};
use crate::refusal::Refusal;

/// Parts that are packed, and their index.
pub struct Spool {
    file: File,
    index: Index,
}

impl Spool {
    /// An empty one in this file, which is of no use to anybody else.
    pub fn new(file: File) -> Self {
        Self { file, index: Index::default() }
    }

    /// The index so far.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Adds a content, unless it is there.
    pub fn add(&mut self, packed: Packed) -> Result<(), MakeError> {
        if self.index.content(&packed.blake3).is_some() {
            return Ok(());
        }
        let mut ways = Vec::new();
        for way in packed.ways {
            ways.push(Way { base: way.base, parts: self.write_parts(way.parts)? });
        }
        Ok(self.index.push(Content { blake3: packed.blake3, size: packed.size, ways })?)
    }

    pub(super) fn add_squashfs(
        &mut self,
        base: Option<Digest>,
        pieces: Vec<Piece>,
        parts: Vec<PackedPart>,
    ) -> Result<(), MakeError> {
        let parts = self.write_parts(parts)?;
        Ok(self.index.push_squashfs(Squashfs { base, pieces, parts })?)
    }

    fn write_parts(&mut self, parts: Vec<PackedPart>) -> Result<Vec<Part>, MakeError> {
        let mut written = Vec::new();
        for PackedPart { size, stored, base } in parts {
            self.file.write_all(&stored).map_err(MakeError::Spool)?;
            let blake3 = Digest::of(&stored);
            written.push(Part { size, stored: stored.len() as u64, blake3, at: 0, base });
        }
        Ok(written)
    }

    /// Writes the bundle, unsigned. What writing fails with is the caller's to name.
    pub fn finish(
        mut self,
        terms: Terms,
        space: Space,
        hooks: Vec<Hook>,
        payload: Payload,
        out: &mut impl Write,
    ) -> Result<Head, MakeError> {
        let (stored, size) = self.index.write().map_err(MakeError::Spool)?;
        if size > LARGEST || stored.len() as u64 > LARGEST_STORED {
            return Err(Refusal::Malformed { reason: "the index's length".into() }.into());
        }
        let record = IndexRecord { stored: stored.len() as u64, size, blake3: Digest::of(&stored) };
        let head = Head::new(terms, space, hooks, payload, record, self.index.parts());
        let bytes = head.to_bytes().map_err(|error| MakeError::Spool(error.into()))?;
        // Whatever reads it would refuse it.
        Head::parse(&bytes)?;
        let layout = Layout::new(bytes.len() as u64)
            .ok_or_else(|| Refusal::Malformed { reason: "the head's length".into() })?;
        let written = (|| {
            out.write_all(&layout.prelude())?;
            out.write_all(&bytes)?;
            out.write_all(&[0; SIGNATURE_ROOM as usize])?;
            out.write_all(&stored)?;
            self.file.seek(SeekFrom::Start(0))?;
            io::copy(&mut self.file, out)
        })();
        written.map_err(MakeError::Spool)?;
        Ok(head)
    }
}
