//! Which drift is in order.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::compare::{Difference, Drift, FileKind, Regard, Scope, StateDigest};
use zshield_golden::manifest::{Entry, ManifestError, Node};
use zshield_golden::xattrs::LABEL;
use zshield_plan::policy::Class;
use zshield_units::UnixTime;

use crate::accepted::Accepted;
use crate::access::{self, Grant};
use crate::classes::Classes;
use crate::compiled;
use crate::packages::PackageLookup;
use crate::report::{DriftPlace, Finding, Reason};

/// Systems to compare with: their roots, where they can be had. Each is asked for only when it is
/// needed.
pub trait References {
    /// The system as it was when its installation ended.
    fn factory(&self) -> Option<&Path>;
    /// The latest backup.
    fn latest(&self) -> Option<&Path>;
}

/// What drift is judged by.
pub struct Judge<'a> {
    /// The system's root.
    pub root: &'a Path,
    /// What class a path is of.
    pub classes: &'a Classes,
    /// What was acknowledged.
    pub accepted: &'a Accepted,
    /// What the installation itself wrote beside the payload: of that, nothing is regarded.
    pub written: &'a dyn Scope,
}

impl Judge<'_> {
    /// The findings that drifts come to. What is still as the installation wrote it is none.
    pub fn findings(
        &self,
        drifts: Vec<Drift>,
        references: &dyn References,
    ) -> io::Result<Vec<Finding>> {
        let mut by_path: BTreeMap<EntryPath, Vec<_>> = BTreeMap::new();
        for drift in drifts {
            by_path.entry(drift.path).or_default().push(drift.difference);
        }
        let mut findings = Vec::new();
        for (path, mut differences) in by_path {
            differences.retain(|difference| !is_label_alone(difference));
            let was_stale =
                || references.factory().is_some_and(|it| compiled::was_stale(it, &path));
            if differences.is_empty() || self.classes.is_made(&path) && was_stale() {
                continue;
            }
            let state = state(self.root, &path);
            if self.is_as_installed(&path, state, references) {
                continue;
            }
            // What is volatile is reported only where it was looked at in another way.
            let class = match self.classes.of(&path) {
                Class::Volatile => Class::System,
                class => class,
            };
            let expected = self.reason(&path, class, state, references);
            let before = || references.latest().or_else(|| references.factory());
            let grants = match expected {
                None => access::grants(self.root, &path, before()),
                Some(_) => Vec::new(),
            };
            let is_grave = grants.iter().any(Grant::is_grave);
            let class = if is_grave { Class::System } else { class };
            let changed = changed(self.root, &path);
            findings.push(Finding {
                place: DriftPlace::File { path },
                class,
                package: None,
                changed,
                expected,
                grants,
                differences,
                state,
            });
        }
        findings.sort_by(|one, other| (one.class, &one.place).cmp(&(other.class, &other.place)));
        Ok(findings)
    }

    fn is_as_installed(
        &self,
        path: &EntryPath,
        state: Option<StateDigest>,
        references: &dyn References,
    ) -> bool {
        // What the installation wrote is named with all below it.
        let mut above = std::iter::successors(Some(path.clone()), EntryPath::parent);
        let written = |at: EntryPath| self.written.regard(&at, FileKind::File) == Regard::Nothing;
        above.any(written) && is_as_in(references.factory(), path, state)
    }

    fn reason(
        &self,
        path: &EntryPath,
        class: Class,
        state: Option<StateDigest>,
        references: &dyn References,
    ) -> Option<Reason> {
        if state.is_some_and(|state| self.accepted.has(path, state)) {
            Some(Reason::Acknowledged)
        } else if class == Class::Config && is_as_in(references.latest(), path, state) {
            Some(Reason::BackedUp)
        } else {
            None
        }
    }
}

/// Whether a file differs in nothing but the label that `SELinux` goes by: whoever has the system
/// labelled anew changes thousands, and what they are comes from its policy.
fn is_label_alone(difference: &Difference) -> bool {
    matches!(difference, Difference::Xattrs { names } if names.iter().all(|name| name == LABEL))
}

/// The state of a path, if it can be read.
fn state(root: &Path, path: &EntryPath) -> Option<StateDigest> {
    let found = StateDigest::of(&root.join(path.as_path()));
    found.inspect_err(|error| tracing::warn!("{path}: {error}")).ok()
}

/// Whether another system has a path in this state.
fn is_as_in(root: Option<&Path>, path: &EntryPath, current: Option<StateDigest>) -> bool {
    current.is_some() && current == root.and_then(|root| state(root, path))
}

/// When a path was changed last; of what is not there, when its directory was.
fn changed(root: &Path, path: &EntryPath) -> Option<UnixTime> {
    let there = root.join(path.as_path()).symlink_metadata().map(|found| UnixTime(found.ctime()));
    let directory = || root.join(path.parent()?.as_path()).symlink_metadata().ok();
    there.ok().or_else(|| directory().map(|found| UnixTime(found.mtime())))
}

/// All names of the system's files that are not in order, where one has several: whoever puts one
/// of them back and not the others parts them. The entries are the manifest's.
pub fn names(
    entries: impl Iterator<Item = Result<Entry, ManifestError>>,
    findings: &[Finding],
) -> Result<BTreeSet<EntryPath>, ManifestError> {
    let is_one = |finding: &&Finding| finding.class == Class::System && finding.expected.is_none();
    let drifting = findings.iter().filter(is_one);
    let drifting: BTreeSet<&EntryPath> = drifting.filter_map(Finding::path).collect();
    let mut files: BTreeMap<EntryPath, BTreeSet<EntryPath>> = BTreeMap::new();
    if drifting.is_empty() {
        return Ok(BTreeSet::new());
    }
    for entry in entries {
        let entry = entry?;
        if let Node::HardLink { to } = entry.node {
            files.entry(to.clone()).or_insert_with(|| BTreeSet::from([to])).insert(entry.path);
        }
    }
    let drifts = |names: &BTreeSet<EntryPath>| names.iter().any(|name| drifting.contains(name));
    Ok(files.into_values().filter(drifts).flatten().collect())
}

/// Names the packages that findings belong to. Where dpkg does not know them all, `rpm` is called
/// for rpm's answer to [`rpm::LIST`](zshield_linux::rpm::LIST): a system of Red Hat's may have a dpkg too.
pub fn name_packages(
    root: &Path,
    findings: &mut [Finding],
    rpm: impl FnOnce() -> Option<String>,
) -> io::Result<()> {
    let paths: BTreeSet<EntryPath> = findings.iter().filter_map(Finding::path).cloned().collect();
    let sought = PackageLookup::new(&paths);
    let mut owners = sought.in_dpkg(root)?;
    if owners.len() < paths.len() {
        let list = rpm().unwrap_or_default();
        for (path, package) in sought.in_rpm_list(&list) {
            owners.entry(path).or_insert(package);
        }
    }
    for finding in findings {
        finding.package = finding.path().and_then(|path| owners.get(path)).cloned();
    }
    Ok(())
}
