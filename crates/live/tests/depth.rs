//! Whoever may make a directory makes as many in each other as he likes: none is too deep to be put
//! right.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use zshield_golden::compare::Expected;
use zshield_live::{Depth, Difference, Order, Scope, Take, apply};

/// Far more than there may be open files.
const LEVELS: usize = 500;
const FILES: u64 = 256;

/// Makes so many directories in each other, and a file in the last one.
fn deep(root: &Path, name: &str, count: usize) {
    let mut directory: OwnedFd = fs::File::open(root).unwrap().into();
    for _ in 0..count {
        mkdirat(&directory, name, Mode::RWXU).unwrap();
        directory = openat(&directory, name, OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    openat(&directory, "file", flags, Mode::RUSR | Mode::WUSR).unwrap();
}

fn put_right(from: &Path, to: &Path, order: Order) {
    let scope = Scope::whole(Expected::nothing());
    let difference = || Difference::between(from, to, &scope, Depth::Quick, &|_| {}).unwrap();
    apply(&difference(), Take::Copy(from), to, &scope, order, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert!(difference().is_none(), "{:?}", difference());
}

#[test]
fn a_directory_of_any_depth_is_made_removed_and_compared() {
    let directory = tempfile::tempdir().unwrap();
    let tree = |name: &str| -> PathBuf { directory.path().join(name) };
    for name in ["from", "to"] {
        fs::create_dir(tree(name)).unwrap();
    }
    let few = Rlimit { current: Some(FILES), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, few).unwrap();
    deep(&tree("from"), "w", LEVELS);
    deep(&tree("to"), "r", LEVELS);
    // What no path can name is not compared; where all of it goes it goes too.
    deep(&tree("to"), "rrrrrrrrrrrrrrrr", 3000);
    put_right(&tree("from"), &tree("to"), Order::RemoveFirst);
    assert!(!tree("to").join("r").exists());
    // Both have it, and it differs at its end.
    let end: PathBuf = std::iter::repeat_n("w", LEVELS).collect();
    fs::write(tree("from").join(&end).join("file"), "content").unwrap();
    put_right(&tree("from"), &tree("to"), Order::WriteFirst);
    assert_eq!(fs::read(tree("to").join(end).join("file")).unwrap(), b"content");
    // tempfile's own removal would be too deep as well.
    assert!(
        Command::new("rm").arg("-rf").arg(tree("from")).arg(tree("to")).status().unwrap().success()
    );
}
