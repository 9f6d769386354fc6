//! `/boot` as one set: saved into root before a snapshot is taken, so that the snapshot carries
//! the kernel, the initial RAM disk and the menu that belong to it; and put back with root.
//!
//! The set is a directory with `files/`, laid out as `/boot` is, and `set.json`, which names each file
//! with its size, mode and BLAKE3. What belongs to the machine and not to a version is no part of
//! it: the ledger, GRUB's environment, notes about the disks.

mod strange;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, unlinkat};
use serde::{Deserialize, Serialize};
use zshield_golden::Digest;
use zshield_golden::descent::open_directory;
use zshield_golden::slot::Artifact;
use zshield_messages::say;
use zshield_plan::grub::DIRECTORY;
use zshield_plan::machine_files;
use zshield_plan::saved::{self, BootSetMeta, FORMAT};

use crate::boot_files::checkpoint;
use zshield_linux::IoError;
use zshield_linux::attributes::unlocked;
use zshield_linux::durable_file;
use zshield_linux::label;

pub use strange::found as strange;

const DESCRIPTION: &str = "set.json";
const FILES: &str = "files";
/// What starts the system, by its names in GRUB's directory: written when all that it names is there.
pub const MENUS: [&str; 2] = ["grub.cfg", "system.cfg"];
/// Where e2fsck puts what has lost its name.
pub(crate) const LOST: &str = "lost+found";

/// What a set says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootSet {
    /// Which system it belongs to.
    #[serde(flatten)]
    pub saved: BootSetMeta,
    /// Its files, by their paths below `/boot`.
    pub files: BTreeMap<PathBuf, Entry>,
}

/// A file of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its size in bytes.
    pub size: u64,
    /// Its permissions.
    pub mode: u32,
    /// The digest of its content.
    pub blake3: Digest,
}

/// A set that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BootSetError {
    /// Something can't be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The description is none that this program reads.
    #[error("{}", say::host::boot_set_unreadable(.0))]
    Description(String),
    /// A file is not as the description says.
    #[error("{}", say::host::boot_set_damaged(.0))]
    Damaged(String),
    /// `/boot` and the set are not the same.
    #[error("{}", say::host::boot_set_differs(.0))]
    Differs(String),
    /// A system could not be started from it.
    #[error("{}", say::host::boot_set_incomplete(.0))]
    Incomplete(String),
}

/// Whether a regular file of this path below `/boot` is the machine's own, and no part of any set.
fn is_machines(path: &Path) -> bool {
    let unfinished = path.file_name().and_then(|name| durable_file::unfinished(name.as_bytes()));
    match path.strip_prefix(DIRECTORY).map(|name| name.as_os_str().as_bytes()) {
        Ok(name) => {
            machine_files::is_one(name)
                || unfinished.is_some_and(|of| machine_files::is_one(of) || is_generated(of))
        }
        Err(_) => unfinished.is_some(),
    }
}

/// The menus by their paths below `/boot`.
fn menus() -> [PathBuf; 2] {
    MENUS.map(|name| Path::new(DIRECTORY).join(name))
}

/// Whether it is the path of a menu below `/boot`.
pub(crate) fn is_menu(path: &Path) -> bool {
    menus().iter().any(|menu| menu == path)
}

/// Whether files in a directory of this path below `/boot` are part of a set. GRUB's own holds no other.
fn may_hold(directory: &Path) -> bool {
    directory != Path::new(LOST)
        && (directory == Path::new(DIRECTORY) || !directory.starts_with(DIRECTORY))
}

/// Whether GRUB's directory has a file of this name in every system.
fn is_generated(name: &[u8]) -> bool {
    let artifacts = [Artifact::Early, Artifact::Font].map(Artifact::file_name);
    MENUS.iter().chain(&artifacts).any(|file| file.as_bytes() == name)
}

/// The regular files below a directory that are part of a set. What is mounted there is not.
fn listed(boot: &Path) -> io::Result<Vec<PathBuf>> {
    files(boot, |path| !is_machines(path))
}

/// What a power cut has left there of files that were being written.
fn left(boot: &Path) -> io::Result<Vec<PathBuf>> {
    // No set has them.
    let is_unfinished = |path: &Path| {
        let name = path.file_name().map(OsStrExt::as_bytes);
        is_machines(path) && name.is_some_and(|name| durable_file::unfinished(name).is_some())
    };
    let mut left = Vec::new();
    for path in files(boot, is_unfinished)? {
        if durable_file::is_abandoned(&boot.join(&path))? {
            left.push(path);
        }
    }
    Ok(left)
}

