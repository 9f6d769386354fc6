//! Copies a tree into a repository in a directory, and takes the newest copy out again, as `cargo xtask bench vault` tells it.
//!
//! `copy REPOSITORY KEY TREE SECONDS`: the time is that of the backup. The repository and the file with its key are made where
//! there are none. `get REPOSITORY KEY DIRECTORY`: below its short name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Arc;

use zshield_units::UnixTime;
use zshield_vault::get::{Existing, get};
use zshield_vault::read::{Limits, Trees};
use zshield_vault::store::{Directory, ObjectStore};
use zshield_vault::{Described, Kind, MasterKey, Opener, Reading, Unpaced, Vault, copy, create};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["copy", repository, key, tree, seconds] => {
            copied(repository, key.as_ref(), tree.as_ref(), UnixTime(seconds.parse().unwrap()));
        }
        ["get", repository, key, directory] => got(repository, key.as_ref(), directory.as_ref()),
        _ => panic!("copy or get"),
    }
}

fn store(repository: &str) -> Arc<dyn ObjectStore> {
    Arc::new(Directory::new(repository))
}

fn copied(repository: &str, key: &Path, tree: &Path, taken: UnixTime) {
    let store = store(repository);
    if !key.exists() {
        std::fs::create_dir_all(repository).unwrap();
        let fresh = MasterKey::random();
        create(&store, &fresh).unwrap();
        fresh.save(key).unwrap();
    }
    let key = MasterKey::load(key).unwrap();
    let described =
        Described { kind: Kind::Latest, taken, host: "bench".to_owned(), version: None };
    let opener = Opener::Machine(&key);
    copy(&store, opener, tree, &described, Reading::Changed, Arc::new(Unpaced)).unwrap();
}

fn got(repository: &str, key: &Path, directory: &Path) {
    let key = MasterKey::load(key).unwrap();
    let vault = Vault::open(&store(repository), Opener::Machine(&key)).unwrap();
    let newest = vault.generations().unwrap().0.swap_remove(0);
    let trees = Trees::new(vault.contents(Limits::NEAR).unwrap());
    let root = trees.root(&newest).unwrap();
    let got = get(&trees, &root, directory, Existing::Stays).unwrap();
    assert!(got.damaged.is_empty());
}
