//! A generation that stock `restic` copied, mounted, against what it is a copy of. Needs root, `/dev/fuse`, `restic`, `rsync` and
//! the programs that set attributes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stock;

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustix::process::Signal;
use stock::Repository;
use zshield_golden::compare::Expected;
use zshield_golden::xattrs::SERVED_LABEL;
use zshield_live::{Depth, Difference, Scope};
use zshield_units::UnixTime;
use zshield_vault::fuse::{Mounted, Unreadable};
use zshield_vault::read::{FLAGS, ReadError};
use zshield_vault::store::ObjectKind;
use zshield_vault::{Described, Kind, Opener, Reading, Unpaced, copy};

const NEEDS: [&str; 6] = ["restic", "rsync", "setfacl", "getfattr", "setcap", "/dev/fuse"];

fn run(program: &str, arguments: &[&str], within: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(within).output().unwrap();
    let all =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{program} {arguments:?}: {}", all[1]);
    all.concat()
}

/// Everything odd that a filesystem can hold, but what restic 0.14 itself loses: sockets, attributes of links, and
/// bytes in their targets that are no UTF-8.
fn odd_things(at: &Path) {
    let write = |name: &[u8], bytes: &[u8]| {
        let path = at.join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write(b"empty", b"");
    write(b"usr/bin/sudo", b"#!/bin/sh\n");
    write(b"not \xff\xfe UTF-8 \"quoted\" \\ back\nslash", b"1");
    write("wide \u{1f980} é".as_bytes(), b"2");
    write(&[b'n'; 255], b"long");
    write(&[[b'd'; 200].as_slice(), b"/", &[b'e'; 255]].concat(), b"deep");
    for many in 0..700 {
        write(format!("many/{many:05}").as_bytes(), many.to_string().as_bytes());
    }
    let mut random = fastrand::Rng::with_seed(1);
    let mut large = vec![0; 100 << 20];
    random.fill(&mut large[..20 << 20]);
    write(b"large", &large);
    let sparse = fs::File::create(at.join("sparse")).unwrap();
    sparse.set_len(64 << 20).unwrap();
    fs::OpenOptions::new().append(true).open(at.join("sparse")).unwrap().write_all(b"end").unwrap();
    fs::hard_link(at.join("usr/bin/sudo"), at.join("usr/bin/sudoedit")).unwrap();
    fs::hard_link(at.join("large"), at.join("usr/large")).unwrap();
    symlink("usr/bin/sudo", at.join("link")).unwrap();
    symlink("no/where", at.join("dangling")).unwrap();
    run("mknod", &["block", "b", "253", "1048575"], at);
    run("mknod", &["char", "c", "4094", "65536"], at);
    run("mkfifo", &["pipe"], at);
    run("mkdir", &["-p", "tmp", "group", "no-access"], at);
    let mode =
        |name: &str, mode| fs::set_permissions(at.join(name), fs::Permissions::from_mode(mode));
    run("chown", &["1234:5678", "usr/bin/sudo", "empty"], at);
    run("chown", &["-h", "3:4", "link"], at);
    mode("usr/bin/sudo", 0o4711).unwrap();
    mode("tmp", 0o1777).unwrap();
    mode("group", 0o2775).unwrap();
    mode("no-access", 0).unwrap();
    run("setfacl", &["-m", "u:77:r,g:78:rwx", "empty"], at);
    run("setfacl", &["-d", "-m", "u:77:rwx", "group"], at);
    run("setcap", &["cap_net_raw+ep", "many/00001"], at);
    run("setfattr", &["-n", "user.note", "-v", "0x00ff0a22", "many/00002"], at);
    run("setfattr", &["-n", "security.selinux", "-v", "system_u:object_r:bin_t:s0", "usr"], at);
    run("touch", &["-d", "1969-12-31 23:59:58.123456789 UTC", "empty"], at);
    run("touch", &["-d", "2040-02-03 04:05:06.000000007 UTC", "many"], at);
    run("touch", &["-h", "-d", "2001-02-03 04:05:06.7 UTC", "link"], at);
}

/// The repository, with the tree that was copied into it once.
fn copied() -> (Repository, std::path::PathBuf) {
    let repository = Repository::new();
    let tree = repository.beside("tree");
    odd_things(&tree);
    repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
    (repository, tree)
}

fn mount(repository: &Repository, tree: &Path) -> Mounted {
    let (trees, root) = repository.open(tree);
    Mounted::new(trees, root, &repository.beside("mounted")).unwrap()
}

/// What `rsync` would do to make the tree what is mounted.
fn rsync(mounted: &Mounted, tree: &Path) -> String {
    let same = ["-aHAXS", "--dry-run", "--itemize-changes", "--checksum", "--delete"];
    let [one, other] = [mounted.root(), tree].map(|root| format!("{}/", root.display()));
    run("rsync", &[&same[..], &[&one, &other]].concat(), Path::new("/"))
}

/// What a live recovery would do.
fn no_difference(mounted: &Mounted, tree: &Path) {
    for depth in [Depth::Quick, Depth::Deep] {
        let scope = Scope::whole(Expected::default());
        let found = Difference::between(mounted.root(), tree, &scope, depth, &|_| ()).unwrap();
        assert!(found.is_none(), "{:?}", found.changes);
    }
}

/// Our own copies hold more than those of restic 0.14.
#[test]
fn what_we_copied_ourselves_is_mounted_whole() {
    stock::as_root("what_we_copied_ourselves_is_mounted_whole", &NEEDS, || {
        let (repository, master) = Repository::ours();
        let tree = repository.beside("tree");
        odd_things(&tree);
        drop(std::os::unix::net::UnixListener::bind(tree.join("socket")).unwrap());
        symlink(OsStr::from_bytes(b"no/\xff\xfe"), tree.join("odd link")).unwrap();
        let label = ["-h", "-n", "security.selinux", "-v", "system_u:object_r:x_t:s0", "link"];
        run("setfattr", &label, &tree);
        run("chown", &["5:6", "."], &tree);
        let described = Described {
            kind: Kind::Latest,
            taken: UnixTime(1_700_000_000),
            host: "here".into(),
            version: None,
        };
        let opener = Opener::Machine(&master);
        let copied = copy(
            &repository.store(),
            opener,
            &tree,
            &described,
            Reading::Changed,
            Arc::new(Unpaced),
        );
        copied.unwrap();
        let (trees, root) = repository.open(Path::new("/"));
        let mounted = Mounted::new(trees, root, &repository.beside("mounted")).unwrap();
        no_difference(&mounted, &tree);
        assert_eq!(rsync(&mounted, &tree), "");
        assert_eq!(fs::metadata(mounted.root().join("sparse")).unwrap().blocks(), 8);
        assert!(mounted.damaged().is_empty());
    });
}

/// What is damaged is an error to whoever reads it, and is remembered; everything else is there.
#[test]
fn what_is_damaged_is_an_error_and_is_remembered() {
    stock::as_root("what_is_damaged_is_an_error_and_is_remembered", &NEEDS, || {
        let repository = Repository::new();
        let tree = repository.beside("tree");
        let mut random = fastrand::Rng::with_seed(2);
        for name in ["a/one", "b/two", "b/c/three"] {
            let mut bytes = vec![0; 200_000];
            random.fill(&mut bytes);
            fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
            fs::write(tree.join(name), bytes).unwrap();
        }
        repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
        let largest = |packs: Vec<std::path::PathBuf>| {
            packs.into_iter().max_by_key(|pack| fs::metadata(pack).unwrap().len()).unwrap()
        };
        let pack = largest(repository.objects(ObjectKind::Pack));
        let mut bytes = fs::read(&pack).unwrap();
        bytes[100_000] ^= 1;
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bytes).unwrap();

        let mounted = mount(&repository, &tree);
        let names = ["a/one", "b/two", "b/c/three"];
        let read = names.map(|name| (name, fs::read(mounted.root().join(name))));
        let failed: Vec<_> = read.iter().filter(|(_, bytes)| bytes.is_err()).collect();
        let [(name, Err(error))] = failed.as_slice() else { panic!("{failed:?}") };
        assert_eq!(error.raw_os_error(), Some(5));
        let [damaged]: [Unreadable; 1] = mounted.damaged().try_into().unwrap();
        assert_eq!(damaged.path, name.as_bytes());
        let ReadError::Damaged { object, .. } = &*damaged.error else {
            panic!("{}", damaged.error)
        };
        assert_eq!(repository.place().join(object.path()), pack);
    });
}

