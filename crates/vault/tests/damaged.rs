//! Repositories that stock `restic` made, damaged in each kind of file: what is whole is listed and read, the rest is named.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stock::Repository;
use zshield_vault::read::{Contents, Fault, File, Kind, Limits, ReadError, Trees};
use zshield_vault::store::{Object, ObjectKind, ObjectName};
use zshield_vault::{Depth, Finding, Generation, Opener, Vault};

type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// Two generations of files, in more than one pack of contents; nothing where there is no `restic`.
fn copied() -> Option<(Repository, PathBuf, Files)> {
    if !stock::is_there("restic") {
        println!("left out: there is no restic");
        return None;
    }
    let repository = Repository::new();
    let tree = repository.beside("tree");
    let mut random = fastrand::Rng::with_seed(7);
    let mut files = Files::new();
    for number in 0..60 {
        let name = format!("{}/{number}", number % 6);
        let mut bytes = vec![0; random.usize(0..600_000)];
        random.fill(&mut bytes);
        fs::create_dir_all(tree.join(&name).parent().unwrap()).unwrap();
        fs::write(tree.join(&name), &bytes).unwrap();
        files.insert(name.into_bytes(), bytes);
    }
    repository.restic(&["backup", "--time", "2026-01-01 00:00:00", "."], &tree);
    fs::write(tree.join("0/later"), b"later").unwrap();
    repository.restic(&["backup", "--time", "2026-01-02 00:00:00", "."], &tree);
    Some((repository, tree, files))
}

/// What reading a generation comes to.
#[derive(Default)]
struct Outcome {
    whole: usize,
    /// What is damaged: objects, and what of it shows in directories.
    objects: BTreeSet<Option<ObjectName>>,
    directories: usize,
}

