//! A store, as `rustic_core` asks for objects.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, StoreError, Stored};

/// Asks a store for what the library asks for.
///
/// New generations are held back where that is asked for: the library writes one even if it could not read all files.
pub(crate) struct Backend {
    store: Arc<dyn ObjectStore>,
    /// The one key that is shown to the library; all where there is none.
    key: Option<ObjectName>,
    held: Mutex<Held>,
}

/// What becomes of new generations.
enum Held {
    /// They are written.
    No,
    /// They are kept here.
    Yes(Vec<(Object, Vec<Bytes>)>),
}

impl Backend {
    /// Writes all that comes.
    pub(crate) fn of(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, key: None, held: Mutex::new(Held::No) }
    }

    /// Shows one key alone: the library gives up at the first that is damaged.
    pub(crate) fn with_key(store: Arc<dyn ObjectStore>, key: ObjectName) -> Self {
        Self { store, key: Some(key), held: Mutex::new(Held::No) }
    }

    /// Holds new generations back until [`Self::release`].
    pub(crate) fn holding(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, key: None, held: Mutex::new(Held::Yes(Vec::new())) }
    }

    /// Writes the generations that were held back.
    pub(crate) fn release(&self) -> Result<(), StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *held, Held::No) {
            Held::No => Ok(()),
            Held::Yes(objects) => {
                objects.iter().try_for_each(|(object, content)| self.store.write(*object, content))
            }
        }
    }
}

impl ReadBackend for Backend {
    fn location(&self) -> String {
        self.store.location()
    }

    fn list_with_size(&self, tpe: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let listed = self.store.list(kind(tpe)).map_err(of_store)?;
        let is_shown =
            |stored: &Stored| tpe != FileType::Key || self.key.is_none_or(|key| key == stored.name);
        listed
            .into_iter()
            .filter(is_shown)
            .map(|stored| match u32::try_from(stored.bytes) {
                Ok(bytes) => Ok((Id::new(*stored.name.bytes()), bytes)),
                Err(error) => Err(RusticError::with_source(
                    ErrorKind::Backend,
                    "An object is larger than the format allows.",
                    error,
                )),
            })
            .collect()
    }

    fn read_full(&self, tpe: FileType, id: &Id) -> RusticResult<Bytes> {
        self.store.read(object(tpe, id)?).map_err(of_store)
    }

    fn read_partial(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let start = u64::from(offset);
        self.store.read_range(object(tpe, id)?, start..start + u64::from(length)).map_err(of_store)
    }

    fn warmup_path(&self, tpe: FileType, id: &Id) -> String {
        object(tpe, id).map_or_else(|_| String::new(), Object::path)
    }
}

impl WriteBackend for Backend {
    fn create(&self) -> RusticResult<()> {
        self.store.prepare().map_err(of_store)
    }

    fn write_bytes(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let (object, content) = (object(tpe, id)?, content.into_vec());
        if object.kind == ObjectKind::Snapshot
            && let Held::Yes(objects) =
                &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner)
        {
            objects.push((object, content));
            return Ok(());
        }
        self.store.write(object, &content).map_err(of_store)
    }

    fn remove(&self, tpe: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        self.store.remove(object(tpe, id)?).map_err(of_store)
    }
}

const fn kind(tpe: FileType) -> ObjectKind {
    match tpe {
        FileType::Config => ObjectKind::Config,
        FileType::Index => ObjectKind::Index,
        FileType::Key => ObjectKind::Key,
        FileType::Snapshot => ObjectKind::Snapshot,
        FileType::Pack => ObjectKind::Pack,
    }
}

fn object(tpe: FileType, id: &Id) -> RusticResult<Object> {
    if tpe == FileType::Config {
        // The library names it by its content.
        return Ok(Object::CONFIG);
    }
    // The library shows no bytes of an id.
    let name = ObjectName::parse(id.to_hex().as_str().as_bytes());
    let name = name.ok_or_else(|| {
        RusticError::new(ErrorKind::Internal, "An id is not 64 hexadecimal digits.")
    })?;
    Ok(Object { kind: kind(tpe), name })
}

fn of_store(error: StoreError) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, "The place of the objects did not answer.", error)
}
