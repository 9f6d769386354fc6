//! From a tree through squashfs and manifest to a target, and every kind of drift after that.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Slot, drifts, is_root, payload, run, set, text, unpacked};
use zshield_golden::EntryPath;
use zshield_golden::compare::{Difference, Expected};
use zshield_golden::manifest::{Kind, Listing, Node};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, UnpackError, unpack, unpack_unproved};
use zshield_golden::xattrs::{self, STORED_ACL};

#[test]
fn the_manifest_is_what_the_tree_was() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    // mksquashfs leaves out no more than the sockets' content: the tree itself is no drift.
    assert_eq!(drifts(&slot.tree, &manifest, &Expected::nothing()), []);
    let kinds = |wanted: fn(&Node) -> bool| {
        manifest.entries().unwrap().filter(|entry| wanted(&entry.as_ref().unwrap().node)).count()
    };
    assert_eq!(kinds(|node| matches!(node, Node::HardLink { .. })), 2);
    assert_eq!(kinds(|node| matches!(node, Node::Inode { kind: Kind::Socket, .. })), 1);
    assert_eq!(kinds(|node| matches!(node, Node::Inode { kind: Kind::Fifo, .. })), 1);
    let devices = |node: &Node| {
        matches!(node, Node::Inode { kind: Kind::BlockDevice(number), .. }
            if (number.major, number.minor) == (259, 70_000))
    };
    assert_eq!(kinds(devices), usize::from(is_root()), "devices are made by root only");
}

#[test]
fn what_is_unpacked_is_the_payload_and_unsquashfs_agrees() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let mounted = slot.dir.path().join("mounted");
    run("unsquashfs", &["-quiet", "-no-progress", "-d", text(&mounted), text(&slot.squashfs())]);
    assert_eq!(drifts(&mounted, &manifest, &Expected::nothing()), []);
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    let (mount, image) = (Source::Mounted(&mounted), Source::Image(&image));
    for (name, source) in [("from-mount", mount), ("from-image", image), ("unproved", image)] {
        let target = slot.directory(name);
        let progress = AtomicU64::new(0);
        let count = |bytes| {
            progress.fetch_add(bytes, Ordering::Relaxed);
        };
        let work = if name == "unproved" { unpack_unproved } else { unpack };
        let done = work(source, &target, &manifest, &count).unwrap();
        assert_eq!(drifts(&target, &manifest, &Expected::nothing()), [], "{name}");
        assert_eq!(progress.into_inner(), done.bytes, "{name}");
        assert_eq!(done.entries, manifest.header().entries);
        let sparse = fs::metadata(target.join("var/sparse")).unwrap();
        assert_eq!(sparse.len(), 5_000_000, "{name}");
        assert!(sparse.blocks() * 512 < 65_536, "{name}: holes stay holes");
    }
}

#[test]
fn names_of_one_file_on_two_filesystems_are_two_files() {
    let slot = Slot::new();
    let mounted = ["a", "usr/share"].map(|path| path.parse().unwrap());
    let listing = Listing::from_squashfs(&slot.squashfs(), &mounted, &|_| {}).unwrap();
    let entries: Vec<_> = listing.iter().map(Result::unwrap).collect();
    let node = |path: &str| &entries.iter().find(|e| e.path.to_string() == path).unwrap().node;
    let file = |path: &str| match node(path) {
        Node::Inode { kind: Kind::File { size, digest, links }, .. } => (*size, *digest, *links),
        other => panic!("{path}: {other:?}"),
    };
    // The name on the other filesystem is a file of its own, the two on this one are links still.
    let (there, here) = (file("a/third"), file("usr/bin/another"));
    assert_eq!((there.2, here.2), (1, 2));
    assert_eq!((there.0, there.1), (here.0, here.1));
    let first: EntryPath = "usr/bin/another".parse().unwrap();
    assert_eq!(*node("usr/bin/large"), Node::HardLink { to: first });

    let manifest = slot.manifest_of(listing);
    let target = slot.directory("target");
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap();
    assert_eq!(drifts(&target, &manifest, &Expected::nothing()), []);
    let links = |path: &str| fs::metadata(target.join(path)).unwrap().nlink();
    assert_eq!((links("a/third"), links("usr/bin/large")), (1, 2));
}

