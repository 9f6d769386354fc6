//! Whatever an earlier run left in a staging tree: it becomes what it is to be.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;
mod fixture;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{is_root, set, set_time};
use fixture::{Staging, inodes, listed, paths};
use zshield_golden::unpack::Subset;

#[test]
fn what_is_whole_stays_and_is_not_asked_for() {
    let staging = Staging::new();
    staging.stage().unwrap();
    staging.contents.asked();
    let before = inodes(&staging.tree);
    staging.stage().unwrap();
    assert_eq!(staging.contents.asked(), [""; 0]);
    assert_eq!(inodes(&staging.tree), before);
    staging.is_right();
}

/// Something that may have become of a whole staging tree, and what has to be asked for then.
type Damage = (&'static str, fn(&Staging), &'static [&'static str]);

fn overwrite(path: &Path, content: &[u8]) {
    let time = fs::metadata(path).unwrap().mtime();
    fs::write(path, content).unwrap();
    set_time(path, time);
}

const DAMAGES: [Damage; 16] = [
    // As a power cut leaves a file whose content was not on the disk yet.
    ("zeros", |it| overwrite(&it.at("usr/bin/exact"), &vec![0; 262_144]), &["exact"]),
    ("cut", |it| overwrite(&it.at("etc/passwd"), b""), &["passwd"]),
    (
        "mode",
        |it| {
            let mode = fs::Permissions::from_mode(0o666);
            fs::set_permissions(it.at("etc/passwd"), mode).unwrap();
        },
        &["passwd"],
    ),
    ("time", |it| set_time(&it.at("etc/passwd"), 1), &["passwd"]),
    ("xattr", |it| set(&it.at("etc/passwd"), "user.more", b"more"), &["passwd"]),
    ("missing", |it| fs::remove_file(it.at("etc/passwd")).unwrap(), &["passwd"]),
    (
        "link elsewhere",
        |it| {
            fs::remove_file(it.at("usr/link")).unwrap();
            symlink("/", it.at("usr/link")).unwrap();
        },
        &[],
    ),
    (
        "a directory for a file",
        |it| {
            fs::remove_file(it.at("etc/passwd")).unwrap();
            fs::create_dir_all(it.at("etc/passwd/deep")).unwrap();
            fs::write(it.at("etc/passwd/deep/file"), "").unwrap();
        },
        &["passwd"],
    ),
    (
        "a directory for a link",
        |it| {
            fs::remove_file(it.at("usr/link")).unwrap();
            fs::create_dir_all(it.at("usr/link/deep")).unwrap();
        },
        &[],
    ),
    (
        "a directory for another name",
        |it| {
            fs::remove_file(it.at("usr/bin/large")).unwrap();
            fs::create_dir_all(it.at("usr/bin/large/deep")).unwrap();
        },
        &[],
    ),
    (
        "a file for a directory",
        |it| {
            fs::remove_dir_all(it.at("etc")).unwrap();
            fs::write(it.at("etc"), "").unwrap();
        },
        &["passwd"],
    ),
    (
        "a way out of the tree",
        |it| {
            fs::remove_dir_all(it.at("usr")).unwrap();
            symlink(it.slot.tree.join("usr"), it.at("usr")).unwrap();
        },
        &["exact", "17"],
    ),
    (
        "too much",
        |it| {
            fs::create_dir_all(it.at("etc/empty/deep/er")).unwrap();
            symlink(&it.slot.tree, it.at("usr/bin/.zshield-new")).unwrap();
            fs::write(it.at("more"), "").unwrap();
        },
        &[],
    ),
    (
        "a name outside",
        |it| {
            fs::hard_link(it.at("etc/passwd"), it.slot.dir.path().join("outside")).unwrap();
            fs::hard_link(it.at("a/third"), it.slot.dir.path().join("too")).unwrap();
        },
        &["third", "passwd"],
    ),
    (
        "two files of one",
        |it| {
            fs::remove_file(it.at("usr/bin/large")).unwrap();
            fs::copy(it.at("a/third"), it.at("usr/bin/large")).unwrap();
        },
        &[],
    ),
    (
        "directories",
        |it| {
            for path in ["", "etc", "usr/bin"] {
                set(&it.at(path), "user.more", b"more");
                fs::set_permissions(it.at(path), fs::Permissions::from_mode(0o2777)).unwrap();
                if is_root() {
                    chown(it.at(path), Some(7), Some(8)).unwrap();
                }
            }
            // What is made in there has nothing of it.
            fs::remove_file(it.at("etc/passwd")).unwrap();
            fs::remove_file(it.at("usr/bin/exact")).unwrap();
        },
        &["passwd", "exact"],
    ),
];

#[test]
fn whatever_was_left_is_put_right_and_nothing_else_is_made_again() {
    let staging = Staging::new();
    staging.stage().unwrap();
    let outside = inodes(&staging.slot.tree);
    for (name, damage, needed) in DAMAGES {
        staging.contents.asked();
        damage(&staging);
        staging.stage().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        staging.is_right();
        assert_eq!(staging.contents.asked(), needed, "{name}");
        assert_eq!(inodes(&staging.slot.tree), outside, "{name}");
    }
}

#[test]
fn the_tree_of_another_version_becomes_this_one() {
    let mut staging = Staging::new();
    staging.stage().unwrap();
    staging.contents.asked();
    staging.subset =
        Subset::of(&staging.manifest, &paths(&["etc/passwd", "usr/share/18"])).unwrap();
    staging.stage().unwrap();
    staging.is_right();
    assert_eq!(staging.contents.asked(), ["18"]);
    // Where nothing is chosen, nothing is left.
    staging.subset = Subset::of(&staging.manifest, &BTreeSet::new()).unwrap();
    staging.stage().unwrap();
    assert_eq!(listed(&staging.tree), [PathBuf::new()]);
}

/// Set where this test runs once more, in a place where what it mounts is nobody else's.
const INSIDE: &str = "ZSHIELD_TEST_OWN_MOUNTS";

#[test]
fn what_is_mounted_in_the_tree_is_not_entered() {
    if std::env::var_os(INSIDE).is_none() {
        let unshare = || {
            let mut unshare = Command::new("unshare");
            unshare.arg(if is_root() { "-m" } else { "-rm" });
            unshare
        };
        if !unshare().arg("true").status().unwrap().success() {
            println!("left out: nobody may mount here");
            return;
        }
        let mut again = unshare();
        again.arg(std::env::current_exe().unwrap()).args(["--exact", "--nocapture"]);
        again.arg("what_is_mounted_in_the_tree_is_not_entered").env(INSIDE, "1");
        assert!(again.status().unwrap().success());
        return;
    }
    let staging = Staging::new();
    let before = inodes(&staging.slot.tree);
    for place in ["usr", "etc/empty", "more/deep", "etc/passwd"] {
        staging.stage().unwrap();
        let path = staging.at(place);
        if place == "etc/passwd" {
            fs::remove_file(&path).unwrap();
        }
        fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.arg("--bind").arg(&staging.slot.tree).arg(&path);
        assert!(mount.status().unwrap().success());
        staging.stage().unwrap_err();
        assert_eq!(inodes(&staging.slot.tree), before, "{place}");
        assert!(Command::new("umount").arg(&path).status().unwrap().success());
    }
    staging.stage().unwrap();
    staging.is_right();
}
