//! What tools print and the kernel shows, for the fuzz targets.

use std::path::Path;

use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::world::Disk;

use zshield_linux::lvm::rows;

use super::{blkid, lvm, mounts, raid, smart, sysfs};

/// LVM's reports, whichever was asked for.
pub fn lvm(output: &str, snapshot: &VolumeName, disks: &[Disk]) {
    if let Ok(rows) = rows(output.as_bytes()) {
        lvm::gather(&rows, disks);
    }
    if let Ok(rows) = rows(output.as_bytes()) {
        lvm::state_in(&rows, snapshot);
    }
    let group =
        GroupName::new("vgroup").and_then(|group| lvm::Presence::read(output, &group).ok()?);
    if let (Some(presence), Ok(volumes)) = (group, rows(output.as_bytes())) {
        lvm::described(presence, &volumes);
    }
}

/// What blkid prints: each device and what is on it.
pub fn blkid(output: &str) -> usize {
    blkid::parse(output).len()
}

/// Where the device of a number is mounted.
pub fn mounts(mountinfo: &[u8], number: &str) -> Vec<String> {
    mounts::mount_points(&zshield_formats::mountinfo::parse(mountinfo), number)
}

/// What smartctl says of a disk; how many of its attributes are below their thresholds.
pub fn smart(json: &[u8]) -> Option<usize> {
    match smart::parse(json) {
        smart::Asked::Told(health) => Some(health.below_threshold.len()),
        smart::Asked::Mute | smart::Asked::Silent => None,
    }
}

/// What storcli says of arrays, and how many there are.
pub fn raid(json: &[u8]) -> Option<usize> {
    raid::arrays(json).map(|arrays| arrays.len())
}

/// The disks in a directory that is laid out as sysfs is.
pub fn sysfs(directory: &Path) -> Vec<Disk> {
    sysfs::disks(directory).unwrap_or_default()
}
