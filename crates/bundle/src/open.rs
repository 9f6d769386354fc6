//! A bundle that is read: its signature first, then its index, then the parts that are needed.

use std::io::{self, Write};
use std::ops::Range;

use zshield_golden::Digest;
use zshield_golden::key::KeyId;
use zshield_golden::manifest::SignatureState;
use zshield_golden::signature::{Mismatch, TrustedKeys, signed};
use zshield_golden::slot::SlotError;
use zshield_golden::verity::VerityError;
use zshield_messages::say;

use crate::container::{Layout, MAGIC, PRELUDE, SIGNATURE_ROOM, Sealed};
use crate::content::{Content, Part, Way};
use crate::frame;
use crate::head::Head;
use crate::index::{Index, LARGEST_STORED};
use crate::keyring::Keyring;
use crate::refusal::Refusal;
use crate::source::{self, Source};

/// Why a bundle can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What it is read from fails.
    #[error("{}", say::bundle::cannot_read())]
    Read(#[source] io::Error),
    /// A signature can't be written into it.
    #[error("{}", say::bundle::cannot_write())]
    Write(#[source] io::Error),
}

/// Why a content can't be made. What was written of it is of no use.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The bundle can't be read on.
    #[error(transparent)]
    Bundle(#[from] OpenError),
    /// The old content can't be read.
    #[error("{}", say::bundle::cannot_read_base())]
    Base(#[source] io::Error),
    /// The new content can't be written.
    #[error("{}", say::bundle::cannot_write())]
    Write(#[source] io::Error),
    /// The hash tree of the new squashfs can't be made.
    #[error(transparent)]
    Verity(#[from] VerityError),
    /// The new squashfs is not the one of the manifest.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// What came out is something else: the old content is not what it should be.
    #[error("{}", say::bundle::base_differs(.0.to_string()))]
    Differs(Digest),
}

/// Who answers for a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// A key that is trusted here.
    Trusted(KeyId),
    /// A key that nobody has looked at.
    Unproved(KeyId),
    /// Nobody.
    Nobody,
}

impl Signer {
    /// The key, whether or not it counts.
    pub const fn key(self) -> Option<KeyId> {
        match self {
            Self::Trusted(key) | Self::Unproved(key) => Some(key),
            Self::Nobody => None,
        }
    }
}

/// A head as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The head.
    pub head: String,
    /// Its signature, as minisign writes it.
    pub signature: String,
}

/// An open bundle.
#[derive(Debug)]
pub struct Bundle<S> {
    source: S,
    layout: Layout,
    head: Head,
    signer: Signer,
    signed: Option<Signed>,
}

impl<S: Source> Bundle<S> {
    /// Opens a bundle that a key of this ring must have signed. Whether the machine takes it is for
    /// [`admit`](crate::admission::admit) to say.
    pub fn open(source: S, keyring: &Keyring) -> Result<Self, OpenError> {
        let (layout, bytes, sealed) = first_bytes(&source)?;
        let signer = Signer::Trusted(proved(&bytes, &sealed, keyring)?);
        Self::with_head(source, layout, bytes, signer, sealed)
    }

    /// Opens a bundle whoever made it, to show what it says.
    pub fn open_unproved(source: S) -> Result<Self, OpenError> {
        let (layout, bytes, sealed) = first_bytes(&source)?;
        let signer = match sealed {
            Sealed::Unsigned => Signer::Nobody,
            Sealed::By { key, .. } => Signer::Unproved(key),
            Sealed::Unreadable => return Err(Refusal::Altered.into()),
        };
        Self::with_head(source, layout, bytes, signer, sealed)
    }

    fn with_head(
        source: S,
        layout: Layout,
        bytes: Vec<u8>,
        signer: Signer,
        sealed: Sealed,
    ) -> Result<Self, OpenError> {
        let head = Head::parse(&bytes)?;
        let proof = match (sealed, String::from_utf8(bytes)) {
            (Sealed::By { text, .. }, Ok(head)) => Some(Signed { head, signature: text }),
            (Sealed::Unsigned | Sealed::Unreadable | Sealed::By { .. }, _) => None,
        };
        let bundle = Self { source, layout, head, signer, signed: proof };
        if let Some(found) = bundle.source.length().map_err(OpenError::Read)? {
            match found.cmp(&bundle.length()) {
                std::cmp::Ordering::Less => return Err(Refusal::Truncated.into()),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => return Err(Refusal::Altered.into()),
            }
        }
        Ok(bundle)
    }

    /// What was signed.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Who answers for it.
    pub fn signer(&self) -> Signer {
        self.signer
    }

    /// What it says of keys, as it was signed; nothing where it says nothing of them.
    pub fn said_of_keys(&self) -> Option<&Signed> {
        self.signed.as_ref().filter(|_| self.head.says_of_keys())
    }

    /// How long the file is.
    pub fn length(&self) -> u64 {
        self.parts_at().saturating_add(self.head.parts)
    }

    /// Where the parts begin in the file.
    pub fn parts_at(&self) -> u64 {
        self.layout.index().saturating_add(self.head.index.stored)
    }

    /// Reads the index.
    pub fn index(&self) -> Result<Index, OpenError> {
        let record = self.head.index;
        if record.stored > LARGEST_STORED {
            return Err(Refusal::Malformed { reason: "the index's length".into() }.into());
        }
        let stored = read(&self.source, self.layout.index(), record.stored)?;
        if Digest::of(&stored) != record.blake3 {
            return Err(Refusal::Altered.into());
        }
        let index = Index::read(&stored, record.size, self.head.parts)?;
        let is_there = |digest: &Digest| index.content(digest).is_some();
        let is_so_long = |(digest, size): &(Digest, u64)| {
            index.content(digest).is_some_and(|content| content.size == *size)
        };
        let named = self.head.contents().into_iter().find(|digest| !is_there(digest));
        let other = || self.head.payload.sizes().into_iter().find(|it| !is_so_long(it));
        match named.or_else(|| other().map(|(digest, _)| digest)) {
            None => Ok(index),
            Some(digest) => Err(Refusal::Malformed { reason: digest.to_string() }.into()),
        }
    }

    /// What stands before the index: the head, and who signed it. [`signed_head`] reads it again.
    pub fn seal(&self) -> Result<Vec<u8>, OpenError> {
        read(&self.source, 0, self.layout.index())
    }

    /// Where a part is in the file.
    pub fn place(&self, part: &Part) -> Range<u64> {
        let at = self.parts_at().saturating_add(part.at);
        at..at.saturating_add(part.stored)
    }

    /// These parts, and no others, will be read, best in this order where it is that of the index. A bundle that
    /// comes from a server comes with few requests then.
    pub fn expect<'a>(&self, parts: impl IntoIterator<Item = &'a Part>) {
        let places: Vec<_> = parts.into_iter().map(|part| self.place(part)).collect();
        self.source.expect(&places);
    }

    /// A part as it is stored, its digest checked.
    pub fn stored(&self, part: &Part) -> Result<Vec<u8>, OpenError> {
        let stored = read(&self.source, self.place(part).start, part.stored)?;
        if Digest::of(&stored) == part.blake3 { Ok(stored) } else { Err(Refusal::Altered.into()) }
    }

    /// Makes a content. `base` is the content that the way is a patch of, and not needed for a whole one.
    /// On an error, what was written to `out` is of no use.
    pub fn restore(
        &self,
        content: &Content,
        way: &Way,
        base: Option<&dyn Source>,
        out: &mut dyn Write,
    ) -> Result<(), RestoreError> {
        let mut hasher = blake3::Hasher::new();
        for part in &way.parts {
            let old = match (part.base, base) {
                (None, _) => Vec::new(),
                (Some(stretch), Some(base)) => source::read(base, stretch.at, stretch.length)
                    .map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => RestoreError::Differs(content.blake3),
                        _ => RestoreError::Base(error),
                    })?,
                (Some(_), None) => {
                    return Err(RestoreError::Base(io::ErrorKind::NotFound.into()));
                }
            };
            let stored = self.stored(part)?;
            let made = frame::unpack(&stored, part.size, &old)
                .map_err(|_| RestoreError::Differs(content.blake3))?;
            hasher.update(&made);
            out.write_all(&made).map_err(RestoreError::Write)?;
        }
        if Digest::finish(&hasher) == content.blake3 {
            Ok(())
        } else {
            Err(RestoreError::Differs(content.blake3))
        }
    }

    /// Checks every byte of the file: whether it is what was signed. `progress` is told of bytes.
    pub fn check(&self, progress: &dyn Fn(u64)) -> Result<Index, OpenError> {
        let index = self.index()?;
        let ways = index.contents().flat_map(|content| &content.ways);
        let parts = ways.flat_map(|way| &way.parts);
        let squashfs = index.squashfs().flat_map(|squashfs| &squashfs.parts);
        self.source.expect(std::slice::from_ref(&(self.parts_at()..self.length())));
        for part in parts.chain(squashfs) {
            self.stored(part)?;
            progress(part.stored);
        }
        Ok(index)
    }
}

