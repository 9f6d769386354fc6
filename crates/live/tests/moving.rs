//! What is moved in from a staging tree: cut off anywhere, the same changes applied again end in the same
//! tree.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, IFlags, Mode, Timespec, Timestamps, XattrFlags};
use tree::{Doing, Unlocked, account, doings, is_root, perform};
use zshield_golden::compare::{Expected, FileKind};
use zshield_live::{
    Change, Depth, Difference, LiveError, Made, Order, Scope, StillDiffers, Take, apply,
};

/// A staging tree, and a running system that is to become it.
struct Trees {
    directory: Unlocked,
}

impl Trees {
    fn new() -> Self {
        let trees = Self { directory: Unlocked::new() };
        for tree in [trees.staged(), trees.system()] {
            fs::create_dir(tree).unwrap();
        }
        trees
    }

    fn of(staged: &[Doing], since: &[Doing]) -> Self {
        let trees = Self::new();
        for doing in staged {
            perform(&trees.staged(), doing);
        }
        for doing in staged.iter().chain(since) {
            perform(&trees.system(), doing);
        }
        trees
    }

    fn staged(&self) -> PathBuf {
        self.directory.path().join("staged")
    }

    fn system(&self) -> PathBuf {
        self.directory.path().join("system")
    }

    fn difference(&self) -> Difference {
        let scope = Scope::whole(Expected::nothing());
        Difference::between(&self.staged(), &self.system(), &scope, Depth::Deep, &|_| {}).unwrap()
    }

