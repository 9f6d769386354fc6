//! Mounts, and the payload behind dm-verity.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::MountFlags;
use zshield_golden::EntryPath;
use zshield_linux::IoError;
use zshield_linux::mount;
use zshield_plan::command::Command;
use zshield_plan::model::GOLDEN_MAPPING;
use zshield_plan::step::MountAs;

use crate::command;

/// Mounts a device; the directory is made where it is missing. What is mounted there already is
/// unmounted first. A filesystem to be written that the kernel refuses as damaged is repaired by
/// this command, or by the usual one.
pub(crate) fn attach(
    device: &str,
    at: &Path,
    kind: MountAs,
    repair: Option<&Command>,
) -> Result<(), IoError> {
    let node = ready(device, at)?;
    let fsck = || {
        match repair {
            // What became of it is for the kernel to say, which is asked again.
            Some(repair) => drop(command::run(repair)),
            None => mount::fsck(node),
        }
        Ok(())
    };
    match kind {
        MountAs::Ext4 => mount::ext4(node, at, c"noinit_itable", fsck),
        MountAs::Ext4Frozen => mount::ext4_frozen(node, at, MountFlags::empty()),
    }
    .map_err(IoError::at(device))
}

/// Mounts a Golden partition to be read. Its files are verified by themselves, and an upgrade that was cut off while it
/// wrote there may have torn the superblock.
pub(crate) fn attach_golden(device: &str, at: &Path) -> Result<(), IoError> {
    mount::ext4_frozen_or_torn(ready(device, at)?, at).map_err(IoError::at(device))
}

fn ready<'a>(device: &'a str, at: &Path) -> Result<&'a Path, IoError> {
    fs::create_dir_all(at).map_err(IoError::at(at))?;
    mount::detach(at)?;
    tracing::info!("mount {device} on {}", at.display());
    Ok(Path::new(device))
}

/// Mounts an ext4 to be written. fsck finds one whose superblock is gone by the copies of it.
pub(crate) fn attach_or_repair(device: &str, at: &Path) -> Result<(), IoError> {
    attach(device, at, MountAs::Ext4, None).or_else(|error| {
        if !is_no_filesystem(&error.source) {
            return Err(error);
        }
        mount::fsck(Path::new(device));
        attach(device, at, MountAs::Ext4, None)
    })
}

/// Whether the kernel has refused to mount something for what it holds. A disk that does not answer is
/// another matter: what it holds may be sound.
pub(crate) fn is_no_filesystem(error: &io::Error) -> bool {
    let refused = [Errno::INVAL, Errno::UCLEAN, Errno::BADMSG].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| refused.contains(&code))
}

/// What is mounted within the system at `root`, by paths within it.
pub fn mounted_within(root: &Path) -> Result<BTreeSet<EntryPath>, IoError> {
    let places = mount::points_below(root)?;
    let within = places.iter().filter_map(|place| place.strip_prefix(root).ok());
    let paths = within.filter_map(|path| EntryPath::new(path.as_os_str().as_bytes()).ok());
    Ok(paths.filter(|path| !path.is_root()).collect())
}

/// Whether the payload is open behind dm-verity.
pub(crate) fn golden_is_open() -> bool {
    Path::new("/dev/mapper").join(GOLDEN_MAPPING).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_answer_is_not_one_without_a_filesystem() {
        let of = |errno: Errno| is_no_filesystem(&io::Error::from(errno));
        assert!(of(Errno::INVAL) && of(Errno::UCLEAN) && of(Errno::BADMSG));
        assert!(!of(Errno::IO) && !of(Errno::NOENT) && !of(Errno::NXIO) && !of(Errno::BUSY));
    }

    #[test]
    fn what_is_mounted_is_named_from_the_root_that_it_is_within() {
        assert!(mounted_within(Path::new("/")).unwrap().contains(&"proc".parse().unwrap()));
        assert!(mounted_within(Path::new("/no/such/root")).unwrap().is_empty());
    }
}
