//! Every kind of difference between a filesystem and its manifest.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use common::{Slot, TIME, drifts, is_root, run, set, set_time, text, unpacked};
use zshield_golden::EntryPath;
use zshield_golden::compare::{Difference, Drift, Expected, FileKind, Regard, Scope, compare};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, UnpackError, unpack};

/// Each change of a target, and what must be found of it: path and difference.
type Change = (&'static str, fn(&Path), fn(&Difference) -> bool);

/// A time that stays as it was, so that a change is not found by its time alone.
fn keeping_time(path: &Path, change: impl FnOnce(&Path)) {
    let before = path.symlink_metadata().map(|metadata| metadata.mtime());
    let parent = path.parent().unwrap();
    change(path);
    set_time(path, before.unwrap_or(TIME));
    set_time(parent, TIME);
}

const CHANGES: &[Change] = &[
    (
        "etc/passwd",
        |root| fs::remove_file(root.join("etc/passwd")).unwrap(),
        |found| matches!(found, Difference::Missing),
    ),
    (
        "usr/share",
        |root| fs::remove_dir_all(root.join("usr/share")).unwrap(),
        |found| matches!(found, Difference::Missing),
    ),
    (
        "usr/added",
        |root| fs::create_dir_all(root.join("usr/added/with/more")).unwrap(),
        |found| matches!(found, Difference::Added { kind: FileKind::Directory }),
    ),
    (
        "zz",
        |root| fs::write(root.join("zz"), "last").unwrap(),
        |found| matches!(found, Difference::Added { kind: FileKind::File }),
    ),
    (
        "usr/share/100",
        |root| {
            keeping_time(&root.join("usr/share/100"), |path| {
                let mut content = fs::read(path).unwrap();
                content[99] ^= 0x80;
                fs::write(path, content).unwrap();
            });
        },
        |found| matches!(found, Difference::Content),
    ),
    (
        "usr/share/101",
        |root| keeping_time(&root.join("usr/share/101"), |path| fs::write(path, "short").unwrap()),
        |found| matches!(found, Difference::Size { expected: 4040, actual: 5 }),
    ),
    (
        "usr/share/102",
        |root| {
            keeping_time(&root.join("usr/share/102"), |path| {
                fs::remove_file(path).unwrap();
                symlink("103", path).unwrap();
            });
        },
        |found| matches!(found, Difference::Kind { actual: FileKind::Symlink, .. }),
    ),
    (
        "etc",
        |root| {
            fs::rename(root.join("etc"), root.join("gone")).unwrap();
            fs::write(root.join("etc"), "").unwrap();
            fs::remove_dir_all(root.join("gone")).unwrap();
        },
        |found| matches!(found, Difference::Kind { actual: FileKind::File, .. }),
    ),
    (
        "usr/bin/exact",
        |root| {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(root.join("usr/bin/exact"), permissions).unwrap();
        },
        |found| matches!(found, Difference::Mode { expected: 0o4755, actual: 0o755 }),
    ),
    (
        "a/b",
        |root| set_time(&root.join("a/b"), TIME + 1),
        |found| matches!(found, Difference::Mtime { .. }),
    ),
    (
        "usr/share",
        |root| set_time(&root.join("usr/share"), TIME + 1),
        |found| matches!(found, Difference::Mtime { .. }),
    ),
    (
        "usr/bin/exact",
        |root| set(&root.join("usr/bin/exact"), "user.note", b"other"),
        |found| matches!(found, Difference::Xattrs { names } if names == &["user.note"]),
    ),
    (
        "usr/share/7",
        |root| set(&root.join("usr/share/7"), "user.added", b""),
        |found| matches!(found, Difference::Xattrs { names } if names == &["user.added"]),
    ),
    (
        "usr/link",
        |root| {
            keeping_time(&root.join("usr/link"), |path| {
                fs::remove_file(path).unwrap();
                symlink("../etc/shadow", path).unwrap();
            });
        },
        |found| matches!(found, Difference::LinkTarget { actual, .. } if actual == "../etc/shadow"),
    ),
    (
        "usr/bin/another",
        |root| {
            keeping_time(&root.join("usr/bin/another"), |path| {
                let content = fs::read(path).unwrap();
                fs::remove_file(path).unwrap();
                fs::write(path, content).unwrap();
            });
        },
        |found| matches!(found, Difference::HardLink { .. }),
    ),
    (
        "etc/passwd",
        |root| {
            fs::hard_link(root.join("etc/passwd"), root.join("var/log/passwd")).unwrap();
        },
        |found| matches!(found, Difference::Links { expected: 1, actual: 2 }),
    ),
];

const CHANGES_OF_ROOT: &[Change] = &[
    (
        "etc/passwd",
        |root| std::os::unix::fs::chown(root.join("etc/passwd"), Some(0), None).unwrap(),
        |found| {
            matches!(found, Difference::Owner { expected: (1234, 70_000), actual: (0, 70_000) })
        },
    ),
    (
        // The first name of the file that is usr/bin/large too.
        "a/third",
        |root| {
            let path = root.join("usr/bin/large");
            rustix::fs::lremovexattr(path, "security.capability").unwrap();
        },
        |found| matches!(found, Difference::Xattrs { names } if names == &["security.capability"]),
    ),
    (
        "dev/null",
        |root| {
            keeping_time(&root.join("dev/null"), |path| {
                fs::remove_file(path).unwrap();
                let (kind, mode) =
                    (rustix::fs::FileType::CharacterDevice, rustix::fs::Mode::from_raw_mode(0o660));
                let device = rustix::fs::makedev(1, 5);
                rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, device).unwrap();
            });
        },
        |found| matches!(found, Difference::Device { expected: (1, 3), actual: (1, 5) }),
    ),
];

