//! Contents of files: read, hashed and written by each worker.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags};

use super::job::{Content, Job};
use super::node::Creator;
use super::writer::Writer;
use super::{Ground, Source, Task, UnpackError, contents, left};
use crate::error::{Action, FileError};
use crate::squashfs::{Decoder, FileData, Piece};

/// Bytes read at a time from a mounted image: two of its blocks.
const BUFFER: u64 = 256 << 10;

/// What one thread needs.
pub(super) struct Worker<'a> {
    creator: &'a Creator,
    task: Task<'a>,
    decoder: Option<Decoder<'a>>,
    buffer: Vec<u8>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(task: Task<'a>, creator: &'a Creator) -> Result<Self, UnpackError> {
        let decoder = match task.source {
            Source::Mounted(_) | Source::Contents(_) => None,
            Source::Image(image) => Some(Decoder::new(image)?),
        };
        Ok(Self { creator, task, decoder, buffer: Vec::new() })
    }

    /// Makes a file. One whose content is wrong is not left there.
    pub(super) fn file(&mut self, job: Job) -> Result<(), UnpackError> {
        match self.task.ground {
            Ground::Fresh => {}
            Ground::Left(_) if left::is_whole_file(&job) => {
                (self.task.progress)(job.size);
                return Ok(());
            }
            Ground::Left(_) => left::remove_file(&job).map_err(self.creator.failed(&job.path))?,
        }
        let file = File::from(self.creator.file(&job.directory, &job.path, &job.attributes)?);
        let mut writer = Writer::new(&file, self.creator, self.task.proof, &job.path);
        let copied = match &job.content {
            Content::Mounted(directory) => self.copy_mounted(directory, &job, &mut writer),
            Content::Image(data) => self.copy_image(data, &job, &mut writer),
            Content::Asked => contents::copy(self.task, &job, &mut writer),
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
                    (self.task.progress)(length as u64);
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
            (self.task.progress)(length);
            Ok(())
        })
    }
}
