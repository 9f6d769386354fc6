//! The manifest: what the image is, and every file of its payload.
//!
//! JSON lines. The first is the [`Header`]; each other is an [`Entry`], the root directory first,
//! then what is in it, ascending (see [`EntryPath`]). A line holds
//! `type`, `path`, `mode` (four octal digits), `uid`, `gid`, `mtime`, and by type `size`,
//! `blake3`, `links` (where a file has several names), `target` (of symbolic and hard links) or
//! `major` and `minor`; `xattrs` maps names to base64. Paths, link targets and names of
//! attributes may hold any bytes: what is no printable UTF-8 is written `%XX`.
//!
//! A [`Manifest`] is had by [`signature::open`](crate::signature::open) alone, so whoever holds
//! one has its signature checked, or has said that none is needed.

mod entry;
mod header;
mod layer;
mod line;
mod order;
mod problem;
mod read;
mod write;

pub use entry::{Attributes, DeviceNumber, Entry, Kind, Node};
pub use header::{FORMAT, Header, Identity};
pub use layer::Layer;
pub use problem::{ManifestError, Problem};
pub use read::Reader;
pub use write::{Draft, Listing};

use crate::digest::Digest;
use crate::key::KeyId;
use crate::path::EntryPath;

/// Who answers for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureState {
    /// A key that is trusted here signed the manifest.
    Signed {
        /// The key.
        key_id: KeyId,
        /// What the signer said beside it, signed too: `product=… version=…`.
        trusted_comment: String,
    },
    /// Nobody. Every screen says so.
    Unsigned,
}

/// A manifest whose signature has been dealt with.
#[derive(Debug)]
pub struct Manifest {
    header: Header,
    text: Vec<u8>,
    signature: SignatureState,
}

impl Manifest {
    /// Only [`signature`](crate::signature) calls this: it has checked `text`.
    pub(crate) fn checked(text: Vec<u8>, signature: SignatureState) -> Result<Self, ManifestError> {
        let header = Reader::new(text.as_slice())?.header().clone();
        Ok(Self { header, text, signature })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Who signed it, if anyone.
    pub fn signature(&self) -> &SignatureState {
        &self.signature
    }

    /// The bytes of the file.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Digest of the whole manifest: names the image in records.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.text)
    }

    /// The first path that a listing has otherwise than the manifest; `None` if they are the same.
    pub fn first_difference(&self, listing: &Listing) -> Result<Option<EntryPath>, ManifestError> {
        let mut theirs = listing.iter();
        for entry in self.entries()? {
            let entry = entry?;
            match theirs.next().transpose()? {
                Some(other) if other == entry => {}
                Some(other) => return Ok(Some(entry.path.min(other.path))),
                None => return Ok(Some(entry.path)),
            }
        }
        Ok(theirs.next().transpose()?.map(|entry| entry.path))
    }

    /// The entries, parsed one by one.
    pub fn entries(&self) -> Result<Reader<&[u8]>, ManifestError> {
        Reader::new(self.text.as_slice())
    }
}
