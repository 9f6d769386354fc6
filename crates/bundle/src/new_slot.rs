//! The slot of the new Golden Image, file by file: out of the old slot and the bundle.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zshield_golden::Progress;
use zshield_golden::manifest::{Header, Manifest};
use zshield_golden::signature::{self, Requirement, SignatureError, TrustedKeys};
use zshield_golden::slot::{self, Artifact, ArtifactRecord};

use crate::content::Squashfs;
use crate::head::{Factory, Payload, System};
use crate::index::Index;
use crate::open::{Bundle, RestoreError};
use crate::source::Source;

/// A new slot that can be made, whatever its bundle is read from.
pub trait NewSlot {
    /// Its manifest, the signature dealt with.
    fn manifest(&self) -> &Manifest;

    /// The text of the manifest's signature; nothing for an image that nobody signed.
    fn signature(&self) -> Option<&str>;

    /// Makes one of its files in the directory `to`, and checks it; the old slot has this header and is read only.
    /// On an error, what was written is of no use. `progress` is told of bytes.
    fn make(
        &self,
        record: &ArtifactRecord,
        old: (&Path, &Header),
        to: &Path,
        progress: Progress<'_>,
    ) -> Result<(), RestoreError>;
}

/// Why a bundle leads to no new slot.
#[derive(Debug, thiserror::Error)]
pub enum NewSlotError {
    /// Its manifest can't be made.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Nobody who is trusted has signed the manifest, or it is none.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// The new slot of an open bundle.
pub struct SlotOfBundle<'a, S> {
    bundle: &'a Bundle<S>,
    index: &'a Index,
    manifest: Manifest,
    signature: Option<String>,
}

impl<'a, S: Source> SlotOfBundle<'a, S> {
    /// Makes the new manifest from the old one, and checks its signature by these keys: those of the machine, and
    /// those that the bundle introduces. Nothing where the factory state stays what it is.
    pub fn open(
        bundle: &'a Bundle<S>,
        index: &'a Index,
        old: &Manifest,
        keys: &TrustedKeys,
        requirement: Requirement,
    ) -> Result<Option<Self>, NewSlotError> {
        let head = bundle.head();
        let (Payload::System(system), Factory::Follows) = (&head.payload, head.factory) else {
            return Ok(None);
        };
        let text = manifest_text(bundle, index, system, old)?;
        let signature = system.signature.clone();
        let signed = signature.clone().map(String::into_bytes);
        // The name of a bundle is not known here; the manifest's is what an error is about.
        let manifest = signature::accept(Path::new(""), text, signed, keys, requirement)?;
        Ok(Some(Self { bundle, index, manifest, signature }))
    }

    /// The shortest way to the new squashfs from an old slot.
    fn squashfs(&self, old: &Header) -> Result<&Squashfs, RestoreError> {
        let has = |base| old.artifact(Artifact::Squashfs).is_some_and(|old| old.blake3 == base);
        let ways = self.index.squashfs().filter(|way| way.base.is_none_or(has));
        ways.min_by_key(|way| way.stored()).ok_or_else(no_way)
    }
}

/// No way leads there from what is here.
fn no_way() -> RestoreError {
    RestoreError::Base(io::ErrorKind::NotFound.into())
}

fn manifest_text<S: Source>(
    bundle: &Bundle<S>,
    index: &Index,
    system: &System,
    old: &Manifest,
) -> Result<Vec<u8>, RestoreError> {
    let known = old.digest();
    if known == system.manifest {
        return Ok(old.text().to_vec());
    }
    let way = index.way(&system.manifest, |base| *base == known);
    let (content, way) = way.ok_or_else(no_way)?;
    let mut text = Vec::new();
    bundle.restore(content, way, Some(&old.text()), &mut text)?;
    Ok(text)
}

impl<S: Source> NewSlot for SlotOfBundle<'_, S> {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    fn make(
        &self,
        record: &ArtifactRecord,
        (slot, old): (&Path, &Header),
        to: &Path,
        progress: Progress<'_>,
    ) -> Result<(), RestoreError> {
        let open =
            |name: Artifact| File::open(slot.join(name.file_name())).map_err(RestoreError::Base);
        let path = to.join(record.name.file_name());
        let is_it = |known: &&ArtifactRecord| known.blake3 == record.blake3;
        if let Some(known) = old.artifacts.iter().find(is_it) {
            let from = slot.join(known.name.file_name());
            fs::copy(from, &path).map_err(RestoreError::Write)?;
            progress(record.size);
        } else if record.name == Artifact::Squashfs {
            let way = self.squashfs(old)?;
            let file = way.base.map(|_| open(Artifact::Squashfs)).transpose()?;
            let base = file.as_ref().map(|file| file as &dyn Source);
            let wanted = (record, &self.manifest.header().verity);
            // It is checked in there.
            return self.bundle.rebuild_squashfs(way, base, wanted, to, progress);
        } else {
            let known = |base: &zshield_golden::Digest| {
                old.artifacts.iter().find(|known| known.blake3 == *base)
            };
            let way = self.index.way(&record.blake3, |base| known(base).is_some());
            let (content, way) = way.ok_or_else(no_way)?;
            let base = way.base.as_ref().and_then(|base| known(&base.blake3));
            let file = base.map(|known| open(known.name)).transpose()?;
            let base = file.as_ref().map(|file| file as &dyn Source);
            let mut out = File::create(&path).map_err(RestoreError::Write)?;
            self.bundle.restore(content, way, base, &mut out)?;
            progress(record.size);
        }
        Ok(slot::check_artifact(to, record, &|_| {})?)
    }
}
