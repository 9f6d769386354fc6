//! Where every content lies.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::blob::{Blob, BlobKind, Id};
use super::cipher::{Cipher, OVERHEAD};
use super::error::ReadError;
use super::{objects, pack_header};
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore};

#[derive(Deserialize)]
struct IndexFile {
    packs: Vec<Pack>,
}

#[derive(Deserialize)]
struct Pack {
    id: Id,
    blobs: Vec<Blob>,
}

/// What indexes say of these packs; where none can be read that names one, what it says of itself.
pub(super) fn named(
    store: &dyn ObjectStore,
    cipher: &Cipher,
    packs: &BTreeSet<ObjectName>,
) -> Result<BTreeMap<ObjectName, Vec<Blob>>, ReadError> {
    let mut named: BTreeMap<ObjectName, Vec<Blob>> = BTreeMap::new();
    for object in objects::all(store, ObjectKind::Index)? {
        match objects::json::<IndexFile>(store, cipher, object) {
            Ok(file) => {
                let packs = file.packs.into_iter().filter(|it| packs.contains(&it.id.name()));
                for Pack { id, blobs } in packs {
                    named.entry(id.name()).or_insert(blobs);
                }
            }
            Err(error) if error.is_damage() => tracing::warn!("{error}"),
            Err(error) => return Err(error),
        }
    }
    let stored = store.list(ObjectKind::Pack)?;
    for pack in stored.iter().filter(|it| packs.contains(&it.name)) {
        if !named.contains_key(&pack.name)
            && let Ok(blobs) = pack_header::read(store, cipher, pack)
        {
            named.insert(pack.name, blobs);
        }
    }
    Ok(named)
}

/// Where a content lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The number of the pack.
    pub(crate) pack: u32,
    pub(crate) offset: u32,
    pub(crate) length: u32,
    packed: u32,
}

impl Place {
    /// How many bytes it unpacks to, where it is packed.
    pub(crate) fn unpacked(&self) -> Option<usize> {
        (self.packed > 0).then_some(self.packed as usize)
    }

    /// How many bytes the content has.
    pub(crate) const fn bytes(&self) -> u32 {
        if self.packed > 0 { self.packed } else { self.length.saturating_sub(OVERHEAD) }
    }
}

#[derive(Debug)]
struct Row {
    key: (BlobKind, ObjectName),
    place: Place,
}

/// Where every content lies: a list in the order of names.
#[derive(Debug, Default)]
pub(crate) struct Index {
    packs: Vec<ObjectName>,
    /// Where the last content of each pack ends.
    ends: Vec<u32>,
    rows: Vec<Row>,
}

impl Index {
    /// Reads all indexes; those that are damaged come back beside it. What they named is looked for in
    /// those packs that no whole index names.
    pub(crate) fn load(
        store: &dyn ObjectStore,
        cipher: &Cipher,
    ) -> Result<(Self, Vec<ReadError>), ReadError> {
        let mut index = Self::default();
        let mut damaged = Vec::new();
        for object in objects::all(store, ObjectKind::Index)? {
            match objects::json::<IndexFile>(store, cipher, object) {
                Ok(file) => {
                    file.packs.iter().for_each(|pack| index.add(pack.id.name(), &pack.blobs));
                }
                Err(error) if error.is_damage() => damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        if !damaged.is_empty() {
            index.look_into_packs(store, cipher, &mut damaged)?;
        }
        index.rows.sort_unstable_by_key(|row| (row.key, row.place.pack));
        index.rows.shrink_to_fit();
        Ok((index, damaged))
    }

    fn look_into_packs(
        &mut self,
        store: &dyn ObjectStore,
        cipher: &Cipher,
        damaged: &mut Vec<ReadError>,
    ) -> Result<(), ReadError> {
        let known: BTreeSet<ObjectName> = self.packs.iter().copied().collect();
        for pack in store.list(ObjectKind::Pack)? {
            if known.contains(&pack.name) {
                continue;
            }
            match pack_header::read(store, cipher, &pack) {
                Ok(blobs) => self.add(pack.name, &blobs),
                Err(error) if error.is_damage() => damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn add(&mut self, pack: ObjectName, blobs: &[Blob]) {
        // 4 billion packs don't fit in anything.
        let Ok(number) = u32::try_from(self.packs.len()) else { return };
        self.packs.push(pack);
        self.ends.push(
            blobs.iter().map(|blob| blob.offset.saturating_add(blob.length)).max().unwrap_or(0),
        );
        self.rows.extend(blobs.iter().map(|blob| Row {
            key: (blob.kind, blob.id.name()),
            place: Place {
                pack: number,
                offset: blob.offset,
                length: blob.length,
                packed: blob.plain,
            },
        }));
    }

    /// Every place of a content; none where nobody knows of it.
    pub(crate) fn places(
        &self,
        kind: BlobKind,
        name: ObjectName,
    ) -> impl Iterator<Item = Place> + '_ {
        let key = (kind, name);
        let first = self.rows.partition_point(|row| row.key < key);
        let same = self.rows.get(first..).unwrap_or_default();
        same.iter().take_while(move |row| row.key == key).map(|row| row.place)
    }

    /// The pack of this number, and where its last content ends.
    pub(crate) fn pack(&self, number: u32) -> Option<(Object, u32)> {
        let name = *self.packs.get(number as usize)?;
        Some((Object { kind: ObjectKind::Pack, name }, *self.ends.get(number as usize)?))
    }

    /// How many bytes all parts of files have together.
    pub(crate) fn bytes(&self) -> u64 {
        let data = self.rows.iter().filter(|row| row.key.0 == BlobKind::Data);
        data.map(|row| u64::from(row.place.bytes())).sum()
    }
}