fn each_is_found(changes: &[Change]) {
    let slot = Slot::new();
    let (manifest, pristine) = unpacked(&slot);
    for (number, (path, change, wanted)) in changes.iter().enumerate() {
        let target = slot.dir.path().join(number.to_string());
        run("cp", &["-a", text(&pristine), text(&target)]);
        assert_eq!(drifts(&target, &manifest, &Expected::nothing()), []);
        change(&target);
        let found = drifts(&target, &manifest, &Expected::nothing());
        let hit = |drift: &&Drift| drift.path.to_string() == *path && wanted(&drift.difference);
        assert_eq!(found.iter().filter(hit).count(), 1, "{path}: {found:?}");
        // Nothing inside of what is missing, added or of another kind is named.
        let inside = |drift: &&Drift| drift.path.to_string().starts_with(&format!("{path}/"));
        assert_eq!(found.iter().filter(inside).count(), 0, "{path}: {found:?}");
    }
}

#[test]
fn every_kind_of_drift_is_found() {
    each_is_found(CHANGES);
}

#[test]
fn every_kind_of_drift_that_needs_root_is_found() {
    assert!(is_root(), "owners, capabilities and devices can be tried by root only");
    each_is_found(CHANGES_OF_ROOT);
}

#[test]
fn what_the_installation_writes_is_no_drift() {
    let slot = Slot::new();
    let (manifest, target) = unpacked(&slot);
    fs::write(target.join("etc/fstab"), "new").unwrap();
    fs::write(target.join("etc/passwd"), "changed").unwrap();
    fs::create_dir(target.join("lost+found")).unwrap();
    fs::write(target.join("var/log/messages"), "line").unwrap();
    set_time(&target, TIME);
    let expected = |paths: &[&str]| {
        paths.iter().fold(Expected::nothing(), |expected, path| expected.free(path).unwrap())
    };
    let all = ["etc/fstab", "etc/pass*", "var/log"];
    assert_eq!(drifts(&target, &manifest, &expected(&all)), []);
    for left_out in 0..all.len() {
        let mut paths = all.to_vec();
        paths.remove(left_out);
        assert_ne!(drifts(&target, &manifest, &expected(&paths)), [], "without {}", all[left_out]);
    }
}

/// What is below `usr/share` is made by programs.
struct Made;

impl Scope for Made {
    fn regard(&self, path: &EntryPath, _: FileKind) -> Regard {
        let made = path.is_within(&"usr/share".parse().unwrap());
        if made { Regard::IfThere } else { Regard::ButTime }
    }

    fn is_entered(&self, _: &EntryPath) -> bool {
        false
    }
}

#[test]
fn what_programs_make_may_come_and_go_and_is_compared_where_the_payload_has_it() {
    let slot = Slot::new();
    let (manifest, target) = unpacked(&slot);
    fs::write(target.join("usr/share/made"), "new").unwrap();
    fs::remove_file(target.join("usr/share/100")).unwrap();
    let found = || compare(&target, &manifest, &Made, &|_| {}).unwrap().drifts;
    assert_eq!(found(), []);
    fs::write(target.join("usr/share/100"), "another program").unwrap();
    let paths: BTreeSet<String> = found().iter().map(|drift| drift.path.to_string()).collect();
    assert_eq!(paths, ["usr/share/100".to_owned()].into());
}

/// An empty filesystem mounted on a directory, for as long as this lives.
struct Mounted(PathBuf);

impl Mounted {
    fn on(directory: PathBuf) -> Self {
        run("mount", &["-t", "tmpfs", "-o", "mode=0755", "tmpfs", text(&directory)]);
        Self(directory)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays", self.0.display());
    }
}

#[test]
fn what_is_mounted_over_the_target_counts_only_where_it_is_said() {
    assert!(is_root(), "only root can mount a filesystem over the target");
    let slot = Slot::new();
    let manifest = slot.manifest();
    let target = slot.directory("target");
    fs::create_dir(target.join("var")).unwrap();
    fs::create_dir(target.join("a")).unwrap();
    let boot = Mounted::on(target.join("a"));
    let other = Mounted::on(target.join("var"));
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    // Hard links can't cross filesystems, and one of the payload would.
    let crossing = unpack(Source::Image(&image), &target, &manifest, &|_| {});
    assert!(matches!(crossing, Err(UnpackError::File(_))), "{crossing:?}");
    drop((boot, other));

    let (manifest, target) = (slot.manifest(), slot.directory("second"));
    fs::create_dir(target.join("usr")).unwrap();
    fs::create_dir(target.join("var")).unwrap();
    let entered = Mounted::on(target.join("var"));
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap();
    fs::create_dir(entered.0.join("lost+found")).unwrap();
    set_time(&entered.0, TIME);
    let expected = Expected::nothing().entered("var").unwrap();
    assert_eq!(drifts(&target, &manifest, &expected), []);
    fs::write(entered.0.join("sparse"), "changed").unwrap();
    assert_ne!(drifts(&target, &manifest, &expected), []);
    // Not entered, it hides what the payload has there, whatever is in it.
    let report = compare(&target, &manifest, &Expected::nothing(), &|_| {}).unwrap();
    assert_eq!(report.drifts, []);
    let below = |entry: &zshield_golden::manifest::Entry| entry.path.to_string().starts_with("var");
    let hidden = manifest.entries().unwrap().filter(|entry| below(entry.as_ref().unwrap())).count();
    assert_eq!(report.skipped, hidden as u64);
    assert_eq!(report.compared + report.skipped, manifest.header().entries);
}