#[test]
fn an_access_list_is_set_and_its_mask_is_nobody_s_right() {
    if !is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    payload(&tree);
    // user::rw- user:1234:rwx group::r-- mask::rwx other::r--, of which a mode shows 0674.
    let entry = |tag: u16, rights: u16, id: u32| {
        [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let nobody = u32::MAX;
    let entries = [(1, 6, nobody), (2, 7, 1234), (4, 4, nobody), (16, 7, nobody), (32, 4, nobody)];
    let list = entries.map(|(tag, rights, id)| entry(tag, rights, id)).concat();
    let list = [&[2, 0, 0, 0][..], &list].concat();
    fs::set_permissions(tree.join("a/b"), fs::Permissions::from_mode(0o674)).unwrap();
    set(&tree.join("a/b"), &format!("{STORED_ACL}access"), &list);
    let slot = Slot::of(dir, tree);
    let (manifest, target) = unpacked(&slot);
    assert_eq!(drifts(&target, &manifest, &Expected::nothing()), []);
    let held = xattrs::read(&target.join("a/b")).unwrap();
    assert_eq!(held.get(&b"system.posix_acl_access"[..]), Some(&list));
    // Without the list, the mask would be the group's right.
    rustix::fs::removexattr(target.join("a/b"), "system.posix_acl_access").unwrap();
    assert_ne!(drifts(&target, &manifest, &Expected::nothing()), []);
}

#[test]
fn a_file_with_other_content_is_named_and_not_left_there() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let mounted = slot.dir.path().join("mounted");
    run("unsquashfs", &["-quiet", "-no-progress", "-d", text(&mounted), text(&slot.squashfs())]);
    let content = fs::read(mounted.join("usr/bin/exact")).unwrap();
    let mut changed = content.clone();
    changed[200_000] ^= 1;
    for (name, content) in
        [("changed", changed), ("cut", content[..content.len() - 1].to_vec()), ("empty", vec![])]
    {
        fs::write(mounted.join("usr/bin/exact"), content).unwrap();
        let target = slot.directory(name);
        let error = unpack(Source::Mounted(&mounted), &target, &manifest, &|_| {}).unwrap_err();
        assert!(
            matches!(&error, UnpackError::Content { path } if path.to_string() == "usr/bin/exact"),
            "{name}: {error:?}"
        );
        assert!(!target.join("usr/bin/exact").exists(), "{name}");

        // Left to the comparison, it is found there; a wrong length at once.
        let target = slot.directory(&format!("{name}-later"));
        let source = Source::Mounted(&mounted);
        let done = unpack_unproved(source, &target, &manifest, &|_| {});
        assert_eq!(done.is_ok(), name == "changed");
        if done.is_ok() {
            let found = drifts(&target, &manifest, &Expected::nothing());
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].difference, Difference::Content);
        }
    }
}

#[test]
fn nothing_is_read_or_written_through_a_link() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let outside = slot.directory("outside");
    let target = slot.directory("target");
    symlink(&outside, target.join("usr")).unwrap();
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap_err();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);

    // A file's place taken by a link: neither the link's target nor the link is written.
    let target = slot.directory("second");
    fs::create_dir(target.join("etc")).unwrap();
    symlink(outside.join("passwd"), target.join("etc/passwd")).unwrap();
    let error = unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap_err();
    assert!(matches!(error, UnpackError::Occupied { .. }), "{error:?}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);

    let mounted = slot.directory("mounted");
    symlink(&slot.tree, mounted.join("usr")).unwrap();
    let target = slot.directory("third");
    unpack(Source::Mounted(&mounted), &target, &manifest, &|_| {}).unwrap_err();
}

#[test]
fn another_image_than_the_manifests_is_refused() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let other = slot.dir.path().join("other.squashfs");
    fs::remove_file(slot.tree.join("a/b")).unwrap();
    let pack = ["-comp", "zstd", "-noappend", "-quiet", "-no-progress"];
    run("mksquashfs", &[&[text(&slot.tree), text(&other)], &pack[..]].concat());
    let image = Squashfs::open(&other).unwrap();
    let target = slot.directory("target");
    let error = unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap_err();
    assert!(
        matches!(&error, UnpackError::Diverges { path } if path.to_string() == "a/b"),
        "{error:?}"
    );
}
