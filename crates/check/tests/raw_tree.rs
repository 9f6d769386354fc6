//! A filesystem read from its device, held against the tree that e2fsprogs made it of; and what is
//! said of it to be as it was, after debugfs has changed it.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use zshield_check::inodes::Basis;
use zshield_check::raw_tree::RawTree;
use zshield_formats::cow::{Changed, ExceptionStore};
use zshield_formats::ext4::{Ext4Error, Filesystem};
use zshield_golden::EntryPath;
use zshield_golden::compare::{Expected, FileKind, FileMetadata, FileTree, Found, Walk};

const CHUNK: usize = 4096;
const DEVICE: u64 = 77;

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Something of each kind, a directory with an index, and a file in many pieces.
fn tree(at: &Path) {
    fs::create_dir_all(at.join("etc/deep/er")).unwrap();
    fs::create_dir(at.join("many")).unwrap();
    for number in 0..700 {
        let name = format!("many/a name that takes some room {number:04}");
        fs::write(at.join(name), vec![7; number * 5]).unwrap();
    }
    fs::write(at.join("etc/empty"), "").unwrap();
    fs::write(at.join("etc/tool"), vec![1; 100_000]).unwrap();
    fs::set_permissions(at.join("etc/tool"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::hard_link(at.join("etc/tool"), at.join("etc/deep/tool")).unwrap();
    symlink("tool", at.join("etc/short")).unwrap();
    symlink("a/".repeat(60), at.join("etc/long")).unwrap();
    let sparse = File::create(at.join("etc/pieces")).unwrap();
    for piece in 0..400 {
        sparse.write_all_at(b"piece", piece * 20_000).unwrap();
    }
    run("mkfifo", &[text(&at.join("etc/fifo"))]);
    run("mknod", &[text(&at.join("etc/null")), "c", "1", "3"]);
    run("mknod", &[text(&at.join("etc/large")), "b", "259", "70000"]);
    run("touch", &["-d", "2030-05-06 07:08:09", text(&at.join("etc/deep/er"))]);
    run("chown", &["-h", "70000:80000", text(&at.join("etc/short"))]);
}

struct Images {
    directory: tempfile::TempDir,
    tree: PathBuf,
}

impl Images {
    fn new(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tree_at = directory.path().join("tree");
        tree(&tree_at);
        let images = Self { directory, tree: tree_at };
        File::create(images.origin()).unwrap().set_len(96 << 20).unwrap();
        let origin = images.origin();
        let made = ["-q", "-F", "-t", "ext4", "-d", text(&images.tree)];
        run("mke2fs", &[&made[..], arguments, &[text(&origin)]].concat());
        fs::copy(&origin, images.snapshot()).unwrap();
        images
    }

    fn origin(&self) -> PathBuf {
        self.directory.path().join("origin")
    }

    fn snapshot(&self) -> PathBuf {
        self.directory.path().join("snapshot")
    }

    fn debugfs(&self, script: &str) {
        let file = self.directory.path().join("script");
        fs::write(&file, script).unwrap();
        run("debugfs", &["-w", "-f", text(&file), text(&self.origin())]);
    }

    /// A store that has an exception for each chunk that differs.
    fn store(&self) -> PathBuf {
        let (now, then) = (fs::read(self.origin()).unwrap(), fs::read(self.snapshot()).unwrap());
        let chunks = now.chunks(CHUNK).zip(then.chunks(CHUNK)).enumerate();
        let changed: Vec<u64> =
            chunks.filter(|(_, (now, then))| now != then).map(|(at, _)| at as u64).collect();
        let path = self.directory.path().join("store");
        let store = File::create(&path).unwrap();
        store.set_len((changed.len() as u64 * 2 + 1000) * CHUNK as u64).unwrap();
        for (at, word) in (0..).zip([0x7041_6e53u32, 1, 1, 8]) {
            store.write_all_at(&word.to_le_bytes(), at * 4).unwrap();
        }
        let per_area = CHUNK as u64 / 16;
        let mut stored = 2;
        for (index, origin) in (0..).zip(changed) {
            let area = 1 + index / per_area * (per_area + 1);
            if stored == area + per_area + 1 || stored == area {
                stored += 1;
            }
            let at = area * CHUNK as u64 + index % per_area * 16;
            store.write_all_at(&[origin.to_le_bytes(), stored.to_le_bytes()].concat(), at).unwrap();
            stored += 1;
            if (stored - 1).is_multiple_of(per_area + 1) {
                stored += 1;
            }
        }
        path
    }

    fn basis(&self) -> Result<Basis, Ext4Error> {
        let store = File::open(self.store()).unwrap();
        let store = ExceptionStore::open(&store, &File::open(self.origin()).unwrap()).unwrap();
        let changed = Changed::read(&[store]).unwrap();
        let open = |path: PathBuf| Filesystem::open(File::open(path).unwrap());
        Ok(Basis::new(open(self.origin())?, open(self.snapshot())?, changed).unwrap())
    }
}

fn all(tree: &mut dyn FileTree) -> BTreeMap<String, Found> {
    let mut found = BTreeMap::new();
    let mut last = None;
    while let Some(next) = tree.next() {
        let next = next.unwrap();
        assert!(last < Some(next.path.clone()), "{last:?} {:?}", next.path);
        last = Some(next.path.clone());
        if next.metadata.kind == FileKind::Directory {
            tree.enter(&next);
        }
        found.insert(next.path.to_string(), next);
    }
    found
}

fn raw_tree(images: &Images) -> BTreeMap<String, Found> {
    let basis = images.basis().unwrap();
    let inodes = basis.inodes(DEVICE).unwrap();
    let (scope, mounts) = (Expected::nothing(), BTreeSet::<EntryPath>::new());
    all(&mut RawTree::new(&inodes, DEVICE, &mounts, &images.tree, &scope))
}

#[test]
fn what_is_read_from_the_device_is_the_tree() {
    for arguments in [
        &[][..],
        &["-b", "1024"],
        &["-O", "^64bit"],
        &["-O", "^flex_bg,^metadata_csum,uninit_bg"],
        &["-O", "^metadata_csum,^uninit_bg"],
        &["-O", "metadata_csum_seed"],
        &["-I", "512"],
    ] {
        let images = Images::new(arguments);
        let scope = Expected::nothing();
        let mut wanted = all(&mut Walk::new(&images.tree, &scope).unwrap());
        let mut found = raw_tree(&images);
        let made = found.remove("lost+found").unwrap();
        assert!(made.made_by_mkfs && made.is_settled);
        // mke2fs makes the root directory itself.
        wanted.remove(".");
        found.remove(".");
        assert_eq!(wanted.len(), found.len());
        for (path, wanted) in wanted {
            let found = &found[&path];
            assert!(found.is_settled, "{arguments:?} {path}");
            let metadata = FileMetadata { identity: wanted.metadata.identity, ..found.metadata };
            let is_file = wanted.metadata.kind == FileKind::File;
            let size = if is_file { wanted.metadata.size } else { metadata.size };
            let links = if is_file { wanted.metadata.links } else { metadata.links };
            assert_eq!(
                metadata,
                FileMetadata { size, links, ..wanted.metadata },
                "{arguments:?} {path}"
            );
        }
    }
}

#[test]
fn only_what_was_written_is_not_settled() {
    let images = Images::new(&["-b", "4096"]);
    let new = images.directory.path().join("new");
    fs::write(&new, vec![9; 5000]).unwrap();
    images.debugfs(&format!(
        "set_inode_field /etc/empty mode 0100600\n\
         unlink /etc/short\n\
         rm /etc/fifo\n\
         write {} etc/fresh\n\
         zap_block -f /etc/pieces -p 0x41 292\n\
         zap_block -f /etc/tool -p 0x41 3\n\
         ln /many /etc/another\n",
        new.display()
    ));
    // Through the system, what is not settled is looked at below the tree: it has to be there.
    fs::write(images.tree.join("etc/fresh"), "").unwrap();
    fs::create_dir(images.tree.join("etc/another")).unwrap();
    fs::remove_file(images.tree.join("etc/fifo")).unwrap();
    let found = raw_tree(&images);
    let unsettled: Vec<&str> = found
        .iter()
        .filter(|(path, found)| !found.is_settled && !path.starts_with("etc/another/"))
        .map(|(path, _)| path.as_str())
        .collect();
    let wanted =
        ["etc/another", "etc/deep/tool", "etc/empty", "etc/fresh", "etc/pieces", "etc/tool"];
    assert_eq!(unsettled, wanted);
    assert!(!found.contains_key("etc/short") && !found.contains_key("etc/fifo"));
}

#[test]
fn a_name_that_leads_to_another_file_is_not_settled() {
    let images = Images::new(&[]);
    images.debugfs("unlink /etc/empty\nln /etc/large /etc/empty\n");
    let found = raw_tree(&images);
    assert!(!found["etc/empty"].is_settled);
    assert!(found["etc/null"].is_settled);
}

#[test]
fn what_is_not_known_is_refused() {
    for (arguments, feature) in [("inline_data", 0x8000), ("ea_inode", 0x400)] {
        let images = Images::new(&["-O", arguments]);
        let refused = images.basis().unwrap_err();
        assert!(matches!(refused, Ext4Error::Feature(found) if found == feature), "{refused}");
    }
    let images = Images::new(&["-O", "^extent,^64bit"]);
    let found = raw_tree(&images);
    assert!(found.contains_key("etc/tool") && found.values().all(|found| !found.is_settled));
    let plain = tempfile::NamedTempFile::new().unwrap();
    plain.as_file().set_len(1 << 20).unwrap();
    let refused = Filesystem::open(plain.reopen().unwrap()).unwrap_err();
    assert!(matches!(refused, Ext4Error::None));
}
