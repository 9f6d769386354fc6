//! What of an appliance that does not run is damaged, of what it is started by.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use zshield_formats::gpt::{self, Copies};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, SignatureError};
use zshield_golden::slot;
use zshield_linux::IoError;
use zshield_plan::appliance::{Appliance, BootFilesystem};
use zshield_plan::grub::DIRECTORY;
use zshield_plan::id::Slot;
use zshield_plan::model::Target;
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved;
use zshield_plan::volumes::{BOOT, GOLDEN, ROOT, named};
use zshield_plan::whole::{Damage, Part, SetOf};
use zshield_plan::world::Disk;

use crate::appliance::Found;
use crate::boot_backup::{self, BootSet, BootSetError, Entry};
use crate::context::{ExecContext, Image};
use crate::grubenv::Grubenv;
use crate::ledger::LedgerStore;
use crate::mount;
use crate::read_only_mount::ReadOnlyMount;
use crate::step_error::StepError;
use crate::steps;

/// Which of these disks have a partition table of which one copy, or the protective MBR, is damaged.
pub fn damaged_tables(disks: &ByRole<Disk>) -> Result<ByRole<bool>, IoError> {
    let is_damaged = |disk: &Disk| {
        let node = disk.name.device();
        let mut device = File::open(&node).map_err(IoError::at(&node))?;
        let copies =
            gpt::copies(&mut device, u64::from(disk.sector)).map_err(IoError::at(&node))?;
        Ok(matches!(copies, Copies::Damaged(_)))
    };
    Ok(ByRole { ssd: is_damaged(&disks.ssd)?, hdd: is_damaged(&disks.hdd)? })
}

/// What was found, and the machine's own image where that is whole.
pub struct Looked {
    /// What is damaged.
    pub damage: Damage,
    /// The manifest of the image in the machine's own slot, all of whose files were read and found right.
    pub own: Option<Manifest>,
}

/// The slot of the machine's own Golden Image, mounted for as long as this lives.
pub struct OwnSlot {
    mounted: ReadOnlyMount,
    slot: Slot,
}

impl OwnSlot {
    /// Mounts it.
    pub fn of(found: &Found) -> Result<Self, IoError> {
        let partition = found.appliance.binding.path(&GOLDEN);
        let slot = found.ledger.slot;
        Ok(Self { mounted: ReadOnlyMount::golden(&partition, "own")?, slot })
    }

    /// Its directory.
    pub fn path(&self) -> PathBuf {
        self.mounted.root().join(self.slot.directory())
    }
}

/// Looks at each part. Its volumes are active, and nothing of it is mounted; `brought` is the image on the medium.
pub fn look(found: &Found, brought: Image<'_>) -> Result<Looked, StepError> {
    let mut damage = Damage { parts: BTreeSet::new(), set: None };
    let own = match golden(found)? {
        Ok(own) => Some(own),
        Err(part) => {
            damage.parts.insert(part);
            None
        }
    };
    let is_own = found.ledger.golden_image() == brought.manifest.digest().to_string();
    let image = match &own {
        Some((slot, manifest)) => Some(Image { slot: slot.path(), manifest }),
        None => Some(brought).filter(|_| is_own),
    };
    if let Some(image) = image {
        let mut context = ExecContext::of(found.appliance.binding.clone());
        context.image = Some(image);
        let whole = steps::boot_loader_is_whole(Role::Ssd, &context)?;
        damage.parts.extend((!whole).then_some(Part::BootLoader));
    }
    let set = whole_set(&found.appliance);
    damage.parts.extend(boot(&found.appliance, set.as_ref().map(|(_, set)| set))?);
    damage.set = set.map(|(of, _)| of);
    Ok(Looked { damage, own: own.map(|(_, manifest)| manifest) })
}

/// The image that the rescue system is started from; or the part of the Golden partition that is damaged.
fn golden(found: &Found) -> Result<Result<(OwnSlot, Manifest), Part>, StepError> {
    let own = match OwnSlot::of(found) {
        Err(error) if mount::is_no_filesystem(&error.source) => {
            tracing::warn!("{error}: {}", error.source);
            return Ok(Err(Part::GoldenFilesystem));
        }
        other => other?,
    };
    let path = own.path();
    let damaged = |why: String| {
        tracing::warn!("{}: {why}", path.display());
        Ok(Err(Part::Golden))
    };
    let manifest = match manifest(found, &path) {
        Ok(manifest) => manifest,
        Err(why) => return damaged(why.to_string()),
    };
    match slot::check(&path, &manifest.header().artifacts, &|_| {}) {
        Ok(()) => Ok(Ok((own, manifest))),
        Err(why) => damaged(why.to_string()),
    }
}

