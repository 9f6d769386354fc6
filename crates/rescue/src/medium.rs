//! The medium that the rescue system was started from: found by its partition's GUID, mounted
//! read-only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, unmount};
use zshield_linux::mount::ext4_or_torn;
use zshield_messages::say;

use zshield_plan::id::{Slot, Uuid};

/// Where the medium is mounted.
pub const MOUNT_POINT: &str = "/run/zshield/medium";

/// Why the medium can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MediumError {
    /// The command line names none.
    #[error("{}", say::rescue::medium_not_named())]
    NotNamed,
    /// No partition has the GUID.
    #[error("{}", say::rescue::medium_not_found(.0.to_string()))]
    NotFound(Uuid),
    /// The partition can't be mounted.
    #[error("{}", say::rescue::MediumNotMounted { device: device.display(), why: source })]
    NotMounted {
        /// The partition.
        device: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The partition lacks the slot.
    #[error("{}", say::rescue::MediumWithoutSlot { device: device.display(), slot: slot.directory() })]
    NoSlot {
        /// The partition.
        device: PathBuf,
        /// The slot asked for.
        slot: Slot,
    },
}

/// A mounted medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// The GUID of its partition.
    pub partition: Uuid,
    /// The partition's device, now: `/dev/sdb3`. Letters change between starts.
    pub device: PathBuf,
    /// The whole disk's device, never a target: `/dev/sdb`.
    pub disk: PathBuf,
    /// The directory of the slot, below the mount point.
    pub slot: PathBuf,
}

/// The partition with this GUID, if its disk has turned up.
pub(crate) fn partition_by_guid(wanted: &Uuid) -> Option<Partition> {
    Partition::all().find(|partition| partition.guid().as_ref() == Some(wanted))
}

/// A partition as `/sys/class/block` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    name: String,
    disk: String,
    number: u32,
}

impl Partition {
    /// All that have turned up.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        fs::read_dir("/sys/class/block").into_iter().flatten().flatten().filter_map(|entry| {
            let number =
                fs::read_to_string(entry.path().join("partition")).ok()?.trim().parse().ok()?;
            // …/block/sdb/sdb3: the disk is the directory above.
            let place = fs::canonicalize(entry.path()).ok()?;
            let disk = place.parent()?.file_name()?.to_str()?.to_owned();
            Some(Self { name: entry.file_name().into_string().ok()?, disk, number })
        })
    }

    /// The GUID: the kernel's word for it (from Linux 6.10 on), else what the disk's table says.
    pub(crate) fn guid(&self) -> Option<Uuid> {
        match self.uevent("PARTUUID=") {
            Some(guid) => Uuid::parse(&guid),
            None => guid_in_table(&mut fs::File::open(self.disk()).ok()?, self.number),
        }
    }

    /// The device of the partition of the same disk that has this name in the partition table.
    pub(crate) fn sibling(&self, name: &str) -> Option<PathBuf> {
        Self::all()
            .filter(|other| other.disk == self.disk)
            .find(|other| other.label().as_deref() == Some(name))
            .map(|other| other.device())
    }

    /// Its name in the partition table.
    pub(crate) fn label(&self) -> Option<String> {
        self.uevent("PARTNAME=")
    }

    /// What the kernel says of the partition under a name (`PARTNAME=`).
    fn uevent(&self, name: &str) -> Option<String> {
        let file = Path::new("/sys/class/block").join(&self.name).join("uevent");
        let uevent = fs::read_to_string(file).ok()?;
        uevent.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
    }

    /// The path of its node.
    pub(crate) fn device(&self) -> PathBuf {
        Path::new("/dev").join(&self.name)
    }

    /// The path of its disk's node.
    pub(crate) fn disk(&self) -> PathBuf {
        Path::new("/dev").join(&self.disk)
    }
}

fn guid_in_table(disk: &mut (impl io::Read + io::Seek), number: u32) -> Option<Uuid> {
    let found = [512, 4096]
        .into_iter()
        .find_map(|size| zshield_formats::gpt::partitions(disk, size).ok())?;
    let (_, entry) = found.into_iter().find(|(index, _)| *index == number)?;
    Some(Uuid::from_gpt(entry.unique_partition_guid))
}

impl Medium {
    /// Mounts a partition read-only and finds the slot on it.
    pub fn mount(guid: &Uuid, partition: &Partition, slot: Slot) -> Result<Self, MediumError> {
        let device = partition.device();
        let _ = fs::create_dir_all(MOUNT_POINT);
        // A process of this boot that died may have left it mounted.
        let _ = unmount(MOUNT_POINT, UnmountFlags::DETACH);
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        ext4_or_torn(&device, MOUNT_POINT.as_ref(), flags).map_err(|error| {
            MediumError::NotMounted { device: device.clone(), source: error.into() }
        })?;
        let directory = Path::new(MOUNT_POINT).join(slot.directory());
        if !directory.is_dir() {
            return Err(MediumError::NoSlot { device, slot });
        }
        Ok(Self { partition: *guid, device, disk: partition.disk(), slot: directory })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use gptman::{GPT, GPTPartitionEntry};

    use super::*;

    #[test]
    fn the_guid_of_a_partition_is_read_from_the_table() {
        let mut disk = Cursor::new(vec![0; 4 << 20]);
        let mut table = GPT::new_from(&mut disk, 512, [7; 16]).unwrap();
        table[3] = GPTPartitionEntry {
            partition_type_guid: [1; 16],
            unique_partition_guid: [9; 16],
            starting_lba: 2048,
            ending_lba: 4095,
            attribute_bits: 0,
            partition_name: "zs-stick".into(),
        };
        table.write_into(&mut disk).unwrap();
        assert_eq!(guid_in_table(&mut disk, 3), Some(Uuid::from_gpt([9; 16])));
        assert_eq!(guid_in_table(&mut disk, 1), None);
        assert_eq!(guid_in_table(&mut Cursor::new(vec![0; 4096]), 3), None);
    }
}
