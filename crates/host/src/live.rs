//! How the running system differs from a snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use zshield_golden::EntryPath;
use zshield_golden::compare::Expected;
use zshield_live::{Change, Depth, Difference, LiveError, Scope};
use zshield_plan::live::{Process, Room};
use zshield_plan::model::{Binding, Files};
use zshield_plan::role::Role;
use zshield_plan::saved;
use zshield_plan::way_back::FileSource;
use zshield_units::Bytes;

use crate::boot_backup;
use crate::generation::{self, OpenVault};
use crate::mount::mounted_within;
use crate::read_only_mount::ReadOnlyMount;
use crate::step_error::StepError;
use crate::writers;
use zshield_linux::IoError;

/// What was seen.
pub struct Seen {
    /// The differences of root.
    pub difference: Difference,
    /// The files of `/boot` that differ, by their paths below it.
    pub boot: Vec<PathBuf>,
    /// Whether there is room to write what is missing.
    pub room: Room,
    /// What is free on root.
    pub free: Bytes,
    /// Who writes to what differs in it.
    pub writers: Vec<Process>,
}

/// Mounts a snapshot for a moment and compares the system at `root` with it.
pub fn look(
    binding: &Binding,
    way: FileSource,
    root: &Path,
    files: &Files,
) -> Result<Seen, StepError> {
    within(binding, way, |from, damaged| seen(from, root, files, damaged))
}

/// What a snapshot has in a file of this path.
pub fn text_of(binding: &Binding, way: FileSource, path: &str) -> Result<String, StepError> {
    within(binding, way, |from, _| {
        let file = from.join(path);
        Ok(fs::read_to_string(&file).map_err(IoError::at(&file))?)
    })
}

/// Puts `/boot` back from what a snapshot has saved of it, or the system at `root` itself.
pub fn put_boot_back(
    binding: &Binding,
    way: Option<FileSource>,
    root: &Path,
) -> Result<(), StepError> {
    let restore = |from: &Path| {
        let set = from.join(saved::DIRECTORY);
        Ok(boot_backup::restore(&set, &root.join("boot"), &|| {})?)
    };
    match way {
        Some(way) => within(binding, way, |from, _| restore(from)),
        None => restore(root),
    }
}

/// Mounts a state of root for a moment.
fn within<T>(
    binding: &Binding,
    way: FileSource,
    look: impl FnOnce(&Path, &[EntryPath]) -> Result<T, StepError>,
) -> Result<T, StepError> {
    match way {
        FileSource::Backup(way) => {
            look(ReadOnlyMount::of(&binding.group, way, "snapshot")?.root(), &[])
        }
        FileSource::Generation(generation) => {
            let vault = OpenVault::open(&binding.group, binding.disks.of(Role::Hdd))?;
            let (_, found) = vault.find(&generation.to_string())?;
            let mounted = vault.mounted(&found, &generation::place())?;
            let damaged = mounted.damaged().map_err(error)?;
            look(mounted.root(), &damaged)
        }
    }
}

fn seen(from: &Path, root: &Path, files: &Files, damaged: &[EntryPath]) -> Result<Seen, StepError> {
    let scope = scope(files, root)?.without(damaged.iter().cloned());
    let difference = difference(from, root, files, &scope)?;
    let set = from.join(saved::DIRECTORY);
    let boot = boot_backup::differences(&set, &root.join("boot"))?;
    let free = free(root)?;
    let writers = writers::of(&difference, root)?;
    Ok(Seen { room: room(&difference, free), free, difference, boot, writers })
}

pub(crate) fn difference(
    from: &Path,
    to: &Path,
    files: &Files,
    scope: &Scope,
) -> Result<Difference, StepError> {
    let depth = if files.deep { Depth::Deep } else { Depth::Quick };
    Ok(Difference::between(from, to, scope, depth, &|_| {})?)
}

/// What of the system at `root` these files are. What is mounted now is kept, whatever was when a
/// person was asked.
pub(crate) fn scope(files: &Files, root: &Path) -> Result<Scope, StepError> {
    let mut kept = Expected::nothing();
    for path in &files.kept {
        kept = kept.free(path).map_err(LiveError::from)?;
    }
    for path in mounted_within(root)? {
        kept = kept.free_path(path);
    }
    if files.only.is_empty() {
        return Ok(Scope::whole(kept));
    }
    let only = files.only.iter().map(|path| path.parse()).collect::<Result<Vec<EntryPath>, _>>();
    let only = only.map_err(LiveError::from)?;
    Ok(Scope::only(only, kept))
}

/// A path that no tree has is an error of comparing trees.
pub(crate) fn error(error: zshield_golden::PathError) -> StepError {
    LiveError::from(error).into()
}

pub(crate) fn room(difference: &Difference, free: Bytes) -> Room {
    let freed = difference.changes.iter().map(|change| match change {
        Change::Remove { bytes, .. } => *bytes,
        Change::Write { .. } | Change::Attributes { .. } | Change::Link { .. } => 0,
    });
    Room::of(difference.written(), free.0, freed.sum())
}

/// Who writes to what a difference replaces in the system at `root`.
pub fn writers(difference: &Difference, root: &Path) -> Result<Vec<Process>, StepError> {
    writers::of(difference, root)
}

/// What is free on the filesystem of a root.
pub fn free(root: &Path) -> Result<Bytes, IoError> {
    let found = rustix::fs::statvfs(root).map_err(IoError::at(root))?;
    Ok(Bytes(found.f_bavail * found.f_frsize))
}
