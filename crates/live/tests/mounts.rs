//! What is mounted in the running system is another's: it is neither entered nor emptied, be it a
//! part of the same filesystem, and be it mounted when the difference is known already.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use zshield_golden::compare::Expected;
use zshield_live::{Depth, Difference, LiveError, Order, Scope, Take, apply};

/// A test that is run once more where what it mounts is nobody else's.
const INSIDE: &str = "ZSHIELD_TEST_OWN_MOUNTS";

fn in_own_mounts(test: &str, body: impl FnOnce(&Trees)) {
    if std::env::var_os(INSIDE).is_some() {
        return body(&Trees::new());
    }
    let flags = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.arg(flags);
        unshare
    };
    if !unshare().arg("true").status().unwrap().success() {
        println!("left out: nobody may mount here");
        return;
    }
    let mut again = unshare();
    again.arg(std::env::current_exe().unwrap()).args(["--exact", "--nocapture", test]);
    assert!(again.env(INSIDE, "1").status().unwrap().success());
}

/// A snapshot with a file, and a running system that has a directory more.
struct Trees {
    directory: TempDir,
}

impl Trees {
    fn new() -> Self {
        let trees = Self { directory: tempfile::tempdir().unwrap() };
        for tree in [trees.from(), trees.to()] {
            fs::create_dir_all(tree.join("etc")).unwrap();
            fs::write(tree.join("etc/precious"), "precious").unwrap();
            fs::write(tree.join("etc/other"), "other").unwrap();
        }
        fs::create_dir_all(trees.to().join("srv/copy/deep")).unwrap();
        trees
    }

    fn from(&self) -> PathBuf {
        self.directory.path().join("from")
    }

    fn to(&self) -> PathBuf {
        self.directory.path().join("to")
    }

    fn mount(&self, arguments: &[&str]) {
        let mut mount = Command::new("mount");
        assert!(mount.args(arguments).current_dir(self.to()).status().unwrap().success());
    }

    fn unmount(&self, place: &str) {
        let mut unmount = Command::new("umount");
        assert!(unmount.arg(self.to().join(place)).status().unwrap().success());
    }

    fn difference(&self) -> Difference {
        let scope = Scope::whole(Expected::nothing());
        Difference::between(&self.from(), &self.to(), &scope, Depth::Deep, &|_| {}).unwrap()
    }

    fn apply(&self, difference: &Difference, order: Order) -> Result<(), LiveError> {
        self.take(difference, Take::Copy(&self.from()), order)
    }

    fn take(&self, difference: &Difference, take: Take<'_>, order: Order) -> Result<(), LiveError> {
        let scope = Scope::whole(Expected::nothing());
        let told = &mut |_| ControlFlow::Continue(());
        apply(difference, take, &self.to(), &scope, order, told).map(drop)
    }

    fn is_whole(&self) -> bool {
        let has = |path: &str| fs::read_to_string(self.to().join(path)).ok();
        has("etc/precious").as_deref() == Some("precious") && has("etc/other").is_some()
    }
}

fn has(root: &Path, path: &str) -> bool {
    root.join(path).exists()
}

#[test]
fn a_copy_of_the_root_that_is_mounted_later_is_not_emptied() {
    in_own_mounts("a_copy_of_the_root_that_is_mounted_later_is_not_emptied", |trees| {
        for order in [Order::WriteFirst, Order::RemoveFirst] {
            fs::create_dir_all(trees.to().join("srv/copy/deep")).unwrap();
            let difference = trees.difference();
            trees.mount(&["--bind", ".", "srv/copy"]);
            let error = trees.apply(&difference, order).unwrap_err();
            assert!(trees.is_whole(), "{error:?}");
            trees.unmount("srv/copy");
            trees.apply(&trees.difference(), order).unwrap();
            assert!(trees.is_whole() && !has(&trees.to(), "srv"));
        }
    });
}

