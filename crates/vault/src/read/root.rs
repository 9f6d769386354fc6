//! Where reading begins: a vault's contents, and the topmost directory of a generation.

use std::sync::Arc;

use serde::Deserialize;

use super::blob::Id;
use super::contents::Contents;
use super::entry::{Entry, Kind, Time};
use super::error::ReadError;
use super::objects;
use super::pages::Limits;
use super::tree::Trees;
use crate::generation::Generation;
use crate::repository::Vault;
use crate::store::{Object, ObjectKind, ObjectName};

#[derive(Deserialize)]
struct Snapshot {
    tree: Id,
}

impl Vault {
    /// All contents of the repository.
    pub fn contents(&self, limits: Limits) -> Result<Arc<Contents>, ReadError> {
        let contents = Contents::open(Arc::clone(&self.store), &self.repository.key(), limits)?;
        Ok(Arc::new(contents))
    }
}

impl Trees {
    /// The topmost directory of a generation. One that stock restic has made says nothing of it: it gets root as owner. Its name is
    /// the generation's short one.
    pub fn root(&self, generation: &Generation) -> Result<Entry, ReadError> {
        // A name that is none is nobody's.
        let name = ObjectName::parse(generation.id.as_bytes());
        let name = name.unwrap_or(ObjectName::new([0; 32]));
        let object = Object { kind: ObjectKind::Snapshot, name };
        let contents = self.contents();
        let snapshot: Snapshot = objects::json(contents.store(), contents.cipher(), object)?;
        let top = generation.top.as_ref();
        let (seconds, nanoseconds) = top.map_or((generation.taken.0, 0), |top| top.mtime);
        let mtime = Time { seconds, nanoseconds };
        Ok(Entry {
            name: generation.short().as_bytes().to_vec(),
            kind: Kind::Directory(snapshot.tree.name()),
            mode: top.map_or(0o755, |top| top.mode & 0o7777),
            uid: top.map_or(0, |top| top.uid),
            gid: top.map_or(0, |top| top.gid),
            mtime,
            ctime: mtime,
            size: 0,
            links: 0,
            inode: 0,
            filesystem: 0,
            xattrs: top.map(|top| top.xattrs().into_iter().collect()).unwrap_or_default(),
            flags: 0,
        })
    }
}
