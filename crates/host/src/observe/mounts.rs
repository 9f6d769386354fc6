//! Where disks are in use: mounts, swap, and devices made of them.

use std::fs;
use std::path::Path;

use zshield_formats::mountinfo::{self, Mount};
use zshield_plan::world::Disk;

use super::sysfs;
use zshield_linux::IoError;

/// What the kernel uses.
pub(super) struct Uses {
    mounts: Vec<Mount>,
    swaps: String,
}

impl Uses {
    /// As it is now.
    pub(super) fn read() -> Result<Self, IoError> {
        let swaps = String::from_utf8_lossy(&read("/proc/swaps")?).into_owned();
        Ok(Self { mounts: mountinfo::parse(&read("/proc/self/mountinfo")?), swaps })
    }

    /// Notes for a disk where it is in use.
    pub(super) fn mark(&self, disk: &mut Disk) -> Result<(), IoError> {
        let numbers = sysfs::numbers(disk).map_err(IoError::at(disk.name.device()))?;
        for (number, directory) in numbers {
            disk.in_use.extend(mount_points(&self.mounts, &number));
            let node = directory.file_name().map(|name| format!("/dev/{}", name.to_string_lossy()));
            if node.is_some_and(|node| self.swaps.lines().any(|line| first_word(line) == node)) {
                disk.in_use.push("swap".to_owned());
            }
            disk.in_use.extend(holders(&directory)?);
        }
        Ok(())
    }
}

fn read(path: &str) -> Result<Vec<u8>, IoError> {
    fs::read(path).map_err(IoError::at(path))
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// The places where a device of this number is mounted.
pub(super) fn mount_points(mounts: &[Mount], number: &str) -> Vec<String> {
    let ours = mounts.iter().filter(|mount| mount.number == number);
    ours.map(|mount| mount.point.display().to_string()).collect()
}

/// Devices made of this one, as device-mapper and MD leave them in sysfs.
fn holders(directory: &Path) -> Result<Vec<String>, IoError> {
    let holders = directory.join("holders");
    let Ok(entries) = fs::read_dir(&holders) else { return Ok(Vec::new()) };
    entries
        .map(|entry| {
            let path = entry.map_err(IoError::at(&holders))?.path();
            let dm = fs::read_to_string(path.join("dm/name"));
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            Ok(dm.map_or(name.unwrap_or_default(), |dm| dm.trim().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_found_by_its_number() {
        let info = b"28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                    52 28 8:17 / /mnt/a\\040b rw - vfat /dev/sdb1 rw\n";
        let mounts = mountinfo::parse(info);
        assert_eq!(mount_points(&mounts, "8:17"), ["/mnt/a b"]);
        assert_eq!(mount_points(&mounts, "8:1"), ["/"]);
        assert!(mount_points(&mounts, "8:2").is_empty());
    }
}