#[test]
fn another_filesystem_that_is_mounted_later_keeps_its_files() {
    in_own_mounts("another_filesystem_that_is_mounted_later_keeps_its_files", |trees| {
        let difference = trees.difference();
        trees.mount(&["-t", "tmpfs", "none", "srv/copy/deep"]);
        fs::write(trees.to().join("srv/copy/deep/data"), "data").unwrap();
        trees.apply(&difference, Order::WriteFirst).unwrap_err();
        assert!(has(&trees.to(), "srv/copy/deep/data"));
    });
}

#[test]
fn what_is_mounted_is_no_difference() {
    in_own_mounts("what_is_mounted_is_no_difference", |trees| {
        fs::create_dir(trees.from().join("srv")).unwrap();
        fs::create_dir(trees.from().join("srv/copy")).unwrap();
        trees.apply(&trees.difference(), Order::WriteFirst).unwrap();
        trees.mount(&["--bind", "etc", "srv/copy"]);
        assert!(trees.difference().is_none(), "{:?}", trees.difference());
        // Nor is it a hindrance to what is too much beside it.
        fs::remove_dir(trees.from().join("srv/copy")).unwrap();
        fs::write(trees.to().join("srv/evil"), "evil").unwrap();
        trees.apply(&trees.difference(), Order::WriteFirst).unwrap();
        assert!(trees.is_whole() && has(&trees.to(), "srv/copy/precious"));
        assert!(!has(&trees.to(), "srv/evil"));
    });
}

#[test]
fn a_file_that_another_is_mounted_over_gives_that_no_attributes() {
    use std::os::unix::fs::PermissionsExt as _;
    in_own_mounts("a_file_that_another_is_mounted_over_gives_that_no_attributes", |trees| {
        let mode = |path: &str| trees.to().join(path).metadata().unwrap().permissions().mode();
        let set = |path: &str, mode| {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(trees.to().join(path), permissions).unwrap();
        };
        set("etc/other", 0o4755);
        set("etc/precious", 0o600);
        let difference = trees.difference();
        trees.mount(&["--bind", "etc/precious", "etc/other"]);
        trees.apply(&difference, Order::WriteFirst).unwrap_err();
        assert_eq!(mode("etc/other") & 0o7777, 0o600);
    });
}

#[test]
fn from_another_filesystem_or_mount_nothing_is_moved_in() {
    in_own_mounts("from_another_filesystem_or_mount_nothing_is_moved_in", |trees| {
        fs::write(trees.from().join("etc/other"), "new").unwrap();
        let (difference, from) = (trees.difference(), trees.from());
        let place = from.to_str().unwrap();
        let mounts = [&["--bind", place, place][..], &["-t", "tmpfs", "none", place]];
        for mount in mounts {
            trees.mount(mount);
            fs::create_dir_all(from.join("etc")).unwrap();
            fs::write(from.join("etc/other"), "new").unwrap();
            let error = trees.take(&difference, Take::Move(&from), Order::RemoveFirst).unwrap_err();
            assert!(matches!(error, LiveError::OtherFilesystem { .. }), "{error:?}");
            // Nothing was changed.
            assert!(trees.is_whole() && has(&trees.to(), "srv/copy/deep"));
            assert_eq!(fs::read(trees.to().join("etc/other")).unwrap(), b"other");
            assert!(Command::new("umount").arg(place).status().unwrap().success());
        }
    });
}

#[test]
fn nothing_is_moved_into_what_is_mounted() {
    in_own_mounts("nothing_is_moved_into_what_is_mounted", |trees| {
        fs::create_dir_all(trees.from().join("srv/copy/deep")).unwrap();
        fs::write(trees.from().join("srv/copy/deep/new"), "new").unwrap();
        let (difference, from) = (trees.difference(), trees.from());
        trees.mount(&["-t", "tmpfs", "none", "srv/copy"]);
        fs::create_dir(trees.to().join("srv/copy/deep")).unwrap();
        trees.take(&difference, Take::Move(&from), Order::WriteFirst).unwrap_err();
        assert!(!has(&trees.to(), "srv/copy/deep/new") && has(&from, "srv/copy/deep/new"));
        trees.unmount("srv/copy");
        trees.take(&difference, Take::Move(&from), Order::WriteFirst).unwrap();
        assert!(has(&trees.to(), "srv/copy/deep/new") && !has(&from, "srv"));
    });
}