/// The head in a bundle's [seal](Bundle::seal), which one of these keys must have signed.
pub fn signed_head(seal: &[u8], trusted: &TrustedKeys) -> Result<Head, OpenError> {
    let (_, bytes, sealed) = first_bytes(&seal)?;
    by_trusted(&bytes, &sealed, trusted)?;
    Ok(Head::parse(&bytes)?)
}

/// The bytes of the head, and what stands in the signature's room.
pub(crate) fn first_bytes(source: &impl Source) -> Result<(Layout, Vec<u8>, Sealed), OpenError> {
    let mut prelude = [0; PRELUDE as usize];
    match source.read_exact_at(&mut prelude, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(short(source)?.into());
        }
        read => read.map_err(OpenError::Read)?,
    }
    let layout = Layout::parse(prelude).ok_or(if prelude.starts_with(MAGIC) {
        Refusal::Altered
    } else {
        Refusal::NoBundle
    })?;
    let head = read(source, PRELUDE, layout.head())?;
    let room = read(source, layout.signature(), SIGNATURE_ROOM)?;
    Ok((layout, head, Sealed::read(&room)))
}

/// What a file is that has not even a prelude.
fn short(source: &impl Source) -> Result<Refusal, OpenError> {
    let mut magic = [0; MAGIC.len()];
    let found = source.read_exact_at(&mut magic, 0);
    match found {
        Ok(()) if magic == *MAGIC => Ok(Refusal::Truncated),
        Ok(()) => Ok(Refusal::NoBundle),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Refusal::NoBundle),
        Err(error) => Err(OpenError::Read(error)),
    }
}

