//! What of a system is compared and put right.

use std::collections::BTreeSet;

use zshield_golden::EntryPath;
use zshield_golden::compare::{Expected, FileKind, Regard, Scope as _};

/// Names that this program gives to what it has not finished.
const OURS: &[u8] = b".zshield-";
/// What is being made.
pub(crate) const FRESH: &[u8] = b".zshield-new";
/// What it takes the place of, where the two can't be exchanged.
pub(crate) const STALE: &[u8] = b".zshield-old";
/// What a staging tree has when all of it is in its place.
pub(crate) const IN_PLACE: &[u8] = b".zshield-in-place";

/// Whether a name is one of ours.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    name.starts_with(OURS)
}

/// Which paths are dealt with.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    only: Vec<EntryPath>,
    kept: Expected,
    in_use: BTreeSet<EntryPath>,
}

/// Where a path is in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopePosition {
    /// It is dealt with.
    Inside,
    /// Something below it is.
    OnTheWay,
    /// It is left alone, and all that is in it; where it is lost, it comes back.
    Kept,
    /// It is left alone, and all that is in it.
    Outside,
}

impl Scope {
    /// The whole system but for what is kept, which stays as it is. What is kept and lost is as the
    /// snapshot has it: nothing is left of it that could stay.
    pub const fn whole(kept: Expected) -> Self {
        Self { only: Vec::new(), kept, in_use: BTreeSet::new() }
    }

    /// These paths alone, with all that is in them. What is kept goes too, where it is named
    /// itself.
    pub const fn only(only: Vec<EntryPath>, kept: Expected) -> Self {
        Self { only, kept, in_use: BTreeSet::new() }
    }

    /// The same without these files: somebody writes to them, and that would be lost. They stay
    /// even where they are named themselves.
    #[must_use]
    pub fn without(mut self, in_use: impl IntoIterator<Item = EntryPath>) -> Self {
        self.in_use.extend(in_use);
        self
    }

    pub(crate) fn place(&self, path: &EntryPath) -> ScopePosition {
        if self.in_use.contains(path) {
            return ScopePosition::Outside;
        }
        if self.asked_for(path) {
            return if self.is_kept(path) { ScopePosition::Kept } else { ScopePosition::Inside };
        }
        if self.only.iter().any(|only| only.is_within(path)) {
            return ScopePosition::OnTheWay;
        }
        ScopePosition::Outside
    }

    /// Whether it is among the paths, or left by an earlier run beside one of them.
    fn asked_for(&self, path: &EntryPath) -> bool {
        let left_beside =
            |only: &EntryPath| path.name().is_some_and(is_ours) && only.parent() == path.parent();
        self.only.is_empty()
            || self.only.iter().any(|only| path.is_within(only) || left_beside(only))
    }

    fn is_kept(&self, path: &EntryPath) -> bool {
        let named = |only: &&EntryPath| path.is_within(only) && self.is_free(only);
        self.is_free(path) && !self.only.iter().any(|only| named(&only))
    }

    /// Whether it or a directory above it is kept.
    fn is_free(&self, path: &EntryPath) -> bool {
        std::iter::successors(Some(path.clone()), EntryPath::parent)
            .any(|path| self.kept.regard(&path, FileKind::File) == Regard::Nothing)
    }

    /// Whether a directory's time says nothing, for something in it comes and goes by itself.
    pub(crate) fn any_time(&self, directory: &EntryPath) -> bool {
        self.kept.regard(directory, FileKind::Directory) == Regard::ButTime
            || self.in_use.iter().any(|file| file.parent().as_ref() == Some(directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    fn kept() -> Expected {
        Expected::nothing().free("etc/machine-id").unwrap().free("tmp").unwrap()
    }

    #[test]
    fn what_is_kept_is_left_alone_with_all_that_is_in_it() {
        let scope = Scope::whole(kept());
        assert_eq!(scope.place(&path("etc")), ScopePosition::Inside);
        assert_eq!(scope.place(&path("etc/machine-id")), ScopePosition::Kept);
        assert_eq!(scope.place(&path("tmp/a/b")), ScopePosition::Kept);
    }

    #[test]
    fn what_is_named_itself_is_not_kept() {
        let scope = Scope::only(vec![path("etc/machine-id")], kept());
        assert_eq!(scope.place(&path("etc/machine-id")), ScopePosition::Inside);
        assert_eq!(
            Scope::only(vec![path("etc")], kept()).place(&path("etc/machine-id")),
            ScopePosition::Kept
        );
    }

    #[test]
    fn a_file_in_use_stays_though_it_is_named() {
        let scope = Scope::only(vec![path("var/lib/app")], kept());
        let scope = scope.without([path("var/lib/app/log")]);
        assert_eq!(scope.place(&path("var/lib/app/log")), ScopePosition::Outside);
        assert_eq!(scope.place(&path("var/lib/app/data")), ScopePosition::Inside);
        assert!(scope.any_time(&path("var/lib/app")) && !scope.any_time(&path("var/lib")));
    }

    #[test]
    fn only_what_is_named_is_dealt_with_and_what_was_left_beside_it() {
        let scope = Scope::only(vec![path("usr/lib/a")], kept());
        for (text, place) in [
            (".", ScopePosition::OnTheWay),
            ("usr", ScopePosition::OnTheWay),
            ("usr/lib/a", ScopePosition::Inside),
            ("usr/lib/a/b", ScopePosition::Inside),
            ("usr/lib/.zshield-new", ScopePosition::Inside),
            ("usr/lib/b", ScopePosition::Outside),
            ("usr/.zshield-new", ScopePosition::Outside),
        ] {
            assert_eq!(scope.place(&path(text)), place, "{text}");
        }
    }
}
