//! The squashfs of the new Golden Image, put together from the old one's blocks and the bundle's parts.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use zshield_golden::slot::{self, Artifact, ArtifactRecord};
use zshield_golden::verity::{self, Verity};

use crate::content::{Piece, Squashfs, Stretch};
use crate::frame;
use crate::open::{Bundle, RestoreError};
use crate::source::Source;

/// How much is copied at a time.
const TAKEN: u64 = 1 << 20;

impl<S: Source> Bundle<S> {
    /// Puts `root.squashfs` together in the directory of the new slot: the pieces, then the hash tree, made
    /// again. It is then, bit for bit, what the new manifest's header says: its record and its `verity`.
    /// `old` is the squashfs that the way names as its base.
    pub fn rebuild_squashfs(
        &self,
        way: &Squashfs,
        old: Option<&dyn Source>,
        (record, verity): (&ArtifactRecord, &Verity),
        slot: &Path,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), RestoreError> {
        let differs = || RestoreError::Differs(record.blake3);
        let path = slot.join(Artifact::Squashfs.file_name());
        let length = way.pieces.iter().map(Piece::length).fold(0, u64::saturating_add);
        if record.name != Artifact::Squashfs || length != verity.hash_offset {
            return Err(differs());
        }
        let mut out = BufWriter::new(File::create(&path).map_err(RestoreError::Write)?);
        let mut literals = Literals { bundle: self, way, next: 0, part: Vec::new(), at: 0 };
        for piece in &way.pieces {
            match piece {
                Piece::Copy(stretch) => copy(*stretch, old, &mut out, progress)?,
                Piece::Literal(length) => literals.write(*length, &mut out, progress)?,
            }
        }
        out.flush().map_err(RestoreError::Write)?;
        drop(out);
        let made = verity::append(&path, verity.salt.clone(), &|_| {})?;
        if made != *verity {
            return Err(differs());
        }
        Ok(slot::check_artifact(slot, record, &|_| {})?)
    }
}

fn copy(
    stretch: Stretch,
    old: Option<&dyn Source>,
    out: &mut impl io::Write,
    progress: &dyn Fn(u64),
) -> Result<(), RestoreError> {
    let old = old.ok_or_else(|| RestoreError::Base(io::ErrorKind::NotFound.into()))?;
    let (mut at, mut left) = (stretch.at, stretch.length);
    while left > 0 {
        let now = left.min(TAKEN);
        let bytes = crate::source::read(old, at, now).map_err(RestoreError::Base)?;
        out.write_all(&bytes).map_err(RestoreError::Write)?;
        progress(now);
        (at, left) = (at.saturating_add(now), left - now);
    }
    Ok(())
}

/// The parts of a way, as one stream.
struct Literals<'a, S> {
    bundle: &'a Bundle<S>,
    way: &'a Squashfs,
    /// The part to be read next.
    next: usize,
    part: Vec<u8>,
    /// How much of the part is used up.
    at: usize,
}

impl<S: Source> Literals<'_, S> {
    fn write(
        &mut self,
        mut length: u64,
        out: &mut impl io::Write,
        progress: &dyn Fn(u64),
    ) -> Result<(), RestoreError> {
        while length > 0 {
            if self.at == self.part.len() {
                self.read_part()?;
            }
            let rest = &self.part[self.at..];
            let now = rest.len().min(usize::try_from(length).unwrap_or(usize::MAX));
            out.write_all(&rest[..now]).map_err(RestoreError::Write)?;
            progress(now as u64);
            self.at += now;
            length -= now as u64;
        }
        Ok(())
    }

    fn read_part(&mut self) -> Result<(), RestoreError> {
        let differs = || RestoreError::Differs(self.bundle.head().index.blake3);
        let part = self.way.parts.get(self.next).ok_or_else(differs)?;
        let stored = self.bundle.stored(part)?;
        self.part = frame::unpack(&stored, part.size, &[]).map_err(|_| differs())?;
        self.next += 1;
        self.at = 0;
        Ok(())
    }
}
