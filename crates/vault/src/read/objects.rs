//! Whole objects, each checked against its name.

use sha2::{Digest as _, Sha256};

use super::cipher::Cipher;
use super::error::{Fault, ReadError};
use crate::store::{Object, ObjectKind, ObjectName, ObjectStore};

/// Whether bytes have this name.
pub(crate) fn is_named(bytes: &[u8], name: &ObjectName) -> bool {
    Sha256::digest(bytes).as_slice() == name.bytes()
}

/// The JSON in an object.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    store: &dyn ObjectStore,
    cipher: &Cipher,
    object: Object,
) -> Result<T, ReadError> {
    let damaged = ReadError::damaged(object);
    let sealed = store.read(object).map_err(ReadError::of_store(object))?;
    if !is_named(&sealed, &object.name) {
        return Err(damaged(Fault::Digest));
    }
    let text = cipher.open_json(&sealed).map_err(&damaged)?;
    serde_json::from_slice(&text).map_err(|_| damaged(Fault::Form))
}

/// All objects of a kind, in the order of their names: the same each time.
pub(crate) fn all(store: &dyn ObjectStore, kind: ObjectKind) -> Result<Vec<Object>, ReadError> {
    let mut names: Vec<ObjectName> = store.list(kind)?.iter().map(|stored| stored.name).collect();
    names.sort_unstable();
    Ok(names.into_iter().map(|name| Object { kind, name }).collect())
}
