//! What is whole of damaged packs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use rustic_core::repofile::MasterKey;

use super::blob::{Blob, BlobKind};
use super::cipher::Cipher;
use super::error::{Fault, ReadError};
use super::index;
use super::objects::is_named;
use super::pack_header;
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem};

/// What indexes say of damaged packs.
pub(crate) struct Salvage<'a> {
    store: &'a dyn ObjectStore,
    cipher: Cipher,
    named: BTreeMap<ObjectName, Vec<Blob>>,
}

impl<'a> Salvage<'a> {
    pub(crate) fn of(
        store: &'a dyn ObjectStore,
        key: &MasterKey,
        packs: &BTreeSet<ObjectName>,
    ) -> Result<Self, ReadError> {
        let cipher = Cipher::new(key).ok_or(ReadError::Damaged {
            object: Object { kind: ObjectKind::Key, name: ObjectName::new([0; 32]) },
            fault: Fault::Form,
        })?;
        let named = index::named(store, &cipher, packs)?;
        Ok(Self { store, cipher, named })
    }

    /// The whole contents of a pack, sealed as they are, as another pack; nothing where none is whole.
    pub(crate) fn of_pack(&self, pack: ObjectName) -> Result<Option<Bytes>, ReadError> {
        let object = Object { kind: ObjectKind::Pack, name: pack };
        let (mut content, mut whole) = (Vec::new(), Vec::new());
        for blob in self.named.get(&pack).into_iter().flatten() {
            let end = u64::from(blob.offset) + u64::from(blob.length);
            match self.store.read_range(object, blob.offset.into()..end) {
                Ok(sealed) if self.is_whole(blob, &sealed) => {
                    content.extend_from_slice(&sealed);
                    whole.push(blob);
                }
                Err(error @ StoreError { problem: StoreProblem::Away(_), .. }) => {
                    return Err(error.into());
                }
                Ok(_) | Err(_) => {}
            }
        }
        if whole.is_empty() {
            return Ok(None);
        }
        let list = self.cipher.seal(&pack_header::written(&whole));
        let list = list.ok_or_else(|| ReadError::damaged(object)(Fault::Seal))?;
        let length = u32::try_from(list.len()).unwrap_or(u32::MAX);
        content.extend_from_slice(&list);
        content.extend_from_slice(&length.to_le_bytes());
        Ok(Some(content.into()))
    }

    fn is_whole(&self, blob: &Blob, sealed: &[u8]) -> bool {
        let Ok(mut content) = self.cipher.open(sealed) else { return false };
        if blob.plain > 0 {
            let Ok(plain) = zstd::bulk::decompress(&content, blob.plain as usize) else {
                return false;
            };
            content = plain;
        }
        is_named(&content, &blob.id.name())
    }
}

impl BlobKind {
    /// How a pack's own list has it.
    pub(super) const fn tag(self, is_packed: bool) -> u8 {
        match (self, is_packed) {
            (Self::Data, false) => 0,
            (Self::Tree, false) => 1,
            (Self::Data, true) => 2,
            (Self::Tree, true) => 3,
        }
    }
}
