//! Contents that somebody makes when they are asked for, by digest and not by name: those of a bundle.

use std::error::Error;
use std::io::{self, Write};

use super::job::Job;
use super::writer::Writer;
use super::{Source, Task, UnpackError};
use crate::digest::Digest;

/// Why a content can't be had.
pub type ContentsError = Box<dyn Error + Send + Sync>;

/// Has contents. Several threads ask at once.
pub trait Contents: Sync {
    /// Writes the content with this digest and length. Nothing is believed: it is hashed as it comes,
    /// and what is longer is cut off with an error.
    fn write(&self, digest: &Digest, size: u64, to: &mut dyn Write) -> Result<(), ContentsError>;
}

/// Bytes looked at together: what is zeros in such a piece need not be written.
const PIECE: usize = 256 << 10;

/// Asks for a file's content.
pub(super) fn copy(task: Task<'_>, job: &Job, writer: &mut Writer<'_>) -> Result<(), UnpackError> {
    let Source::Contents(contents) = task.source else {
        return Err(UnpackError::Diverges { path: job.path.clone() });
    };
    if job.size == 0 {
        // Nobody need keep nothing.
        return Ok(());
    }
    let mut taker = Taker { task, job, left: job.size, writer, failure: None };
    let written = contents.write(&job.digest, job.size, &mut taker);
    match (taker.failure, written) {
        // Whoever wrote knows of it as an error of his own, or not at all.
        (Some(failure), _) => Err(failure),
        (None, Err(source)) => Err(UnpackError::Contents { path: job.path.clone(), source }),
        (None, Ok(())) => Ok(()),
    }
}

/// Takes a file's content.
struct Taker<'a, 'w> {
    task: Task<'a>,
    job: &'a Job,
    /// Bytes still to come.
    left: u64,
    writer: &'a mut Writer<'w>,
    failure: Option<UnpackError>,
}

impl Taker<'_, '_> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
        let length = bytes.len() as u64;
        let left = self.left.checked_sub(length);
        self.left = left.ok_or_else(|| UnpackError::Content { path: self.job.path.clone() })?;
        self.writer.bytes(bytes)?;
        (self.task.progress)(length);
        Ok(())
    }
}

impl Write for Taker<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        if self.failure.is_none() {
            self.failure = self.take(piece).err();
        }
        // What the error is stays here: whoever writes has to know no more than that there is one.
        if self.failure.is_some() { Err(io::ErrorKind::Other.into()) } else { Ok(piece.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
