//! Any bytes as a mounted filesystem and its snapshot: an error, or a tree that ends. And what checks
//! have left for others.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use zshield_check::accepted::Accepted;
use zshield_check::inodes::Basis;
use zshield_check::last::Last;
use zshield_check::raw_tree::RawTree;
use zshield_check::report::DriftAlarm;
use zshield_formats::cow::{Changed, ExceptionStore};
use zshield_formats::ext4::Filesystem;
use zshield_golden::EntryPath;
use zshield_golden::compare::{Expected, FileKind, FileTree as _};

use crate::store::file;

/// Directories that name each other make a tree without an end: the system itself would refuse it.
const DEEPEST: usize = 40;
const MOST: usize = 10_000;

/// A store in which the first chunks have changed, as the bits of `changed` say.
fn store(changed: u8) -> std::fs::File {
    let mut bytes = vec![0; 40 << 12];
    for (at, word) in [0x7041_6e53u32, 1, 1, 8].into_iter().enumerate() {
        bytes[at * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }
    let chunks = (0..8u64).filter(|chunk| changed >> chunk & 1 == 1);
    for (at, chunk) in chunks.enumerate() {
        bytes[4096 + at * 16..][..8].copy_from_slice(&chunk.to_le_bytes());
        bytes[4104 + at * 16..][..8].copy_from_slice(&(at as u64 + 2).to_le_bytes());
    }
    file(&bytes)
}

/// The first byte says what has changed.
pub(crate) fn inodes(bytes: &[u8]) {
    let Some((changed, bytes)) = bytes.split_first() else { return };
    let store = store(*changed);
    let origin = file(&vec![0; bytes.len().max(8 << 12)]);
    let changed =
        Changed::read(&[ExceptionStore::open(&store, &origin).expect("a store")]).expect("a table");
    let open = || Filesystem::open(file(bytes));
    let (Ok(origin), Ok(snapshot)) = (open(), open()) else { return };
    let basis = Basis::new(origin, snapshot, changed).expect("one filesystem");
    let Ok(inodes) = basis.inodes(1) else { return };
    let (scope, mounts) = (Expected::nothing(), BTreeSet::new());
    let mut tree = RawTree::new(&inodes, 1, &mounts, Path::new("/nonexistent"), &scope);
    for _ in 0..MOST {
        let Some(found) = tree.next() else { return };
        let Ok(found) = found else { continue };
        if found.metadata.kind == FileKind::Directory && found.path.names().count() < DEEPEST {
            tree.enter(&found);
        }
    }
}

/// What is read prints and parses again.
fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(kept) = serde_json::from_slice::<T>(bytes) else { return };
    let printed = serde_json::to_vec(&kept).expect("printed");
    assert_eq!(serde_json::from_slice::<T>(&printed).expect("parsed"), kept);
}

pub(crate) fn accepted(bytes: &[u8]) {
    kept::<Accepted>(bytes);
}

pub(crate) fn last(bytes: &[u8]) {
    kept::<Last>(bytes);
    let Ok(mut last) = serde_json::from_slice::<Last>(bytes) else { return };
    let both = [DriftAlarm::Files, DriftAlarm::Access];
    let paths: BTreeSet<EntryPath> =
        both.into_iter().flat_map(|alarm| last.alarming(alarm)).cloned().collect();
    last.accept(&paths);
    assert!(both.into_iter().all(|alarm| last.alarming(alarm).next().is_none()));
}