fn read(contents: &Arc<Contents>, generation: &Generation, files: &Files) -> Outcome {
    let trees = Trees::new(Arc::clone(contents));
    let mut outcome = Outcome::default();
    let mut fault = |error: ReadError| match error {
        ReadError::Damaged { object, .. } => outcome.objects.insert(Some(object.name)),
        ReadError::Unknown(_) => outcome.objects.insert(None),
        ReadError::Store(error) => panic!("{error}"),
    };
    let root = trees.root(generation).unwrap();
    for (path, found) in trees.walk(&root) {
        match found {
            Err(error) => {
                fault(error);
                outcome.directories += 1;
            }
            Ok(entry) if matches!(entry.kind, Kind::File(_)) => {
                let bytes = File::new(contents, &entry).and_then(|file| {
                    assert_eq!(file.size(), entry.size);
                    file.read(contents, 0..u64::MAX)
                });
                match bytes {
                    Ok(bytes) => {
                        let wanted = files.get(&path).map_or(&b"later"[..], Vec::as_slice);
                        assert!(bytes == wanted, "{}", String::from_utf8_lossy(&path));
                        outcome.whole += 1;
                    }
                    Err(error) => {
                        fault(error);
                    }
                }
            }
            Ok(_) => {}
        }
    }
    outcome
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    // Restic writes what nobody may write to.
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn name(path: &Path) -> ObjectName {
    ObjectName::parse(path.file_name().unwrap().as_bytes()).unwrap()
}

#[test]
fn every_pack_is_damaged_in_turn_and_nothing_else_is_lost() {
    let Some((repository, _, files)) = copied() else { return };
    let contents = repository.contents(Limits::NEAR);
    let generation = repository.generations().remove(1);
    let whole = read(&contents, &generation, &files);
    assert_eq!((whole.whole, whole.objects.len(), whole.directories), (61, 0, 0));

    let (mut in_files, mut in_directories) = (0, 0);
    let packs = repository.objects(ObjectKind::Pack);
    assert!(packs.len() > 3);
    for pack in &packs {
        let sound = fs::read(pack).unwrap();
        for damage in ["flipped", "cut", "gone"] {
            fs::remove_file(pack).unwrap();
            match damage {
                "flipped" => {
                    fs::write(pack, &sound).unwrap();
                    flip(pack, sound.len() / 3);
                }
                "cut" => fs::write(pack, &sound[..sound.len() / 2]).unwrap(),
                _ => {}
            }
            for limits in [Limits::NEAR, Limits::FAR] {
                let contents = repository.contents(limits);
                let found = read(&contents, &generation, &files);
                // A pack of the other generation's directories alone is none of this one's.
                assert!(found.objects.iter().all(|object| *object == Some(name(pack))));
                assert!(found.whole + found.objects.len() + found.directories >= 1);
                if found.directories > 0 {
                    in_directories += 1;
                } else if found.whole < 61 {
                    in_files += 1;
                    if damage == "flipped" {
                        // One content, and with it one file.
                        assert_eq!(found.whole, 60);
                    }
                }
            }
            if damage == "gone" {
                fs::write(pack, b"").unwrap();
            }
        }
        fs::write(pack, &sound).unwrap();
    }
    assert!(in_files >= 12 && in_directories >= 6, "{in_files} {in_directories}");
}

#[test]
fn without_a_sound_index_packs_say_themselves_what_is_in_them() {
    let Some((repository, _, files)) = copied() else { return };
    let indexes = repository.objects(ObjectKind::Index);
    for index in &indexes {
        flip(index, 40);
    }
    let contents = repository.contents(Limits::NEAR);
    let named: BTreeSet<ObjectName> =
        contents.damaged().iter().map(object).map(|o| o.name).collect();
    assert_eq!(named, indexes.iter().map(|path| name(path)).collect());
    let generation = repository.generations().remove(1);
    assert_eq!(read(&contents, &generation, &files).whole, 61);

    // A pack that does not even say that any more is named, and the others are read all the same.
    let largest = repository.objects(ObjectKind::Pack);
    let largest = largest.iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    flip(largest, usize::try_from(fs::metadata(largest).unwrap().len()).unwrap() - 10);
    let contents = repository.contents(Limits::NEAR);
    assert!(contents.damaged().iter().any(|error| object(error).name == name(largest)));
    let found = read(&contents, &generation, &files);
    assert!(found.whole > 0 && found.whole < 61);
    assert_eq!(found.objects, [None].into());
}

fn object(error: &ReadError) -> Object {
    match error {
        ReadError::Damaged { object, .. } => *object,
        other => panic!("{other}"),
    }
}

#[test]
fn a_damaged_snapshot_is_named_and_the_others_are_read() {
    let Some((repository, _, files)) = copied() else { return };
    let generations = repository.generations();
    let [first, second] = generations.as_slice() else { panic!("{generations:?}") };
    flip(&repository.place().join("snapshots").join(&first.id), 20);
    let contents = repository.contents(Limits::NEAR);
    let (whole, damaged) = repository.vault().generations().unwrap();
    assert_eq!((whole, damaged), (vec![second.clone()], vec![first.id.clone()]));
    let error = Trees::new(Arc::clone(&contents)).root(first).unwrap_err();
    assert!(matches!(
        error,
        ReadError::Damaged { object: Object { kind: ObjectKind::Snapshot, name }, fault: Fault::Digest }
            if name.to_string() == first.id
    ));
    assert_eq!(read(&contents, second, &files).whole, 61);
}

#[test]
fn a_damaged_key_is_named_and_the_machine_s_own_opens() {
    let Some((repository, _, files)) = copied() else { return };
    let password = repository.beside("more").join("password");
    fs::write(&password, stock::key().reveal()).unwrap();
    let add = ["key", "add", "--new-password-file", password.to_str().unwrap()];
    repository.restic(&add, Path::new("/"));
    let keys = repository.objects(ObjectKind::Key);
    assert_eq!(keys.len(), 2);
    let own = repository.vault().key();
    flip(&keys[0], 0);
    let object = Object { kind: ObjectKind::Key, name: name(&keys[0]) };
    let vault = Vault::open(&repository.store(), Opener::Machine(&own)).unwrap();
    let findings = vault.check(Depth::Structure).unwrap();
    assert!(findings.contains(&Finding::Damaged(object)), "{findings:?}");
    let contents = vault.contents(Limits::NEAR).unwrap();
    let generation = repository.generations().remove(0);
    assert_eq!(read(&contents, &generation, &files).whole, 60);
}
