//! Contents of files: read, hashed and written by each worker.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};

use super::node::Creator;
use super::{Proof, Source, UnpackError};
use crate::digest::Digest;
use crate::digest::hash_zeros;
use crate::error::{Action, FileError, Progress};
use crate::manifest::Attributes;
use crate::path::EntryPath;
use crate::squashfs::{Decoder, FileData, Piece};

/// Bytes read at a time from a mounted image: two of its blocks.
const BUFFER: u64 = 256 << 10;
/// A stretch of zeros is left out of the file from this length on.
const HOLE: usize = 64 << 10;

/// A file to be made.
pub(super) struct Job {
    /// The directory that it comes into.
    pub(super) directory: Arc<OwnedFd>,
    pub(super) path: EntryPath,
    pub(super) attributes: Attributes,
    pub(super) size: u64,
    pub(super) digest: Digest,
    pub(super) content: Content,
}

/// Where its content is.
pub(super) enum Content {
    /// Under the same name in this directory.
    Mounted(Arc<OwnedFd>),
    /// In the image.
    Image(FileData),
}

/// What one thread needs.
pub(super) struct Worker<'a> {
    creator: &'a Creator,
    proof: Proof,
    progress: Progress<'a>,
    decoder: Option<Decoder<'a>>,
    buffer: Vec<u8>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        source: Source<'a>,
        creator: &'a Creator,
        proof: Proof,
        progress: Progress<'a>,
    ) -> Result<Self, UnpackError> {
        let decoder = match source {
            Source::Mounted(_) => None,
            Source::Image(image) => Some(Decoder::new(image)?),
        };
        Ok(Self { creator, proof, progress, decoder, buffer: Vec::new() })
    }

    /// Makes a file. One whose content is wrong is not left there.
    pub(super) fn file(&mut self, job: Job) -> Result<(), UnpackError> {
        let file = File::from(self.creator.file(&job.directory, &job.path, &job.attributes)?);
        let mut writer = Writer::new(&file, self.creator, self.proof, &job.path);
        let copied = match &job.content {
            Content::Mounted(directory) => self.copy_mounted(directory, &job, &mut writer),
            Content::Image(data) => self.copy_image(data, &job, &mut writer),
        };
        let finished = copied.and_then(|()| {
            let (digest, size) = writer.finish()?;
            if size != job.size || digest.is_some_and(|digest| digest != job.digest) {
                return Err(UnpackError::Content { path: job.path.clone() });
            }
            self.creator.set_file(&file, &job.path, &job.attributes)
        });
        if finished.is_err() {
            let name = job.path.name().unwrap_or_default();
            // The error on its way matters more than one of removing.
            let _ = rustix::fs::unlinkat(&job.directory, name, AtFlags::empty());
        }
        finished
    }

    fn copy_mounted(
        &mut self,
        directory: &OwnedFd,
        job: &Job,
        writer: &mut Writer<'_>,
    ) -> Result<(), UnpackError> {
        let read = |error: io::Error| FileError::at(Action::Read, job.path.as_path())(error);
        // Not blocking, since a pipe in the file's place must not stop us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let name = job.path.name().unwrap_or_default();
        let mut source = rustix::fs::openat(directory, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|error| read(error.into()))?;
        let mut left = job.size;
        while left > 0 {
            self.buffer.resize(left.min(BUFFER) as usize, 0);
            match source.read(&mut self.buffer) {
                // The length tells that something is missing.
                Ok(0) => break,
                Ok(length) => {
                    writer.bytes(&self.buffer[..length])?;
                    left -= length as u64;
                    (self.progress)(length as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(read(error).into()),
            }
        }
        Ok(())
    }

    fn copy_image(
        &mut self,
        data: &FileData,
        job: &Job,
        writer: &mut Writer<'_>,
    ) -> Result<(), UnpackError> {
        let Some(decoder) = &mut self.decoder else {
            return Err(UnpackError::Diverges { path: job.path.clone() });
        };
        // Nothing is written for an image that claims more than the manifest.
        if data.size != job.size {
            return Err(UnpackError::Content { path: job.path.clone() });
        }
        decoder.read(data, |piece| {
            let length = match piece {
                Piece::Bytes(bytes) => {
                    writer.bytes(bytes)?;
                    bytes.len() as u64
                }
                Piece::Hole(length) => {
                    writer.hole(length);
                    length
                }
            };
            (self.progress)(length);
            Ok(())
        })
    }
}

/// Hashes what it writes, if that is asked for.
struct Writer<'a> {
    file: &'a File,
    creator: &'a Creator,
    path: &'a EntryPath,
    hasher: Option<blake3::Hasher>,
    at: u64,
    /// Up to where the file reaches.
    written: u64,
}

impl<'a> Writer<'a> {
    fn new(file: &'a File, creator: &'a Creator, proof: Proof, path: &'a EntryPath) -> Self {
        let hasher = match proof {
            Proof::OnTheWay => Some(blake3::Hasher::new()),
            Proof::LeftToCompare => None,
        };
        Self { file, creator, path, hasher, at: 0, written: 0 }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
        if bytes.len() >= HOLE && bytes.iter().all(|byte| *byte == 0) {
            self.hole(bytes.len() as u64);
            return Ok(());
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.file.write_all_at(bytes, self.at).map_err(self.creator.failed(self.path))?;
        self.at += bytes.len() as u64;
        self.written = self.at;
        Ok(())
    }

    fn hole(&mut self, length: u64) {
        if let Some(hasher) = &mut self.hasher {
            hash_zeros(hasher, length);
        }
        self.at += length;
    }

    /// Digest, if one was made, and length of all that came.
    fn finish(self) -> Result<(Option<Digest>, u64), UnpackError> {
        if self.written < self.at {
            self.file.set_len(self.at).map_err(self.creator.failed(self.path))?;
        }
        Ok((self.hasher.as_ref().map(Digest::finish), self.at))
    }
}