/// The regular files in the directories that a set may have files in, those of a kind.
fn files(boot: &Path, is_one: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::new()];
    let root = File::open(boot)?.into();
    while let Some(directory) = directories.pop() {
        match opened(&root, &directory) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => continue,
            opened => drop(opened?),
        }
        for entry in fs::read_dir(boot.join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && may_hold(&path) {
                directories.push(path);
            } else if kind.is_file() && is_one(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A directory of a set, and nothing that is mounted there.
fn opened(root: &OwnedFd, directory: &Path) -> io::Result<OwnedFd> {
    let name = directory.as_os_str().as_bytes();
    open_directory(root, if name.is_empty() { b".".as_slice() } else { name })
}

fn entry(path: &Path) -> io::Result<Entry> {
    let mut file = File::open(path)?;
    let facts = file.metadata()?;
    let (blake3, _) = Digest::of_reader(&mut file, |_| {})?;
    Ok(Entry { size: facts.len(), mode: facts.permissions().mode() & 0o7777, blake3 })
}

/// The files of `/boot` that are part of a set, as they are; those that count.
pub fn described(
    boot: &Path,
    counts: impl Fn(&Path) -> bool,
) -> Result<BTreeMap<PathBuf, Entry>, IoError> {
    let paths = listed(boot).map_err(IoError::at(boot))?;
    let entry = |path: PathBuf| {
        let full = boot.join(&path);
        entry(&full).map(|entry| (path, entry)).map_err(IoError::at(full))
    };
    paths.into_iter().filter(|path| counts(path)).map(entry).collect()
}

/// The files of `/boot`, where a system can be started from them.
pub(crate) fn startable_files(boot: &Path) -> Result<BTreeMap<PathBuf, Entry>, BootSetError> {
    let files = described(boot, |_| true)?;
    startable(&files, boot)?;
    Ok(files)
}

/// Saves `/boot` in a directory; what is there already and the same is not written again.
pub(crate) fn save(
    boot: &Path,
    to: &Path,
    saved: &BootSetMeta,
    half_way: &dyn Fn(),
) -> Result<(), BootSetError> {
    let files = startable_files(boot)?;
    let kept = to.join(FILES);
    label::create_dir_all(&kept).map_err(IoError::at(&kept))?;
    // As they are, not as an earlier description has them: a cut may have come between the two.
    let had = described(&kept, |_| true)?;
    put(boot, &kept, &kept, &files, &had, half_way)?;
    clear(&kept, &files)?;
    Ok(describe(to, &BootSet { saved: saved.clone(), files })?)
}

fn describe(directory: &Path, set: &BootSet) -> Result<(), IoError> {
    let path = directory.join(DESCRIPTION);
    serde_json::to_vec_pretty(set)
        .map_err(io::Error::from)
        .and_then(|json| durable_file::write(&path, 0o644, &json))
        .map_err(IoError::at(path))
}

/// Describes the set in a directory anew, of which the menu was rewritten.
pub(crate) fn describe_anew(directory: &Path) -> Result<(), BootSetError> {
    let mut set = read(directory)?;
    let path = menu(directory);
    let found = entry(&path).map_err(IoError::at(&path))?;
    set.files.insert(Path::new(DIRECTORY).join(MENUS[0]), found);
    Ok(describe(directory, &set)?)
}

/// Writes the files that differ, each replaced as a whole, the ones that start the system last.
/// `had` is what the target holds. Where the target is not at the place that it has in its system, `named`
/// is that.
fn put(
    from: &Path,
    to: &Path,
    named: &Path,
    files: &BTreeMap<PathBuf, Entry>,
    had: &BTreeMap<PathBuf, Entry>,
    half_way: &dyn Fn(),
) -> Result<(), IoError> {
    let (last, first): (Vec<_>, Vec<_>) =
        files.iter().partition(|(path, _)| menus().contains(path));
    for (number, (path, entry)) in first.into_iter().chain(last).enumerate() {
        if had.get(path) != Some(entry) {
            let target = to.join(path);
            let named = named.join(path);
            replace(&from.join(path), &target, &named, entry.mode).map_err(IoError::at(&target))?;
        }
        if number == files.len() / 2 {
            half_way();
        }
    }
    Ok(())
}

fn replace(from: &Path, to: &Path, named: &Path, mode: u32) -> io::Result<()> {
    let directory = to.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let is_at = named.parent().unwrap_or(named);
    unlocked(directory, || label::create_dir_all_as(directory, is_at))?;
    let is_new = to.symlink_metadata().is_err();
    durable_file::replace(to, mode, |target| {
        if is_new && to != named {
            label::as_at(&*target, named)?;
        }
        let mut source = File::open(from)?;
        io::copy(&mut source, target)?;
        // A check looks at the time too, and nothing but that copy knows it.
        target.set_modified(source.metadata()?.modified()?)
    })
}

/// Removes what is no part of the set, and what a power cut has left of files that were being written.
fn clear(directory: &Path, files: &BTreeMap<PathBuf, Entry>) -> Result<(), IoError> {
    let found = listed(directory).map_err(IoError::at(directory))?;
    let left = left(directory).map_err(IoError::at(directory))?;
    let root = File::open(directory).map_err(IoError::at(directory))?.into();
    for path in found.iter().chain(&left).filter(|path| !files.contains_key(*path)) {
        let (Some(within), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let full = directory.join(path);
        // Whatever was mounted meanwhile, it is not that which loses a file.
        let remove =
            || -> io::Result<()> { Ok(unlinkat(opened(&root, within)?, name, AtFlags::empty())?) };
        unlocked(&full, remove).map_err(IoError::at(&full))?;
    }
    strange::remove(directory)
}

/// GRUB's menu in the set in a directory.
pub(crate) fn menu(directory: &Path) -> PathBuf {
    directory.join(FILES).join(DIRECTORY).join(MENUS[0])
}

/// What the set in a directory says of itself; its files are not looked at.
pub fn read(directory: &Path) -> Result<BootSet, BootSetError> {
    let path = directory.join(DESCRIPTION);
    let json = fs::read(&path).map_err(IoError::at(&path))?;
    let unreadable = || BootSetError::Description(path.display().to_string());
    let mut set: BootSet = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    let plain =
        |path: &Path| path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if set.saved.format != FORMAT || !set.files.keys().all(|path| plain(path)) {
        return Err(unreadable());
    }
    // An older version has taken along what others put into GRUB's directory.
    set.files.retain(|path, _| path.parent().is_none_or(may_hold) && !is_machines(path));
    Ok(set)
}

/// The set in a directory, each of its files held against its digest.
pub fn check(directory: &Path) -> Result<BootSet, BootSetError> {
    let set = read(directory)?;
    let kept = directory.join(FILES);
    startable(&set.files, &kept)?;
    for (path, wanted) in &set.files {
        let full = kept.join(path);
        let found = entry(&full).map_err(IoError::at(&full))?;
        if (found.size, &found.blake3) != (wanted.size, &wanted.blake3) {
            return Err(BootSetError::Damaged(full.display().to_string()));
        }
    }
    Ok(set)
}

/// What of `/boot` is not as the set in a directory has it.
pub(crate) fn differences(directory: &Path, boot: &Path) -> Result<Vec<PathBuf>, BootSetError> {
    let mut differing = differing_files(directory, boot)?;
    differing.extend(strange::found(boot)?.into_iter().map(|(path, _)| path));
    Ok(differing)
}

/// Which of the files of `/boot` are not as the set in a directory has them.
fn differing_files(directory: &Path, boot: &Path) -> Result<Vec<PathBuf>, BootSetError> {
    let wanted = read(directory)?.files;
    let found = described(boot, |_| true)?;
    let paths: BTreeSet<&PathBuf> = wanted.keys().chain(found.keys()).collect();
    let differs = |path: &&&PathBuf| wanted.get(**path) != found.get(**path);
    Ok(paths.iter().filter(differs).copied().cloned().collect())
}

/// Whether the set in a directory is whole, and `/boot` is the same.
pub(crate) fn is_of(directory: &Path, boot: &Path) -> Result<(), BootSetError> {
    check(directory)?;
    match differing_files(directory, boot)?.first() {
        Some(path) => Err(BootSetError::Differs(boot.join(path).display().to_string())),
        None => Ok(()),
    }
}

/// Puts a set back in place of what `/boot` holds: what it adds first, the menu that names it
/// next, and only then goes what is no part of it.
pub(crate) fn restore(
    directory: &Path,
    boot: &Path,
    half_way: &dyn Fn(),
) -> Result<(), BootSetError> {
    let set = check(directory)?;
    let kept = directory.join(FILES);
    let had = described(boot, |_| true)?;
    // In the rescue system neither it nor the system that the set is of is at its place.
    let root = directory.ancestors().find(|above| above.join(saved::DIRECTORY) == directory);
    let named = root.map_or_else(|| boot.to_owned(), |root| root.join("boot"));
    if let Err(error) = put(&kept, boot, &named, &set.files, &had, half_way) {
        if error.source.kind() != io::ErrorKind::StorageFull {
            return Err(error.into());
        }
        // Somebody has filled it. The recovery is armed: nothing here is started before it ends.
        clear(boot, &set.files)?;
        put(&kept, boot, &named, &set.files, &had, half_way)?;
    }
    clear(boot, &set.files)?;
    // GRUB replays no journal.
    checkpoint(boot).map_err(IoError::at(boot))?;
    is_of(directory, boot)
}

/// Whether the menu is there, and each kernel and initial RAM disk that it names.
fn startable(files: &BTreeMap<PathBuf, Entry>, at: &Path) -> Result<(), BootSetError> {
    let there = |path: &Path| files.get(path).is_some_and(|entry| entry.size > 0);
    let incomplete = |path: &Path| BootSetError::Incomplete(at.join(path).display().to_string());
    menus()
        .iter()
        .try_for_each(|path| there(path).then_some(()).ok_or_else(|| incomplete(path)))?;
    let menu = at.join(DIRECTORY).join(MENUS[1]);
    let text = fs::read_to_string(&menu).map_err(IoError::at(&menu))?;
    let named = text.split_whitespace().filter_map(|word| word.strip_prefix("($root)/"));
    let named = named.map(Path::new).filter(|path| !path.starts_with(DIRECTORY));
    let named: Vec<&Path> = named.collect();
    if named.is_empty() {
        // It starts nothing.
        return Err(incomplete(&Path::new(DIRECTORY).join(MENUS[1])));
    }
    named.into_iter().try_for_each(|path| there(path).then_some(()).ok_or_else(|| incomplete(path)))
}

#[cfg(test)]
mod tests;