/// The manifest of a slot that the machine has trusted.
fn manifest(found: &Found, slot: &Path) -> Result<Manifest, SignatureError> {
    let requirement =
        if found.keys.is_empty() { Requirement::UnsignedAccepted } else { Requirement::Signed };
    signature::open(slot, &found.keys, requirement)
}

/// The first system whose boot set is whole: that of root belongs to root.
fn whole_set(appliance: &Appliance) -> Option<(SetOf, BootSet)> {
    let group = &appliance.binding.group;
    let checked = |name: &str, mounted: Result<ReadOnlyMount, StepError>| {
        let mounted = mounted.inspect_err(|why| tracing::warn!("{name}: {why}")).ok()?;
        let set = boot_backup::check(&mounted.root().join(saved::DIRECTORY));
        set.inspect_err(|why| tracing::warn!("{name}: {why}")).ok()
    };
    let root = || {
        appliance.root()?;
        let mounted = ReadOnlyMount::mount(&group.device(&named(ROOT)), "set");
        Some((SetOf::Root, checked(ROOT, mounted.map_err(StepError::from))?))
    };
    let backup = |target: Target| {
        let (way, _) = appliance.way_back(target)?;
        let set = checked(way.volume().as_str(), ReadOnlyMount::of(group, way, "set"))?;
        Some((SetOf::Backup(way), set))
    };
    root().or_else(|| [Target::Latest, Target::Factory].into_iter().find_map(backup))
}

/// `/boot`, and what the machine notes there.
fn boot(appliance: &Appliance, set: Option<&BootSet>) -> Result<Vec<Part>, StepError> {
    match appliance.boot {
        BootFilesystem::Destroyed => {
            return Ok(vec![Part::BootFilesystem, Part::Boot, Part::Ledger, Part::Environment]);
        }
        BootFilesystem::Mountable => {}
    }
    let mounted = ReadOnlyMount::mount(&appliance.binding.path(&BOOT), "boot")?;
    let directory = mounted.root().join(DIRECTORY);
    let environment = Grubenv::in_directory(&directory);
    let parts = [
        (Part::Boot, starts(mounted.root(), set)?),
        (Part::Ledger, LedgerStore::in_directory(&directory).read()?.is_some()),
        (Part::Environment, environment.is_whole()?),
    ];
    Ok(parts.into_iter().filter(|(_, whole)| !whole).map(|(part, _)| part).collect())
}

/// Whether a system can be started from `/boot`, and each file that is the set's by its name and its length has the
/// content too. Another kernel than the set's is none that is damaged, and another menu with it; with the set's own
/// kernels the menus are the set's too.
fn starts(boot: &Path, set: Option<&BootSet>) -> Result<bool, IoError> {
    let files = match boot_backup::startable_files(boot) {
        Ok(files) => files,
        Err(BootSetError::Io(error)) if error.source.kind() != std::io::ErrorKind::NotFound => {
            return Err(error);
        }
        Err(why) => {
            tracing::warn!("{why}");
            return Ok(false);
        }
    };
    let same = |(path, entry): (&PathBuf, &Entry)| {
        let rotten = files.get(path).is_some_and(|found| is_rotten(found, entry));
        if rotten {
            tracing::warn!("{}: not as it was saved", path.display());
        }
        !rotten
    };
    let Some(BootSet { files: saved, .. }) = set else { return Ok(true) };
    let menus_are_those = beside_menus(&files).ne(beside_menus(saved)) || files == *saved;
    if !menus_are_those {
        tracing::warn!("the menus are not as they were saved");
    }
    Ok(menus_are_those && saved.iter().all(same))
}

/// The files but for the menus.
fn beside_menus(files: &BTreeMap<PathBuf, Entry>) -> impl Iterator<Item = (&PathBuf, &Entry)> {
    files.iter().filter(|(path, _)| !boot_backup::is_menu(path))
}

fn is_rotten(found: &Entry, saved: &Entry) -> bool {
    found.size == saved.size && found.blake3 != saved.blake3
}
