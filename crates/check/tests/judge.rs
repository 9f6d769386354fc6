//! Which drift is in order: by what was accepted, by the latest backup, by what an installation
//! writes.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::XattrFlags;
use zshield_check::accepted::Accepted;
use zshield_check::classes::Classes;
use zshield_check::depth::Depth;
use zshield_check::judge::{Judge, References, name_packages, names};
use zshield_check::last::{Alarm, Last};
use zshield_check::report::{CheckReport, DriftAlarm, FORMAT, Finding, Reason};
use zshield_golden::compare::{Difference, Drift, Expected, StateDigest};
use zshield_golden::manifest::{Entry, Node};
use zshield_plan::policy::{Check, Class};
use zshield_units::UnixTime;

/// Three systems, which have the files of their names with these contents.
struct Systems {
    directory: tempfile::TempDir,
    accepted: Accepted,
}

impl References for Systems {
    fn factory(&self) -> Option<&Path> {
        Some(Path::new("/nonexistent"))
    }

    fn latest(&self) -> Option<&Path> {
        None
    }
}

/// Both snapshots are there.
struct Both([PathBuf; 2]);

impl References for Both {
    fn factory(&self) -> Option<&Path> {
        Some(&self.0[0])
    }

    fn latest(&self) -> Option<&Path> {
        Some(&self.0[1])
    }
}

