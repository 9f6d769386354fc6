//! A file that is written, and hashed if that is asked for.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::node::Creator;
use super::{Proof, UnpackError};
use crate::digest::{Digest, hash_zeros};
use crate::path::EntryPath;

/// A stretch of zeros is left out of the file from this length on.
const HOLE: usize = 64 << 10;

/// Hashes what it writes, if that is asked for.
pub(super) struct Writer<'a> {
    file: &'a File,
    creator: &'a Creator,
    path: &'a EntryPath,
    hasher: Option<blake3::Hasher>,
    at: u64,
    /// Up to where the file reaches.
    written: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        file: &'a File,
        creator: &'a Creator,
        proof: Proof,
        path: &'a EntryPath,
    ) -> Self {
        let hasher = match proof {
            Proof::OnTheWay => Some(blake3::Hasher::new()),
            Proof::LeftToCompare => None,
        };
        Self { file, creator, path, hasher, at: 0, written: 0 }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), UnpackError> {
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

    pub(super) fn hole(&mut self, length: u64) {
        if let Some(hasher) = &mut self.hasher {
            hash_zeros(hasher, length);
        }
        self.at += length;
    }

    /// Digest, if one was made, and length of all that came.
    pub(super) fn finish(self) -> Result<(Option<Digest>, u64), UnpackError> {
        if self.written < self.at {
            self.file.set_len(self.at).map_err(self.creator.failed(self.path))?;
        }
        Ok((self.hasher.as_ref().map(Digest::finish), self.at))
    }
}
