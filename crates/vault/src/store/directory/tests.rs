use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn object(kind: ObjectKind, number: u8) -> Object {
    Object { kind, name: ObjectName::new([number; 32]) }
}

fn prepared() -> (TempDir, Directory) {
    let place = tempfile::tempdir().unwrap();
    let store = Directory::new(place.path());
    store.prepare().unwrap();
    (place, store)
}

fn parts(text: &'static str) -> Vec<Bytes> {
    text.as_bytes().chunks(3).map(Bytes::from_static).collect()
}

#[test]
fn objects_come_back_in_whole_and_in_parts() {
    let (place, store) = prepared();
    for kind in ObjectKind::ALL {
        let object = if kind == ObjectKind::Config { Object::CONFIG } else { object(kind, 0xab) };
        assert_eq!(store.list(kind).unwrap(), []);
        store.write(object, &parts("some content")).unwrap();
        assert_eq!(store.list(kind).unwrap(), [Stored { name: object.name, bytes: 12 }]);
        assert_eq!(store.read(object).unwrap(), "some content");
        assert_eq!(store.read_range(object, 5..12).unwrap(), "content");
        assert!(place.path().join(object.path()).is_file());
        // It stays as it is.
        store.write(object, &parts("another")).unwrap();
        assert_eq!(store.read(object).unwrap(), "some content");
        for range in [5..13, 13..14, 0..u64::MAX] {
            let problem = store.read_range(object, range).unwrap_err().problem;
            assert!(matches!(problem, StoreProblem::Damaged(_)), "{problem:?}");
        }
        store.remove(object).unwrap();
        store.remove(object).unwrap();
        assert!(matches!(store.read(object).unwrap_err().problem, StoreProblem::NoObject));
    }
    assert_eq!(fs::read_dir(place.path().join("data")).unwrap().count(), 256);
}

#[test]
fn what_a_cut_left_is_no_object_and_goes() {
    let (place, store) = prepared();
    let pack = object(ObjectKind::Pack, 7);
    let left = place.path().join(format!("data/07/.{}.17-0.new", pack.name));
    fs::write(&left, "half").unwrap();
    fs::write(place.path().join("data/07/README"), "mine").unwrap();
    // In the directory of another.
    fs::write(place.path().join(format!("data/08/{}", pack.name)), "stray").unwrap();
    assert_eq!(store.list(ObjectKind::Pack).unwrap(), []);
    store.prepare().unwrap();
    assert!(!left.exists() && place.path().join("data/07/README").exists());
}

#[test]
fn a_directory_that_is_gone_is_made_and_the_top_is_not() {
    let (place, store) = prepared();
    fs::remove_dir_all(place.path().join("data")).unwrap();
    let pack = object(ObjectKind::Pack, 7);
    assert_eq!(store.list(ObjectKind::Pack).unwrap(), []);
    store.write(pack, &parts("content")).unwrap();
    assert_eq!(store.read(pack).unwrap(), "content");
    let nowhere = Directory::new(place.path().join("share/vault"));
    for problem in [
        nowhere.prepare().unwrap_err().problem,
        nowhere.write(pack, &parts("content")).unwrap_err().problem,
        nowhere.list(ObjectKind::Pack).unwrap_err().problem,
        nowhere.remove(pack).unwrap_err().problem,
    ] {
        assert!(matches!(problem, StoreProblem::NoPlace), "{problem:?}");
    }
    assert!(!place.path().join("share").exists());
}

#[test]
fn no_link_leads_out() {
    let (place, store) = prepared();
    let outside = tempfile::tempdir().unwrap();
    let (pack, key) = (object(ObjectKind::Pack, 7), object(ObjectKind::Key, 7));
    fs::write(outside.path().join(pack.name.to_string()), "secret").unwrap();
    fs::remove_dir(place.path().join("data/07")).unwrap();
    symlink(outside.path(), place.path().join("data/07")).unwrap();
    symlink(outside.path().join(pack.name.to_string()), place.path().join(key.path())).unwrap();
    for object in [pack, key] {
        assert!(store.read(object).is_err());
    }
    assert!(store.list(ObjectKind::Pack).is_err());
    assert_eq!(store.list(ObjectKind::Key).unwrap(), []);
    assert!(store.write(object(ObjectKind::Pack, 7), &parts("x")).is_err());
    assert!(store.remove(pack).is_err());
    store.write(key, &parts("mine")).unwrap();
    assert_eq!(fs::read(outside.path().join(pack.name.to_string())).unwrap(), b"secret");
}

#[test]
fn each_refusal_of_the_kernel_has_its_meaning() {
    for (error, passes) in
        [(Errno::NOSPC, false), (Errno::ROFS, false), (Errno::STALE, true), (Errno::IO, false)]
    {
        assert_eq!(of_disk(&io::Error::from(error)).passes(), passes, "{error}");
    }
    assert!(matches!(problem(Errno::DQUOT), StoreProblem::NoSpace));
    assert!(matches!(problem(Errno::PERM), StoreProblem::NotAllowed));
    assert!(matches!(problem(Errno::ROFS), StoreProblem::ReadOnly));
}

#[test]
fn no_pack_is_written_into_the_room_of_those_who_make_room() {
    let (place, store) = prepared();
    let store = store.reserving(u64::MAX);
    let written = store.write(object(ObjectKind::Pack, 1), &parts("a pack"));
    assert!(matches!(written.unwrap_err().problem, StoreProblem::NoSpace));
    for kind in [ObjectKind::Key, ObjectKind::Index, ObjectKind::Snapshot] {
        store.write(object(kind, 1), &parts("no pack")).unwrap();
    }
    let free = zshield_linux::usage::free(place.path()).unwrap();
    let store = Directory::new(place.path()).reserving(free / 2);
    store.write(object(ObjectKind::Pack, 1), &parts("a pack")).unwrap();
}