impl Systems {
    fn new(files: &[(&str, &str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (system, path, content) in files {
            let full = directory.path().join(system).join(path);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, content).unwrap();
        }
        Self { directory, accepted: Accepted::default() }
    }

    fn at(&self, system: &str) -> PathBuf {
        self.directory.path().join(system)
    }

    fn findings(&self, references: &dyn References, paths: &[&str]) -> Vec<Finding> {
        let drift =
            |path: &&str| Drift { path: path.parse().unwrap(), difference: Difference::Content };
        self.judged(references, paths.iter().map(drift).collect())
    }

    fn judged(&self, references: &dyn References, drifts: Vec<Drift>) -> Vec<Finding> {
        let classes = Classes::new(&Check::default(), []).unwrap();
        let written = Expected::nothing().free("etc/fstab").unwrap();
        let root = self.at("now");
        let judge =
            Judge { root: &root, classes: &classes, accepted: &self.accepted, written: &written };
        judge.findings(drifts, references).unwrap()
    }
}

fn reasons(findings: &[Finding]) -> Vec<(String, Class, Option<Reason>)> {
    let of = |one: &Finding| (one.place.to_string(), one.class, one.expected);
    findings.iter().map(of).collect()
}

const FILES: &[(&str, &str, &str)] = &[
    ("now", "etc/fstab", "installed"),
    ("now", "etc/hosts", "mine"),
    ("now", "etc/passwd", "new"),
    ("now", "usr/bin/tool", "changed"),
    ("factory", "etc/fstab", "installed"),
    ("factory", "etc/hosts", "delivered"),
    ("factory", "usr/bin/tool", "changed"),
    ("latest", "etc/hosts", "mine"),
    ("latest", "etc/passwd", "old"),
    ("latest", "usr/bin/tool", "changed"),
];
const PATHS: &[&str] = &["etc/fstab", "etc/hosts", "etc/passwd", "usr/bin/tool", "boot/zshield/x"];

/// A report of a quick check.
fn report(findings: Vec<Finding>) -> CheckReport {
    CheckReport {
        format: FORMAT,
        began: UnixTime(1000),
        depth: Depth::Quick,
        no_basis: None,
        version: "1".to_owned(),
        compared: 9,
        skipped: 0,
        findings,
        names: BTreeSet::new(),
    }
}

#[test]
fn only_configuration_is_in_order_by_a_backup() {
    let systems = Systems::new(FILES);
    let both = Both(["factory", "latest"].map(|name| systems.at(name)));
    let found = reasons(&systems.findings(&both, PATHS));
    let wanted = [
        // Volatile, and yet reported: by whoever has looked at it in another way.
        ("/boot/zshield/x".to_owned(), Class::System, None),
        ("/usr/bin/tool".to_owned(), Class::System, None),
        ("/etc/hosts".to_owned(), Class::Config, Some(Reason::BackedUp)),
        ("/etc/passwd".to_owned(), Class::Config, None),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_system_that_is_labelled_anew_is_the_same_system() {
    let systems = Systems::new(FILES);
    let xattrs = |path: &str, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Drift { path: path.parse().unwrap(), difference: Difference::Xattrs { names } }
    };
    let found = systems.judged(
        &systems,
        vec![
            xattrs("usr/bin/tool", &["security.selinux"]),
            xattrs("etc/hosts", &["security.capability", "security.selinux"]),
        ],
    );
    assert_eq!(reasons(&found), [("/etc/hosts".to_owned(), Class::Config, None)]);
    let tool = systems.at("now").join("usr/bin/tool");
    let before = StateDigest::of(&tool).unwrap();
    let label = b"system_u:object_r:bin_t:s0\0";
    let set = rustix::fs::setxattr(&tool, "security.selinux", label, XattrFlags::empty());
    assert!(set.is_ok() || !rustix::process::geteuid().is_root());
    assert!(StateDigest::of(&tool).unwrap() == before);
    let classes = Classes::new(&Check::default(), []).unwrap();
    assert_eq!(classes.of(&".autorelabel".parse().unwrap()), Class::Volatile);
}

#[test]
fn without_snapshots_nothing_is_in_order_by_itself() {
    let systems = Systems::new(FILES);
    let found = systems.findings(&systems, PATHS);
    assert_eq!(found.iter().filter(|one| one.expected.is_none()).count(), PATHS.len());
}

#[test]
fn what_was_accepted_is_in_order_until_it_changes() {
    let mut systems = Systems::new(FILES);
    let tool = systems.at("now").join("usr/bin/tool");
    systems.accepted.accept(
        "usr/bin/tool".parse().unwrap(),
        StateDigest::of(&tool).unwrap(),
        UnixTime(7),
    );
    let reason = |systems: &Systems| systems.findings(systems, &["usr/bin/tool"])[0].expected;
    assert_eq!(reason(&systems), Some(Reason::Acknowledged));
    fs::write(&tool, "changed again").unwrap();
    assert_eq!(reason(&systems), None);
}

#[test]
fn a_file_is_put_back_under_all_of_its_names() {
    let systems = Systems::new(FILES);
    let findings = systems.findings(&systems, &["usr/bin/tool", "etc/hosts"]);
    let link = |path: &str, to: &str| {
        Ok(Entry { path: path.parse().unwrap(), node: Node::HardLink { to: to.parse().unwrap() } })
    };
    let entries = [
        link("etc/more", "etc/hosts"),
        link("usr/bin/tool", "usr/bin/another"),
        link("usr/bin/tool-1", "usr/bin/another"),
        link("usr/bin/x", "usr/bin/w"),
    ];
    let found = names(entries.into_iter(), &findings).unwrap();
    let wanted = ["usr/bin/another", "usr/bin/tool", "usr/bin/tool-1"];
    assert_eq!(found, wanted.map(|path| path.parse().unwrap()).into());
}

#[test]
fn a_report_leaves_behind_what_is_to_be_told() {
    let systems = Systems::new(FILES);
    let mut findings = systems.findings(&systems, PATHS);
    // A dpkg that knows nothing of the file is no reason not to ask rpm.
    fs::create_dir_all(systems.at("now").join("var/lib/dpkg/info")).unwrap();
    let noted = || Some("tools\t/usr/bin/tool\n".to_owned());
    name_packages(&systems.at("now"), &mut findings, noted).unwrap();
    let report = report(findings);
    let root = systems.at("now");
    let mut before = Last::of(&report, None);
    before.deep = Some(UnixTime(500));
    Last::of(&report, Some(&before)).write(&root).unwrap();
    let last = Last::read(&root).unwrap().unwrap();
    assert_eq!((last.began, last.deep), (UnixTime(1000), Some(UnixTime(500))));
    assert_eq!(last.drifting.len(), PATHS.len());
    assert_eq!(last.access, None);
    let alarm = last.alarm.unwrap();
    // Configuration is told, and raises no alarm.
    assert_eq!((alarm.count, alarm.example.to_string().as_str()), (2, "/boot/zshield/x"));
    assert_eq!(alarm.packages, ["tools"]);
    fs::write(root.join(zshield_check::last::FILE), "{").unwrap();
    assert_eq!(Last::read(&root).unwrap(), None);
}

#[test]
fn who_was_given_access_is_told_apart_from_files_that_differ() {
    let systems = Systems::new(FILES);
    let tool = systems.at("now").join("usr/bin/tool");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o4755)).unwrap();
    let report = report(systems.findings(&systems, &["usr/bin/tool", "boot/zshield/x"]));
    let mut last = Last::of(&report, None);
    let of = |alarm: &Option<Alarm>| {
        alarm.as_ref().map(|alarm| (alarm.count, alarm.example.to_string()))
    };
    let (count, example) = of(&last.access).unwrap();
    assert!(count == 1 && example.starts_with("/usr/bin/tool ("), "{example}");
    assert_eq!(of(&last.alarm), Some((1, "/boot/zshield/x".to_owned())));
    last.accept(&last.alarming(DriftAlarm::Files).cloned().collect());
    assert!(last.alarm.is_none() && last.access.is_some());
    last.accept(&last.alarming(DriftAlarm::Access).cloned().collect());
    assert_eq!(last.access, None);
}
