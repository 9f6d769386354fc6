//! Room that was only reserved reads as zeros, and there may be more of it than anybody can read.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use zshield_golden::compare::Expected;
use zshield_live::{Depth, Difference, Order, Scope, Take, apply};

const TIB: u64 = 1 << 40;

/// A file of a tebibyte with a word in it.
fn large(path: &Path, word: &str) {
    let file = File::create(path).unwrap();
    file.set_len(TIB).unwrap();
    file.write_all_at(word.as_bytes(), TIB / 2).unwrap();
}

#[test]
fn what_is_not_written_is_neither_read_nor_copied() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from"), directory.path().join("to"));
    fs::create_dir(&from).unwrap();
    fs::create_dir(&to).unwrap();
    for (name, word) in [("same", "right"), ("changed", "wrong")] {
        large(&from.join(name), "right");
        large(&to.join(name), word);
    }
    large(&from.join("missing"), "right");
    let scope = Scope::whole(Expected::nothing());
    let difference = || Difference::between(&from, &to, &scope, Depth::Deep, &|_| {}).unwrap();
    let told = &mut |_| ControlFlow::Continue(());
    apply(&difference(), Take::Copy(&from), &to, &scope, Order::WriteFirst, told).unwrap();
    assert!(difference().is_none(), "{:?}", difference());
    for name in ["changed", "missing"] {
        assert!(fs::metadata(to.join(name)).unwrap().blocks() < 2048);
    }
}