/// The trusted key that signed a head.
fn proved(head: &[u8], sealed: &Sealed, keyring: &Keyring) -> Result<KeyId, Refusal> {
    by_trusted(head, sealed, &keyring.trusted())
}

/// The key of these that signed a head.
fn by_trusted(head: &[u8], sealed: &Sealed, trusted: &TrustedKeys) -> Result<KeyId, Refusal> {
    let text = match sealed {
        Sealed::Unsigned => return Err(Refusal::Unsigned),
        Sealed::Unreadable => return Err(Refusal::Altered),
        Sealed::By { text, .. } => text,
    };
    match signed(head, text.as_bytes(), trusted) {
        Ok(SignatureState::Signed { key_id, .. }) => Ok(key_id),
        Ok(SignatureState::Unsigned) => Err(Refusal::Unsigned),
        Err(Mismatch::UnknownKey { key_id }) => Err(Refusal::Stranger { key: key_id }),
        Err(Mismatch::Revoked { key_id }) => Err(Refusal::Revoked { key: key_id }),
        Err(Mismatch::Malformed | Mismatch::Wrong) => Err(Refusal::Altered),
    }
}

/// Reads a stretch whose length is bounded.
fn read(source: &impl Source, at: u64, length: u64) -> Result<Vec<u8>, OpenError> {
    source::read(source, at, length).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::Truncated.into(),
        _ => OpenError::Read(error),
    })
}
