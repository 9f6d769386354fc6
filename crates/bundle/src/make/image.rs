//! A Golden Image that a bundle leads to, or from.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use zshield_golden::manifest::{Kind, Manifest, Node};
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact, ArtifactRecord};
use zshield_golden::squashfs::{Decoder, FileData, InodeKind, Piece, Squashfs};
use zshield_golden::{Action, Digest, EntryPath, FileError, Progress};

use super::MakeError;
use super::bases::{Bases, Old};

/// An image whose slot is whole.
pub struct Image {
    directory: PathBuf,
    manifest: Manifest,
    squashfs: Squashfs,
    /// Its files, in the order of their paths; further names of one are left out.
    pub(super) files: Vec<Old>,
    data: HashMap<Digest, FileData>,
    pub(super) bases: Bases,
}

impl Image {
    /// Opens the image in the slot's directory: its signature, and each file of the slot, are checked.
    pub fn open(
        directory: &Path,
        keys: &TrustedKeys,
        requirement: Requirement,
        progress: Progress<'_>,
    ) -> Result<Self, MakeError> {
        let manifest = signature::open(directory, keys, requirement)?;
        slot::check(directory, &manifest.header().artifacts, progress)?;
        let squashfs = Squashfs::open(&directory.join(Artifact::Squashfs.file_name()))?;
        let (mut files, mut data) = (Vec::new(), HashMap::new());
        let mut found = squashfs.walk()?;
        for entry in manifest.entries()? {
            let entry = entry?;
            let differs =
                || MakeError::Content { image: directory.to_owned(), path: entry.path.clone() };
            let (path, inode) = found.next().transpose()?.ok_or_else(differs)?;
            if path != entry.path {
                return Err(differs());
            }
            if let Node::Inode { kind: Kind::File { size, digest, .. }, .. } = entry.node {
                let InodeKind::File(file) = inode.kind else { return Err(differs()) };
                data.entry(digest).or_insert(file);
                files.push(Old { path, blake3: digest, size });
            }
        }
        let bases = Bases::of(files.iter().cloned());
        Ok(Self { directory: directory.to_owned(), manifest, squashfs, files, data, bases })
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether a file of it has this content.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.data.contains_key(digest)
    }

    /// Whether this file of it has this content.
    pub(super) fn has_at(&self, path: &EntryPath, digest: &Digest) -> bool {
        let at = self.files.binary_search_by(|file| file.path.cmp(path));
        at.is_ok_and(|at| self.files.get(at).is_some_and(|file| file.blake3 == *digest))
    }

    /// A reader of its contents, for one thread.
    pub(super) fn contents(&self) -> Result<Contents<'_>, MakeError> {
        Ok(Contents { image: self, decoder: Decoder::new(&self.squashfs)? })
    }

    /// A file of its slot, as it was checked.
    pub(super) fn artifact(&self, name: Artifact) -> Result<(ArtifactRecord, Vec<u8>), MakeError> {
        let record = self.record(name)?;
        Ok((record, slot::read_artifact(&self.directory, &record)?))
    }

    /// The record of a file of its slot.
    pub(super) fn record(&self, name: Artifact) -> Result<ArtifactRecord, MakeError> {
        let record = self.manifest.header().artifact(name).copied();
        // A header has each of them, or it is none.
        record.ok_or_else(|| slot::SlotError::Content { artifact: name }.into())
    }

    /// The squashfs as a file, and where its blocks are.
    pub(super) fn blocks(&self) -> Result<(File, Vec<std::ops::Range<u64>>), MakeError> {
        let path = self.directory.join(Artifact::Squashfs.file_name());
        let file = File::open(&path).map_err(FileError::at(Action::Read, &path))?;
        Ok((file, self.squashfs.stored_blocks()?))
    }

    /// Its manifest's signature, where it has one.
    pub(super) fn signature(&self) -> Result<Option<String>, MakeError> {
        let path = self.directory.join(slot::SIGNATURE);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => Ok(Some(read.map_err(FileError::at(Action::Read, &path))?)),
        }
    }
}

/// Reads contents of an image.
pub(super) struct Contents<'a> {
    image: &'a Image,
    decoder: Decoder<'a>,
}

impl Contents<'_> {
    /// The content of a file of the image, which is what the manifest says.
    pub(super) fn read(&mut self, digest: &Digest, path: &EntryPath) -> Result<Vec<u8>, MakeError> {
        let differs =
            || MakeError::Content { image: self.image.directory.clone(), path: path.clone() };
        let data = self.image.data.get(digest).ok_or_else(differs)?;
        let mut bytes = Vec::new();
        self.decoder.read(data, |piece| {
            match piece {
                Piece::Bytes(more) => bytes.extend_from_slice(more),
                Piece::Hole(length) => bytes.resize(bytes.len() + length as usize, 0),
            }
            Ok::<(), MakeError>(())
        })?;
        if Digest::of(&bytes) == *digest { Ok(bytes) } else { Err(differs()) }
    }
}
