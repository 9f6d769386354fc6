//! What is to be done to each name, once it is known how it differs; and which names are one file.
//!
//! The names of one inode in the snapshot have to be the names of one inode in the running
//! system, and of no other name there. An inode which may stay is one that is as it should be and
//! whose every name is known: what has a name that is kept, or that nobody asked for, would change
//! under that name too.

use std::collections::{BTreeMap, BTreeSet};

use zshield_golden::EntryPath;
use zshield_golden::compare::FileKind;

use super::Pair;
use super::judge::Verdict;
use crate::change::Change;
use crate::node::InodeMetadata;

/// The changes to the names that were looked at.
pub(super) fn changes(pairs: &[Pair], verdicts: &[Verdict]) -> Vec<Change> {
    let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
    for actual in pairs.iter().filter_map(|pair| pair.actual).filter(is_shared) {
        *seen.entry(actual.inode).or_default() += 1;
    }
    let mut groups: BTreeMap<u64, Vec<Name<'_>>> = BTreeMap::new();
    let mut changes = Vec::new();
    for (pair, verdict) in pairs.iter().zip(verdicts) {
        let Some(wanted) = pair.wanted else { continue };
        let name = Name { path: &pair.path, wanted, actual: pair.actual, verdict: *verdict };
        if is_shared(&wanted) || pair.actual.as_ref().is_some_and(is_shared) {
            groups.entry(wanted.inode).or_default().push(name);
        } else {
            changes.extend(name.alone());
        }
    }
    let mut taken = BTreeSet::new();
    // In the order of paths, whatever the inodes' numbers are.
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|one, other| one[0].path.cmp(other[0].path));
    for group in groups {
        changes.extend(of_group(&group, &seen, &mut taken));
    }
    changes
}

fn is_shared(metadata: &InodeMetadata) -> bool {
    metadata.links > 1 && !metadata.is_directory()
}

struct Name<'a> {
    path: &'a EntryPath,
    wanted: InodeMetadata,
    actual: Option<InodeMetadata>,
    verdict: Verdict,
}

impl Name<'_> {
    fn alone(&self) -> Option<Change> {
        match self.verdict {
            Verdict::Untouched | Verdict::Same => None,
            Verdict::Attributes => {
                Some(Change::Attributes { path: self.path.clone(), kind: self.wanted.kind })
            }
            Verdict::Content => Some(self.written()),
        }
    }

    fn written(&self) -> Change {
        let size = if self.wanted.kind == FileKind::File { self.wanted.size } else { 0 };
        let was = self.actual.map(|actual| actual.kind);
        Change::Write { path: self.path.clone(), kind: self.wanted.kind, size, was }
    }

    /// The running system's inode, if it may stay under this name.
    fn may_stay(&self, seen: &BTreeMap<u64, u64>, taken: &BTreeSet<u64>) -> Option<u64> {
        let actual = self.actual?;
        let may = match self.verdict {
            Verdict::Untouched => true,
            Verdict::Same => actual.links == 1 || seen.get(&actual.inode) == Some(&actual.links),
            Verdict::Attributes | Verdict::Content => false,
        };
        (may && !taken.contains(&actual.inode)).then_some(actual.inode)
    }
}

/// The changes to the names of one inode of the snapshot, in order.
fn of_group(
    group: &[Name<'_>],
    seen: &BTreeMap<u64, u64>,
    taken: &mut BTreeSet<u64>,
) -> Vec<Change> {
    let stays = group.iter().find_map(|name| Some((name, name.may_stay(seen, taken)?)));
    let (first, inode) = stays.map_or((&group[0], None), |(name, inode)| (name, Some(inode)));
    taken.extend(inode);
    let written = inode.is_none().then(|| first.written());
    let others = group.iter().filter(|name| name.path != first.path);
    let linked = others
        .filter(|name| inode.is_none() || name.actual.map(|actual| actual.inode) != inode)
        .map(|name| Change::Link { path: name.path.clone(), to: first.path.clone() });
    written.into_iter().chain(linked).collect()
}
