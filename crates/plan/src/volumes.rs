//! The names of an appliance's volumes and partitions, and where the program mounts them.

use crate::model::Device;
use crate::policy::VolumeName;
use crate::role::{ByRole, Role};

/// The volume of the system.
pub const ROOT: &str = "lv-root";
/// The customer's data.
pub const USER: &str = "lv-user";
/// The logs.
pub const AUDIT: &str = "lv-audit";
/// Copies of the backups, which no other disk is needed for.
pub const VAULT: &str = "lv-vault";
/// A vault that is being made, on an appliance that had none: without a filesystem yet.
pub const VAULT_NEXT: &str = "lv-vault-next";
/// The volumes that no recovery touches.
pub const DATA: [&str; 3] = [USER, AUDIT, VAULT];
/// The factory snapshot, or the factory store.
pub const FACTORY: &str = "snap0";
/// A factory snapshot that is made anew: not yet proved.
pub const FACTORY_NEXT: &str = "snap0-next";
/// The latest backup.
pub const LATEST: &str = "snap1";
/// A backup that is being made: not yet proved.
pub const NEXT: &str = "snap1-next";
/// The backup before the latest, until it is removed. While it is there and [`LATEST`] is not,
/// [`NEXT`] has been proved.
pub const OLD: &str = "snap1-old";

/// The volume that is the latest backup, whatever a cut has left it to be called, among those that are there.
pub fn latest_of(there: impl Fn(&str) -> bool) -> Option<&'static str> {
    if there(LATEST) {
        return Some(LATEST);
    }
    // The old one gives its name away only to one that was proved.
    there(OLD).then_some(if there(NEXT) { NEXT } else { OLD })
}

/// The directories that operations mount things below.
pub const MOUNTS: &str = "/run/zshield/mnt";

/// Where the Golden partition is mounted to be written.
pub(crate) const GOLDEN_AT: &str = "/run/zshield/mnt/golden";

/// Where the rescue system mounts `/boot`.
pub(crate) const BOOT_AT: &str = "/run/zshield/mnt/boot";

/// The number of the SSD's partition with `/boot` and GRUB's menu.
pub const BOOT_PARTITION: u32 = 3;
/// That partition.
pub const BOOT: Device = Device::Partition(Role::Ssd, BOOT_PARTITION);
/// The number of the SSD's partition with the Golden Image's slots.
pub const GOLDEN_PARTITION: u32 = 4;
/// That partition.
pub const GOLDEN: Device = Device::Partition(Role::Ssd, GOLDEN_PARTITION);

/// The name in the partition table of the partition of `/boot`.
pub const BOOT_NAME: &str = "zs-boot";
/// That of the Golden partition.
pub const GOLDEN_NAME: &str = "zs-golden";
/// The number of the HDD's partition, its physical volume.
pub const HDD_PARTITION: u32 = 1;
/// The names in the partition tables of the partitions that are physical volumes.
pub const PHYSICAL: ByRole<&str> = ByRole { ssd: "zs-ssd", hdd: "zs-hdd" };

/// The partition of a disk that is its physical volume.
pub const fn physical(role: Role) -> Device {
    match role {
        Role::Ssd => Device::Partition(Role::Ssd, 5),
        Role::Hdd => Device::Partition(Role::Hdd, HDD_PARTITION),
    }
}

/// One of the names above.
pub fn named(name: &str) -> VolumeName {
    VolumeName::fixed(name)
}
