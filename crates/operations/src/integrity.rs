//! A check from the disks to its report. LVM is not asked: what is needed of its volumes is there
//! as devices, or it is not.

mod menu;
mod own;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Result, bail};
use zshield_check::accepted::Accepted;
use zshield_check::boot::{self, Loader};
use zshield_check::classes::Classes;
use zshield_check::depth::Depth;
use zshield_check::inodes::Basis;
use zshield_check::judge::{self, Judge, References, name_packages};
use zshield_check::last::Last;
use zshield_check::raw_tree::RawTree;
use zshield_check::report::{CheckReport, FORMAT, Finding};
use zshield_golden::EntryPath;
use zshield_golden::compare::{self, Expected};
use zshield_golden::manifest::Manifest;
use zshield_host::BOOT_DIRECTORY;
use zshield_host::appliance;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_host::way_back::{self, Opened};
use zshield_host::{command, degraded, mounted_within};
use zshield_linux::{device, rpm};
use zshield_messages::{Said, say};
use zshield_plan::command::Command;
use zshield_plan::id::DiskName;
use zshield_plan::install::written;
use zshield_plan::model::Target;
use zshield_plan::policy::{GroupName, Policy};
use zshield_plan::volumes::{GOLDEN_PARTITION, ROOT, named};
use zshield_units::UnixTime;

use crate::installed::{Delivered, Installed};

/// A quick check of the system that is mounted at `root`, by what the last one found; without that where it can't be read.
pub fn quick(root: &Path, policy: &Policy) -> Result<CheckReport> {
    let last = Last::read(root).ok().flatten();
    run(root, policy, Depth::Quick, last.as_ref())
}

/// Checks the system that is mounted at `root`. What the last check found is looked at as closely
/// as it was then: a quick one does not miss what a deep one has found.
pub fn run(root: &Path, policy: &Policy, depth: Depth, last: Option<&Last>) -> Result<CheckReport> {
    let began = UnixTime::from(jiff::Timestamp::now());
    let (ledger, ssd) = appliance::ssd(root)?;
    let golden = Installed::open(root, &ssd.partition(GOLDEN_PARTITION), &ledger)?;
    let delivered = Delivered::to(root, &ledger, &golden)?;
    let manifest = delivered.manifest();

    let storage = &policy.storage;
    let data = [storage.user.mount.as_str(), storage.audit.mount.as_str()];
    let classes = Classes::new(&policy.check, data)?;
    let drifting = last.into_iter().flat_map(|last| &last.drifting);
    let mut looked_at: BTreeSet<EntryPath> = drifting.map(|one| one.path.clone()).collect();
    looked_at.extend(mounted_within(root)?);
    let tree = Looked { root, classes: &classes, group: &storage.group, at: &looked_at };
    let (compared, no_basis) = tree.compare(manifest, depth)?;
    let mut drifts = compared.drifts;
    drifts.retain(|drift| !classes.is_own(&drift.path));
    let (factory, latest) = (OnceCell::new(), OnceCell::new());
    let snapshots = Snapshots { group: &storage.group, factory, latest };
    drifts.extend(menu::drifts(root, policy, (&delivered, &golden), &ledger, &snapshots)?);
    drifts.extend(own::drifts(root, &delivered, &snapshots)?);
    let accepted = Accepted::read(root)?;
    let expected = installed()?;
    let judge = Judge { root, classes: &classes, accepted: &accepted, written: &expected };
    let mut findings = judge.findings(drifts, &snapshots)?;
    name_packages(root, &mut findings, || listed_by_rpm(root))?;
    let of_machine = if last.is_some_and(|last| last.machine) { Depth::Deep } else { depth };
    let machine =
        boot::deviations(&loader(&ssd)?, &golden.slot, golden.manifest.header(), of_machine);
    findings.extend(machine.into_iter().map(Finding::of_machine));
    let names = judge::names(manifest.entries()?, &findings)?;
    Ok(CheckReport {
        format: FORMAT,
        began,
        depth,
        no_basis,
        version: manifest.header().version.clone(),
        compared: compared.compared,
        skipped: compared.skipped,
        findings,
        names,
    })
}

/// The system's files, and how they are looked at.
struct Looked<'a> {
    root: &'a Path,
    classes: &'a Classes,
    group: &'a GroupName,
    /// What a quick check looks at in any case.
    at: &'a BTreeSet<EntryPath>,
}