    /// Applies changes, with a cut after so many operations.
    fn apply(&self, changes: &Difference, order: Order, cut: usize) -> Result<Made, LiveError> {
        let (staged, scope) = (self.staged(), Scope::whole(Expected::nothing()));
        let mut left = cut;
        apply(changes, Take::Move(&staged), &self.system(), &scope, order, &mut |_| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    /// That the system is what was staged, and each file has no other names.
    fn is_put_right(&self, wanted: &[(PathBuf, String)]) -> Result<(), TestCaseError> {
        prop_assert_eq!(wanted, account(&self.system(), &any));
        let left: Vec<_> = fs::read_dir(self.staged()).unwrap().collect();
        prop_assert_eq!(left.len(), 1, "{:?}", left);
        prop_assert_eq!(names_outside(&self.system()), Vec::<PathBuf>::new());
        Ok(())
    }
}

/// Files that have more names than the tree knows of.
fn names_outside(root: &Path) -> Vec<PathBuf> {
    let mut names: BTreeMap<u64, (u64, Vec<PathBuf>)> = BTreeMap::new();
    for (path, _) in account(root, &any) {
        let metadata = root.join(&path).symlink_metadata().unwrap();
        if !metadata.is_dir() {
            names.entry(metadata.ino()).or_insert((metadata.nlink(), Vec::new())).1.push(path);
        }
    }
    let outside = names.into_values().filter(|(links, names)| *links != names.len() as u64);
    outside.flat_map(|(_, names)| names).collect()
}

/// Nothing with a name of ours is moved in.
fn not_ours(path: &Path) -> bool {
    !path.iter().any(|name| name.to_string_lossy().starts_with(".zshield-"))
}

fn any(_: &Path) -> bool {
    true
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::WriteFirst), Just(Order::RemoveFirst)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_after_each_operation_is_gone_on_from(
        staged in doings(), since in doings(), order in order(),
    ) {
        let trees = Trees::of(&staged, &since);
        let (wanted, changes) = (account(&trees.staged(), &not_ours), trees.difference());
        for cut in 1.. {
            match trees.apply(&changes, order, cut) {
                Ok(_) => break,
                Err(LiveError::Stopped) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        trees.is_put_right(&wanted)?;
        trees.apply(&changes, order, usize::MAX).unwrap();
        trees.is_put_right(&wanted)?;
    }

    #[test]
    fn a_cut_anywhere_is_gone_on_from(
        staged in doings(), since in doings(), order in order(),
        cuts in prop::collection::vec(1usize..60, 0..4),
    ) {
        let trees = Trees::of(&staged, &since);
        let (wanted, changes) = (account(&trees.staged(), &not_ours), trees.difference());
        for cut in cuts {
            match trees.apply(&changes, order, cut) {
                Ok(_) | Err(LiveError::Stopped) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        trees.apply(&changes, order, usize::MAX).unwrap();
        trees.is_put_right(&wanted)?;
    }
}

fn set_time(path: &Path, seconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, path, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// One thing of each kind, where the system has another kind.
fn of_each_kind(trees: &Trees) {
    let (staged, system) = (trees.staged(), trees.system());
    for tree in [&staged, &system] {
        fs::create_dir(tree.join("usr")).unwrap();
    }
    fs::write(staged.join("usr/program"), "new").unwrap();
    fs::hard_link(staged.join("usr/program"), staged.join("usr/name")).unwrap();
    fs::write(system.join("usr/program"), "old").unwrap();
    fs::write(system.join("usr/name"), "old").unwrap();
    fs::write(staged.join("usr/was-directory"), "file").unwrap();
    fs::create_dir_all(system.join("usr/was-directory/deep")).unwrap();
    fs::create_dir(staged.join("usr/was-file")).unwrap();
    fs::write(staged.join("usr/was-file/within"), "within").unwrap();
    fs::write(system.join("usr/was-file"), "file").unwrap();
    symlink("program", staged.join("usr/link")).unwrap();
    symlink("nowhere", system.join("usr/link")).unwrap();
    if is_root() {
        let (null, mode) = (rustix::fs::makedev(1, 3), Mode::from_raw_mode(0o600));
        let device = staged.join("usr/null");
        rustix::fs::mknodat(CWD, device, FileType::CharacterDevice, mode, null).unwrap();
        for path in [staged.join("usr/program"), staged.join("usr/was-file")] {
            rustix::fs::lsetxattr(path, "trusted.note", b"new", XattrFlags::empty()).unwrap();
        }
        let locked = fs::File::open(system.join("usr/program")).unwrap();
        rustix::fs::ioctl_setflags(locked, IFlags::IMMUTABLE).unwrap();
        let locked = fs::File::open(system.join("usr")).unwrap();
        rustix::fs::ioctl_setflags(locked, IFlags::APPEND).unwrap();
    }
    for (path, seconds) in [("usr/program", 10), ("usr/was-file", 20), ("usr", 30), ("", 40)] {
        set_time(&staged.join(path), seconds);
    }
}

#[test]
fn each_kind_takes_its_place_itself() {
    let trees = Trees::new();
    of_each_kind(&trees);
    let wanted = account(&trees.staged(), &any);
    let inode = |path: PathBuf| path.symlink_metadata().unwrap().ino();
    let moved = ["usr/program", "usr/was-directory", "usr/was-file/within", "usr/link"];
    let before = moved.map(|path| inode(trees.staged().join(path)));
    let changes = trees.difference();
    trees.apply(&changes, Order::WriteFirst, usize::MAX).unwrap();
    trees.is_put_right(&wanted).unwrap();
    // No content was written again.
    assert_eq!(moved.map(|path| inode(trees.system().join(path))), before);
    let system = |path: &str| trees.system().join(path).symlink_metadata().unwrap();
    assert_eq!((system("usr").mtime(), system("").mtime()), (30, 40));
    assert_eq!(inode(trees.system().join("usr/name")), before[0]);
    assert!(!is_root() || system("usr/null").file_type().is_char_device());
}

#[test]
fn a_cut_at_any_operation_on_any_kind_is_gone_on_from() {
    for order in [Order::WriteFirst, Order::RemoveFirst] {
        for cut in 1.. {
            let trees = Trees::new();
            of_each_kind(&trees);
            let (wanted, changes) = (account(&trees.staged(), &any), trees.difference());
            let stopped = trees.apply(&changes, order, cut);
            trees.apply(&changes, order, usize::MAX).unwrap();
            trees.is_put_right(&wanted).unwrap();
            if stopped.is_ok() {
                break;
            }
        }
    }
}

#[test]
fn whoever_has_the_old_file_open_keeps_it() {
    let trees = Trees::new();
    of_each_kind(&trees);
    let open = fs::File::open(trees.system().join("usr/name")).unwrap();
    trees.apply(&trees.difference(), Order::WriteFirst, usize::MAX).unwrap();
    assert_eq!(std::io::read_to_string(open).unwrap(), "old");
    assert_eq!(fs::read(trees.system().join("usr/name")).unwrap(), b"new");
}

#[test]
fn a_locked_file_is_copied_for_it_can_not_be_moved() {
    if !is_root() {
        return;
    }
    let trees = Trees::new();
    fs::write(trees.staged().join("locked"), "content").unwrap();
    let file = fs::File::open(trees.staged().join("locked")).unwrap();
    rustix::fs::ioctl_setflags(&file, IFlags::IMMUTABLE).unwrap();
    let wanted = account(&trees.staged(), &any);
    trees.apply(&trees.difference(), Order::WriteFirst, usize::MAX).unwrap();
    trees.is_put_right(&wanted).unwrap();
}

#[test]
fn what_is_not_staged_is_missed_before_the_first_change() {
    let trees = Trees::new();
    of_each_kind(&trees);
    let changes = trees.difference();
    let before = account(&trees.system(), &any);
    fs::rename(trees.staged().join("usr/link"), trees.directory.path().join("link")).unwrap();
    let refused = || {
        let error = trees.apply(&changes, Order::RemoveFirst, usize::MAX).unwrap_err();
        assert!(matches!(&error, LiveError::NotStaged(path) if path.to_string() == "usr/link"));
        assert_eq!(account(&trees.system(), &any), before);
    };
    refused();
    fs::create_dir(trees.staged().join("usr/link")).unwrap();
    refused();
}

#[test]
fn what_was_moved_in_and_touched_by_nobody_is_as_it_was_made() {
    let trees = Trees::new();
    of_each_kind(&trees);
    let changes = trees.difference();
    let made = trees.apply(&changes, Order::WriteFirst, usize::MAX).unwrap();
    let program = |changes: &Difference| {
        let StillDiffers { by_others, as_made } = made.judge(changes, &trees.system()).unwrap();
        let has = |paths: &[zshield_golden::EntryPath]| {
            paths.iter().any(|path| path.to_string() == "usr/program")
        };
        (has(&by_others), has(&as_made))
    };
    assert_eq!(program(&changes), (false, true));
    fs::write(trees.system().join("usr/program"), "of a program").unwrap();
    assert_eq!(program(&changes), (true, false));
}

#[test]
fn a_directory_that_was_made_before_a_cut_keeps_what_came_into_it_since() {
    let trees = Trees::new();
    of_each_kind(&trees);
    let changes = trees.difference();
    let is_made = || trees.system().join("usr/was-file/within").exists();
    let mut cut = 1;
    while !is_made() {
        let stopped = trees.apply(&changes, Order::WriteFirst, cut);
        assert!(matches!(stopped, Err(LiveError::Stopped)));
        cut += 1;
    }
    fs::write(trees.system().join("usr/was-file/since"), "since").unwrap();
    trees.apply(&changes, Order::WriteFirst, usize::MAX).unwrap();
    assert_eq!(fs::read(trees.system().join("usr/was-file/since")).unwrap(), b"since");
    assert!(is_made());
}

#[test]
fn the_staging_tree_may_be_within_the_system() {
    let trees = Trees::new();
    let staged = trees.system().join("var/staged");
    fs::create_dir_all(staged.join("etc")).unwrap();
    fs::create_dir(trees.system().join("etc")).unwrap();
    fs::write(staged.join("etc/new"), "new").unwrap();
    fs::write(trees.system().join("etc/old"), "old").unwrap();
    let path = |text: &str| text.parse().unwrap();
    let written = Change::Write { path: path("etc/new"), kind: FileKind::File, size: 3, was: None };
    let removed =
        Change::Remove { path: path("etc/old"), kind: FileKind::File, names: 1, bytes: 0 };
    let changes = Difference { changes: vec![written, removed], held: Vec::new() };
    let scope = Scope::whole(Expected::nothing().free("var/staged").unwrap());
    let told = &mut |_| ControlFlow::Continue(());
    let take = Take::Move(&staged);
    apply(&changes, take, &trees.system(), &scope, Order::WriteFirst, told).unwrap();
    assert_eq!(fs::read(trees.system().join("etc/new")).unwrap(), b"new");
    assert!(!trees.system().join("etc/old").exists() && !staged.join("etc").exists());
}
