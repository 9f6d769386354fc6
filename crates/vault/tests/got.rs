//! Files and directories taken out of a generation, and the proof by samples.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stock;

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::Command;

use stock::Repository;
use zshield_vault::get::{Existing, GetError, get};
use zshield_vault::read::{Limits, ReadError, Trees};
use zshield_vault::sample::{Lot, prove};
use zshield_vault::store::{Object, ObjectKind, ObjectName};

const NEEDS: [&str; 4] = ["restic", "rsync", "setfacl", "setfattr"];

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A tree with links, attributes and holes.
fn tree(at: &Path) {
    fs::create_dir_all(at.join("in/deep")).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    for name in ["in/one", "in/deep/two", "three"] {
        let mut bytes = vec![0; 3_000_000];
        random.fill(&mut bytes);
        fs::write(at.join(name), bytes).unwrap();
    }
    fs::File::create(at.join("hole")).unwrap().set_len(50 << 20).unwrap();
    fs::write(at.join("empty"), "").unwrap();
    fs::hard_link(at.join("in/one"), at.join("in/deep/another")).unwrap();
    symlink("one", at.join("in/link")).unwrap();
    let within = |name: &str| at.join(name).to_str().unwrap().to_owned();
    run("mknod", &[&within("in/null"), "c", "1", "3"]);
    run("mkfifo", &[&within("pipe")]);
    run("chown", &["-h", "12:34", &within("in/link"), &within("in/one")]);
    run("chmod", &["6755", &within("in/one")]);
    run("setfacl", &["-m", "u:77:r", &within("three")]);
    run("setfattr", &["-n", "user.note", "-v", "hello", &within("in")]);
    run(
        "touch",
        &["-d", "2001-02-03 04:05:06.7", &within("three"), &within("in/deep"), &within("in")],
    );
}

fn copied() -> (Repository, std::path::PathBuf) {
    let repository = Repository::new();
    let at = repository.beside("tree");
    tree(&at);
    repository.restic(&["backup", at.to_str().unwrap()], Path::new("/"));
    (repository, at)
}

fn differing(one: &Path, other: &Path) -> String {
    let [one, other] = [one, other].map(|path| format!("{}/", path.display()));
    run(
        "rsync",
        &["-aHAX", "--checksum", "--dry-run", "--delete", "--itemize-changes", &one, &other],
    )
}

#[test]
fn a_directory_comes_out_with_all_that_it_had() {
    stock::as_root("a_directory_comes_out_with_all_that_it_had", &NEEDS, || {
        let (repository, tree) = copied();
        let (trees, whole) = repository.open(&tree);
        let into = repository.beside("out");
        let got = get(&trees, &whole, &into, Existing::Stays).unwrap();
        assert!(got.damaged.is_empty());
        assert_eq!(differing(&tree, &into.join("tree")), "");
        assert_eq!(fs::metadata(into.join("tree/hole")).unwrap().blocks(), 0);
        assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
        let again = get(&trees, &whole, &into, Existing::Replaced);
        assert!(matches!(again, Err(GetError::Exists(_))), "{again:?}");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
    });
}

#[test]
fn what_exists_stays_unless_it_is_to_be_replaced() {
    stock::as_root("what_exists_stays_unless_it_is_to_be_replaced", &NEEDS, || {
        let (repository, tree) = copied();
        let (trees, file) = repository.open(&tree.join("three"));
        let into = repository.beside("out");
        fs::write(into.join("three"), "mine").unwrap();
        assert!(matches!(get(&trees, &file, &into, Existing::Stays), Err(GetError::Exists(_))));
        assert_eq!(fs::read(into.join("three")).unwrap(), b"mine");
        get(&trees, &file, &into, Existing::Replaced).unwrap();
        assert_eq!(fs::read(into.join("three")).unwrap(), fs::read(tree.join("three")).unwrap());
    });
}

/// Damages the first content of a file in its pack, and says which pack that is.
fn damage(repository: &Repository, path: &Path) -> ObjectName {
    let (_, file) = repository.open(path);
    let packs = repository.objects(ObjectKind::Pack);
    for pack in packs {
        let sound = fs::read(&pack).unwrap();
        for at in (0..sound.len()).step_by(200_000) {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            fs::remove_file(&pack).unwrap();
            fs::write(&pack, bytes).unwrap();
            let contents = repository.contents(Limits::NEAR);
            let read = zshield_vault::read::File::new(&contents, &file)
                .and_then(|file| file.read(&contents, 0..u64::MAX));
            if let Err(ReadError::Damaged { object: Object { name, .. }, .. }) = read {
                return name;
            }
        }
        fs::write(&pack, &sound).unwrap();
    }
    panic!("nothing was damaged");
}

#[test]
fn what_is_damaged_is_left_out_and_named() {
    stock::as_root("what_is_damaged_is_left_out_and_named", &NEEDS, || {
        let (repository, tree) = copied();
        let pack = damage(&repository, &tree.join("in/deep/two"));
        let (trees, whole) = repository.open(&tree);
        let into = repository.beside("out");
        let got = get(&trees, &whole, &into, Existing::Stays).unwrap();
        let [(path, ReadError::Damaged { object, .. })] = got.damaged.as_slice() else {
            panic!("{got:?}")
        };
        assert_eq!((path.as_slice(), object.name), (b"in/deep/two".as_slice(), pack));
        assert_eq!(
            differing(&tree, &into.join("tree")),
            "*deleting   in/deep/two\n".replace("*deleting  ", ">f+++++++++")
        );
        let (trees, alone) = repository.open(&tree.join("in/deep/two"));
        let alone = get(&trees, &alone, &into, Existing::Stays);
        assert!(matches!(alone, Err(GetError::Read(ReadError::Damaged { .. }))), "{alone:?}");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
    });
}

#[test]
fn a_sample_proves_what_it_read_and_names_what_is_damaged() {
    stock::as_root("a_sample_proves_what_it_read_and_names_what_is_damaged", &NEEDS, || {
        let (repository, tree) = copied();
        fs::write(tree.join("later"), "later").unwrap();
        repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
        let read = Cell::new(0);
        let prove = |seed, files| {
            read.set(0);
            let trees = Trees::new(repository.contents(Limits::NEAR));
            let lot = Lot { seed, generations: 2, files };
            prove(&trees, &repository.generations(), lot, &|bytes| read.set(read.get() + bytes))
                .unwrap()
        };
        // Six names of files in the first generation, seven in the second.
        let all = prove(1, 100);
        assert_eq!((all.generations, all.files, all.damaged.len()), (2, 13, 0));
        assert_eq!(all.bytes, read.get());
        let two = prove(1, 1);
        assert_eq!(two.files, 2);
        let bytes = |seed| prove(seed, 1).bytes;
        assert_eq!(bytes(1), two.bytes);
        assert!((2..40).any(|seed| bytes(seed) != two.bytes));

        let pack = damage(&repository, &tree.join("three"));
        let found = prove(1, 100);
        assert_eq!((found.files, found.damaged.len()), (11, 2));
        for damaged in &found.damaged {
            assert!(damaged.path.ends_with(b"/three"));
            assert!(
                matches!(damaged.error, ReadError::Damaged { object, .. } if object.name == pack)
            );
        }
    });
}