/// What the kernel, or the format, has no other way for.
#[test]
fn labels_and_flags_are_served_under_names_that_nobody_lists() {
    stock::as_root("labels_and_flags_are_served_under_names_that_nobody_lists", &NEEDS, || {
        let repository = Repository::new();
        let tree = repository.beside("tree");
        fs::write(tree.join("file"), "content").unwrap();
        run("setfattr", &["-n", "security.selinux", "-v", "a_t", "file"], &tree);
        // No dump: the seventh bit.
        run("setfattr", &["-n", FLAGS, "-v", "0x40000000", "file"], &tree);
        repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
        let mounted = mount(&repository, &tree);
        let file = fs::File::open(mounted.root().join("file")).unwrap();
        assert_eq!(rustix::fs::ioctl_getflags(&file).unwrap(), rustix::fs::IFlags::NODUMP);
        let listed = run("getfattr", &["-d", "-m", "-", "file"], mounted.root());
        assert_eq!(listed, "# file: file\nsecurity.selinux=\"a_t\"\n\n");
        let served = ["-n", SERVED_LABEL, "--only-values", "file"];
        assert_eq!(run("getfattr", &served, mounted.root()), "a_t");
    });
}

/// What a killed process left is found and unmounted by its place, as every other mount.
#[test]
fn a_mount_of_a_killed_process_is_unmounted() {
    const AT: &str = "ZSHIELD_TEST_MOUNTS_AT";
    const TEST: &str = "a_mount_of_a_killed_process_is_unmounted";
    stock::as_root(TEST, &NEEDS, || {
        if let Some(at) = std::env::var_os(AT) {
            let repository = Repository::new();
            let tree = repository.beside("tree");
            fs::write(tree.join("file"), "content").unwrap();
            repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
            let (trees, root) = repository.open(&tree);
            let mounted = Mounted::new(trees, root, Path::new(&at)).unwrap();
            assert_eq!(fs::read(mounted.root().join("file")).unwrap(), b"content");
            rustix::process::kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("mounted");
        fs::create_dir(&at).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", TEST]).env(AT, &at).env("TMPDIR", directory.path());
        assert_eq!(child.status().unwrap().signal(), Some(Signal::KILL.as_raw()));
        assert_eq!(fs::read_dir(&at).unwrap_err().kind(), ErrorKind::NotConnected);
        zshield_linux::mount::detach(&at).unwrap();
        assert_eq!(fs::read_dir(&at).unwrap().count(), 0);
    });
}

/// Who is in a mount when it goes keeps it until he leaves.
#[test]
fn a_mount_in_use_goes_out_of_sight() {
    stock::as_root("a_mount_in_use_goes_out_of_sight", &NEEDS, || {
        let repository = Repository::new();
        let tree = repository.beside("tree");
        fs::write(tree.join("file"), "content").unwrap();
        repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
        let mounted = mount(&repository, &tree);
        let at = mounted.root().to_owned();
        let mut open = fs::File::open(at.join("file")).unwrap();
        drop(mounted);
        assert_eq!(fs::read_dir(&at).unwrap().count(), 0);
        let mut text = String::new();
        open.read_to_string(&mut text).unwrap();
        assert_eq!(text, "content");
    });
}

#[test]
fn what_is_mounted_is_what_was_copied() {
    stock::as_root("what_is_mounted_is_what_was_copied", &NEEDS, || {
        let (repository, tree) = copied();
        let mounted = mount(&repository, &tree);
        let at = mounted.root().to_str().unwrap();
        let from = tree.to_str().unwrap();

        assert_eq!(rsync(&mounted, &tree), "");
        // Devices and pipes are what the line before has compared.
        let odd = ["block", "char", "pipe"].map(|name| format!("--exclude={name}"));
        let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
        run("diff", &[&["-r", "--no-dereference"], &odd[..], &[at, from]].concat(), Path::new("/"));
        let xattrs = |root: &Path| {
            let all = run("getfattr", &["-Rhd", "-m", "-", "."], root);
            all.split("\n\n").map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(xattrs(mounted.root()), xattrs(&tree));
        no_difference(&mounted, &tree);
        let shows = |name: &&str| {
            let [one, other] =
                [mounted.root(), &tree].map(|root| fs::symlink_metadata(root.join(name)).unwrap());
            assert_eq!((one.ino(), one.rdev()), (other.ino(), other.rdev()), "{name}");
            // Of directories restic notes no number of names.
            let links = if other.is_dir() { 1 } else { other.nlink() };
            assert_eq!(one.nlink(), links, "{name}");
            assert_eq!(
                (one.ctime(), one.ctime_nsec()),
                (other.ctime(), other.ctime_nsec()),
                "{name}"
            );
        };
        ["", "usr/bin/sudo", "usr/bin/sudoedit", "block", "char", "link", "no-access"]
            .iter()
            .for_each(shows);
        assert_eq!(fs::metadata(mounted.root().join("sparse")).unwrap().blocks(), 8);
        assert!(mounted.damaged().is_empty());
        assert!(fs::write(mounted.root().join("new"), "").is_err());

        let at = mounted.root().to_owned();
        drop(mounted);
        assert_eq!(fs::read_dir(at).unwrap().count(), 0);
    });
}
