//! Contents by their names.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustic_core::repofile::MasterKey;

use super::blob::BlobKind;
use super::cipher::Cipher;
use super::error::{Fault, ReadError};
use super::index::{Index, Place};
use super::objects::is_named;
use super::pages::{Kept, Limits, Pages};
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore};

/// All contents of a repository.
pub struct Contents {
    store: Arc<dyn ObjectStore>,
    cipher: Cipher,
    index: Index,
    damaged: Vec<ReadError>,
    pages: Pages,
    opened: Mutex<Kept<ObjectName>>,
}

impl Contents {
    /// Reads where everything lies.
    pub(crate) fn open(
        store: Arc<dyn ObjectStore>,
        key: &MasterKey,
        limits: Limits,
    ) -> Result<Self, ReadError> {
        let cipher = Cipher::new(key).ok_or(ReadError::Damaged {
            object: Object { kind: ObjectKind::Key, name: ObjectName::new([0; 32]) },
            fault: Fault::Form,
        })?;
        let (index, damaged) = Index::load(&*store, &cipher)?;
        let opened = Mutex::new(Kept::new(limits.contents));
        Ok(Self { store, cipher, index, damaged, pages: Pages::new(&limits), opened })
    }

    /// The indexes that are damaged, and the packs whose own lists are damaged too.
    pub fn damaged(&self) -> &[ReadError] {
        &self.damaged
    }

    pub(crate) fn store(&self) -> &dyn ObjectStore {
        &*self.store
    }

    pub(crate) const fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// How many bytes all parts of files have together.
    pub(crate) fn bytes(&self) -> u64 {
        self.index.bytes()
    }

    /// How many bytes a part of a file has; nothing where nobody knows of it.
    pub(crate) fn length(&self, name: ObjectName) -> Option<u32> {
        self.index.places(BlobKind::Data, name).next().map(|place| place.bytes())
    }

    /// The packs that a content lies in; none where nobody knows of it.
    pub(crate) fn packs(
        &self,
        kind: BlobKind,
        name: ObjectName,
    ) -> impl Iterator<Item = Object> + '_ {
        self.index.places(kind, name).filter_map(|place| Some(self.index.pack(place.pack)?.0))
    }

    /// A part of a file.
    pub(crate) fn data(&self, name: ObjectName) -> Result<Bytes, ReadError> {
        if let Some(content) = self.lock().get(&name) {
            return Ok(content);
        }
        let content = self.read(BlobKind::Data, name)?;
        self.lock().put(name, content.clone());
        Ok(content)
    }

    /// The JSON of a directory.
    pub(crate) fn tree(&self, name: ObjectName) -> Result<Bytes, ReadError> {
        self.read(BlobKind::Tree, name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept<ObjectName>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A content, from the first of its places where it is whole.
    fn read(&self, kind: BlobKind, name: ObjectName) -> Result<Bytes, ReadError> {
        let mut failed = None;
        for place in self.index.places(kind, name) {
            match self.at(place, name) {
                Ok(content) => return Ok(content),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or(ReadError::Unknown(name)))
    }

    /// The content at a place, once it proves to be the one of that name.
    fn at(&self, place: Place, name: ObjectName) -> Result<Bytes, ReadError> {
        let (object, end) = self.index.pack(place.pack).ok_or(ReadError::Unknown(name))?;
        let damaged = ReadError::damaged(object);
        let range = place.offset..place.offset.saturating_add(place.length);
        let sealed = self.pages.read(&*self.store, (place.pack, object, end), range)?;
        let mut content = self.cipher.open(&sealed).map_err(&damaged)?;
        drop(sealed);
        if let Some(bytes) = place.unpacked() {
            let unpacked = zstd::bulk::decompress(&content, bytes);
            content = unpacked.map_err(|_| damaged(Fault::Packing))?;
        }
        if is_named(&content, &name) { Ok(content.into()) } else { Err(damaged(Fault::Digest)) }
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contents").field(&self.store.location()).finish()
    }
}