impl Looked<'_> {
    /// How they differ from the manifest; and why everything was read, where that was not asked
    /// for.
    fn compare(
        &self,
        manifest: &Manifest,
        depth: Depth,
    ) -> Result<(compare::Comparison, Option<String>)> {
        let Self { root, classes, at, .. } = *self;
        let read_all = || compare::compare(root, manifest, classes, &|_| {});
        if depth == Depth::Deep {
            return Ok((read_all()?, None));
        }
        match basis(root, self.group) {
            Ok(found) => {
                let device = root.metadata()?.dev();
                let inodes = found.basis.inodes(device)?;
                let mut tree = RawTree::new(&inodes, device, at, root, classes);
                Ok((compare::compare_tree(&mut tree, root, manifest, classes, &|_| {})?, None))
            }
            Err(why) => Ok((read_all()?, Some(crate::text::chain(&why)))),
        }
    }
}

/// The factory state as what is known to be good: root was proved through it.
fn basis(root: &Path, group: &GroupName) -> Result<FactoryBasis> {
    if degraded::read(&root.join(BOOT_DIRECTORY))?.is_some() {
        bail!(Said::of(say::check::stale));
    }
    let origin = group.device(&named(ROOT));
    let Some(way) = way_back::find_mapped(group, Target::Factory)? else {
        bail!(Said::of(say::check::no_factory));
    };
    if Path::new(&origin).metadata()?.rdev() != root.metadata()?.dev() {
        let there = say::check::MountedElsewhere { device: &origin, root: root.display() };
        bail!(Said::of(|| there.to_string()));
    }
    let opened = way_back::open(group, way)?;
    let (origin, snapshot) = (device::buffered(origin)?, device::buffered(opened.device())?);
    let basis = Basis::of_mounted(&File::open(root)?, origin, snapshot, &opened.stores()?)?;
    Ok(FactoryBasis { basis, _opened: opened })
}

/// What is known to be good, for as long as its devices are there.
struct FactoryBasis {
    basis: Basis,
    // Dropped last: what is above reads it.
    _opened: Opened,
}

/// What an installation writes beside the payload on root. What it writes to `/boot` is looked at by
/// itself: the factory snapshot has another `/boot`, or none.
fn installed() -> Result<Expected> {
    let mut expected = Expected::nothing();
    for path in written().into_iter().filter(|path| path != BOOT_DIRECTORY) {
        expected = expected.free(&path)?;
    }
    Ok(expected)
}

fn loader(ssd: &DiskName) -> Result<Loader> {
    Ok(Loader {
        disk: device::buffered(ssd.device())?,
        core: device::buffered(ssd.partition(1))?,
        esp: device::buffered(ssd.partition(2))?,
    })
}

/// The snapshots, each mounted when it is asked for.
struct Snapshots<'a> {
    group: &'a GroupName,
    factory: OnceCell<Option<ReadOnlyMount>>,
    latest: OnceCell<Option<ReadOnlyMount>>,
}

impl References for Snapshots<'_> {
    fn factory(&self) -> Option<&Path> {
        let look = || look_into(self.group, Target::Factory);
        let mounted = self.factory.get_or_init(look);
        mounted.as_ref().map(ReadOnlyMount::root)
    }

    fn latest(&self) -> Option<&Path> {
        let mounted = self.latest.get_or_init(|| look_into(self.group, Target::Latest));
        mounted.as_ref().map(ReadOnlyMount::root)
    }
}

/// A state, where there is one that can be mounted.
fn look_into(group: &GroupName, target: Target) -> Option<ReadOnlyMount> {
    let look = || {
        let way = way_back::find_mapped(group, target)?;
        let mounted = way.map(|way| ReadOnlyMount::of(group, way, &target.name()));
        anyhow::Ok(mounted.transpose()?)
    };
    look().inspect_err(|error| tracing::warn!("{error:#}")).ok().flatten()
}

/// All that rpm has noted of files and packages, where there is an rpm. A database that it can't read
/// leaves findings without the names of packages, and is no reason for having none.
fn listed_by_rpm(root: &Path) -> Option<String> {
    let has_rpm = ["var/lib/rpm", "usr/lib/sysimage/rpm"].iter().any(|at| root.join(at).exists());
    let root = root.to_string_lossy();
    let words = [&["--root", &*root], rpm::LIST.as_slice()].concat();
    let arguments = words.into_iter().map(str::to_owned).collect();
    let asked = || command::run(&Command { program: "rpm", arguments });
    has_rpm.then(asked)?.inspect_err(|error| tracing::warn!("{error}")).ok()
}

#[cfg(test)]
mod tests {
    use zshield_golden::compare::{FileKind, Regard, Scope as _};

    use super::*;

    #[test]
    fn what_starts_the_system_is_not_in_order_by_the_factory_snapshot() {
        let installed = installed().unwrap();
        let regard = |path: &str| installed.regard(&path.parse().unwrap(), FileKind::File);
        assert_eq!(regard("etc/fstab"), Regard::Nothing);
        for path in ["boot/zshield", "boot/zshield/early.img"] {
            assert_ne!(regard(path), Regard::Nothing, "{path}");
        }
    }
}
