//! Whatever two trees are: applying their difference makes them equal, at once or after a cut
//! anywhere, and what is kept stays as it is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tree;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tree::{Doing, Unlocked, account, doings, perform};
use zshield_golden::EntryPath;
use zshield_golden::compare::Expected;
use zshield_live::{Depth, Difference, LiveError, Order, Scope, Take, apply};

/// A snapshot, and a running system that began as its copy.
struct Trees {
    directory: Unlocked,
}

impl Trees {
    fn new(snapshot: &[Doing], since: &[Doing]) -> Self {
        let trees = Self { directory: Unlocked::new() };
        for (tree, doings) in [(trees.from(), vec![snapshot]), (trees.to(), vec![snapshot, since])]
        {
            fs::create_dir(&tree).unwrap();
            doings.concat().iter().for_each(|doing| perform(&tree, doing));
        }
        trees
    }

    fn from(&self) -> PathBuf {
        self.directory.path().join("from")
    }

    fn to(&self) -> PathBuf {
        self.directory.path().join("to")
    }

    fn difference(&self, scope: &Scope) -> Difference {
        let (from, to) = (self.from(), self.to());
        Difference::between(&from, &to, scope, Depth::Quick, &|_| {}).unwrap()
    }

    /// Puts it right, with a cut after so many operations.
    fn repair(&self, scope: &Scope, order: Order, cut: usize) -> Result<(), LiveError> {
        let mut left = cut;
        let (difference, from) = (self.difference(scope), self.from());
        apply(&difference, Take::Copy(&from), &self.to(), scope, order, &mut |_| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .map(drop)
    }
}

/// No snapshot's file that carries a name of ours is restored.
fn not_ours(path: &Path) -> bool {
    !path.iter().any(|name| name.to_string_lossy().starts_with(".zshield-"))
}

fn any(_: &Path) -> bool {
    true
}

/// What an account says, without which of a file's names comes first: others may be its too.
fn plain(lines: Vec<(PathBuf, String)>) -> Vec<(PathBuf, String)> {
    let cut = |line: String| line.split(" as ").next().unwrap_or_default().to_owned();
    lines.into_iter().map(|(path, line)| (path, cut(line))).collect()
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::WriteFirst), Just(Order::RemoveFirst)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_was_put_right_is_equal(snapshot in doings(), since in doings(), order in order()) {
        let trees = Trees::new(&snapshot, &since);
        let scope = Scope::whole(Expected::nothing());
        trees.repair(&scope, order, usize::MAX).unwrap();
        prop_assert_eq!(account(&trees.from(), &not_ours), account(&trees.to(), &any));
        prop_assert!(trees.difference(&scope).is_none());
    }

    #[test]
    fn a_cut_anywhere_is_gone_on_from(
        snapshot in doings(), since in doings(), order in order(),
        cuts in prop::collection::vec(1usize..60, 1..4),
    ) {
        let trees = Trees::new(&snapshot, &since);
        let scope = Scope::whole(Expected::nothing());
        for cut in cuts {
            match trees.repair(&scope, order, cut) {
                Ok(()) | Err(LiveError::Stopped) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        trees.repair(&scope, order, usize::MAX).unwrap();
        prop_assert_eq!(account(&trees.from(), &not_ours), account(&trees.to(), &any));
    }

    #[test]
    fn what_is_kept_stays_or_comes_back_where_it_is_lost_and_the_rest_is_equal(
        snapshot in doings(), since in doings(), order in order(),
    ) {
        let trees = Trees::new(&snapshot, &since);
        let scope = Scope::whole(Expected::nothing().free("a/b").unwrap());
        let is_kept = |path: &Path| path.starts_with("a/b") && not_ours(path);
        let kept = |root: &Path| plain(account(root, &is_kept));
        let before = kept(&trees.to());
        let expected = if before.is_empty() { kept(&trees.from()) } else { before };
        trees.repair(&scope, order, usize::MAX).unwrap();
        prop_assert_eq!(expected, kept(&trees.to()));
        prop_assert!(trees.difference(&scope).changes.is_empty());
    }

    #[test]
    fn only_what_is_named_is_touched(snapshot in doings(), since in doings()) {
        let trees = Trees::new(&snapshot, &since);
        let only: EntryPath = "b/a".parse().unwrap();
        let scope = Scope::only(vec![only], Expected::nothing());
        let within = |path: &Path| {
            path.starts_with("b/a") || path == Path::new("b") || path.starts_with("b/.zshield-new")
        };
        let others = |root: &Path| plain(account(root, &|path| !within(path)));
        let before = others(&trees.to());
        let has = |root: &Path| root.join("b").symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        let there = has(&trees.to()) == has(&trees.from());
        trees.repair(&scope, Order::WriteFirst, usize::MAX).unwrap();
        prop_assert!(trees.difference(&scope).changes.is_empty());
        if there {
            prop_assert_eq!(before, others(&trees.to()));
        }
    }
}
