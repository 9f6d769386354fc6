//! Mounts, and the payload behind dm-verity.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use zshield_golden::EntryPath;
use zshield_golden::verity::Verity;
use zshield_linux::device_mapper::DeviceMapper;
use zshield_linux::mount;
use zshield_linux::program::ProgramError;
use zshield_linux::{IoError, loop_device};
use zshield_plan::model::GOLDEN_MAPPING;
use zshield_plan::step::MountAs;

/// Why the payload could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A loop device or the image can't be used.
    #[error(transparent)]
    Io(#[from] IoError),
    /// `dmsetup` failed.
    #[error(transparent)]
    Command(#[from] ProgramError),
}

/// Mounts a device; the directory is made where it is missing. What is mounted there already is
/// unmounted first.
pub(crate) fn attach(device: &str, at: &Path, kind: MountAs) -> Result<(), IoError> {
    fs::create_dir_all(at).map_err(IoError::at(at))?;
    mount::detach(at)?;
    tracing::info!("mount {device} on {}", at.display());
    let node = Path::new(device);
    let fsck = || {
        mount::fsck(node);
        Ok(())
    };
    match kind {
        MountAs::Ext4 => mount::ext4(node, at, c"noinit_itable", fsck),
        MountAs::Ext4Frozen => mount::ext4_frozen(node, at),
    }
    .map_err(IoError::at(device))
}

/// What is mounted within the system at `root`, by paths within it.
pub fn mounted_within(root: &Path) -> Result<BTreeSet<EntryPath>, IoError> {
    let places = mount::points_below(root)?;
    let within = places.iter().filter_map(|place| place.strip_prefix(root).ok());
    let paths = within.filter_map(|path| EntryPath::new(path.as_os_str().as_bytes()).ok());
    Ok(paths.filter(|path| !path.is_root()).collect())
}

/// Opens the payload behind dm-verity: from here on the kernel hands out no block that is not as
/// the root hash says.
pub(crate) fn open_golden(image: &Path, verity: &Verity) -> Result<(), OpenError> {
    close_golden()?;
    let device = loop_device::bind(image)?;
    let table = verity.table(&device, &device);
    let created = DeviceMapper::WITH_UDEV.create_readonly(GOLDEN_MAPPING, &table);
    if created.is_err() {
        loop_device::release(&device)?;
    }
    created?;
    Ok(())
}

/// Closes the payload again, where it is open.
pub(crate) fn close_golden() -> Result<(), OpenError> {
    let node = PathBuf::from("/dev/mapper").join(GOLDEN_MAPPING);
    if !node.exists() {
        return Ok(());
    }
    let mapper = DeviceMapper::WITH_UDEV;
    let table = mapper.table(GOLDEN_MAPPING)?;
    let backing = table.split_whitespace().nth(4).map(loop_device::node_of);
    mapper.remove(GOLDEN_MAPPING)?;
    if let Some(Some(device)) = backing {
        loop_device::release(&device)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_is_named_from_the_root_that_it_is_within() {
        assert!(mounted_within(Path::new("/")).unwrap().contains(&"proc".parse().unwrap()));
        assert!(mounted_within(Path::new("/no/such/root")).unwrap().is_empty());
    }
}
