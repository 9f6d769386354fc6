//! The World as it is: disks from sysfs, groups from LVM, contents from blkid, and journals.

mod blkid;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod json;
mod lvm;
mod mounts;
pub mod raid;
pub mod smart;
mod sysfs;
mod table;

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use zshield_plan::id::Uuid;
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::Transport;
use zshield_plan::role::Role;
use zshield_plan::volumes::{BOOT_NAME, GOLDEN_NAME, PHYSICAL};
use zshield_plan::world::{Disk, ImageFacts, Medium, Partition, World};

use crate::journal::JournalStore;
use mounts::Uses;
use zshield_linux::IoError;
use zshield_linux::lvm::LvmError;
use zshield_linux::program::ProgramError;

pub(crate) use lvm::lvm_of;
pub use lvm::{Group, PlainFactory, Presence, group, snapshot_state};
pub(crate) use table::name_partitions;

/// Why a machine could not be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A command failed.
    #[error(transparent)]
    Command(#[from] ProgramError),
    /// LVM could not be asked.
    #[error(transparent)]
    Lvm(#[from] LvmError),
    /// A file could not be read.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Everything that a planner must know of this machine.
pub fn world(image: ImageFacts, medium: Medium) -> Result<World, ObserveError> {
    let mut disks = sysfs::disks(Path::new("/sys"))?;
    let uses = Uses::read()?;
    let contents = blkid::contents()?;
    for disk in &mut disks {
        contents.describe(disk);
        look_into(disk, &uses);
    }
    let groups = lvm::groups(&disks)?;
    Ok(World { image, medium, disks, groups })
}

/// Asks LVM again for the groups on a world's disks, which are what they were but for its metadata.
pub fn reread_groups(world: &mut World) -> Result<(), ObserveError> {
    world.groups = lvm::groups(&world.disks)?;
    Ok(())
}

/// Reads what a disk says of itself. One that can't be read takes no role; what others are good for
/// is not its matter.
fn look_into(disk: &mut Disk, uses: &Uses) {
    let seen = uses
        .mark(disk)
        .and_then(|()| table::name_partitions(disk))
        .and_then(|()| add_unseen(disk))
        .and_then(|()| journal(disk))
        .map(|journal| disk.journal = journal);
    if let Err(error) = seen {
        tracing::error!("{error}: {}", error.source);
        disk.unreadable = Some(error.source.to_string());
    }
}

/// An appliance's partitions are there where the kernel sees none of them: a copy of their table is damaged, and the
/// protective MBR with it. What is not seen would count as nothing that could be lost.
fn add_unseen(disk: &mut Disk) -> Result<(), IoError> {
    const OURS: [&str; 4] = [BOOT_NAME, GOLDEN_NAME, PHYSICAL.ssd, PHYSICAL.hdd];
    if !disk.partitions.is_empty() || disk.removable {
        return Ok(());
    }
    table::add_partitions(disk)?;
    let is_ours = |it: &Partition| it.label.as_deref().is_some_and(|label| OURS.contains(&label));
    if !disk.partitions.iter().any(is_ours) {
        disk.partitions.clear();
    }
    Ok(())
}

/// Every disk of this machine, with its partitions.
pub fn disks() -> Result<Vec<Disk>, ObserveError> {
    Ok(sysfs::disks(Path::new("/sys"))?)
}

/// The same with the ids of the partitions of an appliance.
pub fn disks_with_ids() -> Result<Vec<Disk>, ObserveError> {
    Ok(with_ids(&disks()?))
}

/// The appliance's disk of a role among these, if it is there. Only where none is what it was they are
/// asked for their partitions' ids.
pub fn own_disk(disks: &[Disk], role: Role, ledger: &Ledger) -> Option<Disk> {
    let asked = || ledger.disk(role, &with_ids(disks)).cloned();
    ledger.disk(role, disks).cloned().or_else(asked)
}

/// The disks among these that hold a copy of one of the appliance's own.
pub fn copies(disks: &[Disk], ledger: &Ledger) -> Vec<Disk> {
    let disks = with_ids(disks);
    Role::ALL.into_iter().flat_map(|role| ledger.copies(role, &disks)).cloned().collect()
}

/// These disks with the ids of their partitions, where the kernel names them as an appliance's. A start
/// has the kernel forget the partitions of a copy: where it knows none, the disk's table is read. No other
/// disk is asked for anything.
fn with_ids(disks: &[Disk]) -> Vec<Disk> {
    let is_known = |disk: &Disk| {
        let labels = disk.partitions.iter().filter_map(|partition| partition.label.as_deref());
        let hidden = disk.partitions.is_empty() && !disk.removable && disk.in_use.is_empty();
        hidden || labels.into_iter().any(|label| [GOLDEN_NAME, PHYSICAL.hdd].contains(&label))
    };
    let mut disks = disks.to_vec();
    for disk in disks.iter_mut().filter(|disk| is_known(disk)) {
        let named = if disk.partitions.is_empty() {
            hidden_partitions(disk).map(|found| disk.partitions = found)
        } else {
            table::name_partitions(disk)
        };
        if let Err(error) = named {
            tracing::warn!("{error}: {}", error.source);
        }
    }
    disks
}

/// The partitions in the table of a disk of which the kernel knows none. The table is read once: only a start
/// hides the partitions of a copy, and the daemon looks each minute.
fn hidden_partitions(disk: &Disk) -> Result<Vec<Partition>, IoError> {
    static READ: Mutex<Vec<Disk>> = Mutex::new(Vec::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |known: &&Disk| (&known.name, &known.identity) == (&disk.name, &disk.identity);
    if let Some(known) = read.iter().find(is_it) {
        return Ok(known.partitions.clone());
    }
    let mut with_table = disk.clone();
    table::add_partitions(&mut with_table)?;
    let partitions = with_table.partitions.clone();
    read.push(with_table);
    Ok(partitions)
}

/// When this machine was started.
pub fn started() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    now.checked_sub(jiff::SignedDuration::from_secs(uptime())).unwrap_or(now)
}

/// Seconds since this machine was started, by a clock that nobody sets. The kernel itself is asked: `clock_gettime`
/// of rustix goes by the vDSO, and wants all of that which any kernel has there.
pub fn uptime() -> i64 {
    rustix::system::sysinfo().uptime
}

/// The journal of an installation on this disk; removable media are not asked, a disk in a bay is.
fn journal(disk: &Disk) -> Result<Option<Box<zshield_plan::journal::Journal>>, IoError> {
    if (disk.removable && disk.transport != Transport::Sata) || disk.read_only {
        return Ok(None);
    }
    Ok(JournalStore::on(Path::new(&disk.name.device())).read()?.map(Box::new))
}

/// The numbers of the device that a directory lies on, as sysfs writes them.
pub(crate) fn device_number(directory: &Path) -> Result<String, IoError> {
    use std::os::unix::fs::MetadataExt as _;
    let device = directory.metadata().map_err(IoError::at(directory))?.dev();
    Ok(format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device)))
}

/// What the device mapper says in sysfs of the device that a directory lies on (`name`, `uuid`);
/// nothing where it is none of its.
pub(crate) fn mapped(directory: &Path, what: &str) -> Result<Option<String>, IoError> {
    let path = format!("/sys/dev/block/{}/dm/{what}", device_number(directory)?);
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => Ok(Some(other.map_err(IoError::at(&path))?.trim_end().to_owned())),
    }
}

/// The id of the partition that a directory lies on; `None` where it lies on none.
pub fn partition_of(directory: &Path) -> Result<Option<Uuid>, ObserveError> {
    let number = device_number(directory)?;
    let mut disks = sysfs::disks(Path::new("/sys"))?;
    let mut unknown = None;
    for disk in &mut disks {
        let numbers = match sysfs::numbers(disk).map_err(IoError::at(disk.name.device())) {
            Ok(numbers) => numbers,
            // It may be another's, which is still to be found.
            Err(error) => {
                unknown = Some(error);
                continue;
            }
        };
        // The disk itself comes first, then its partitions in their order.
        if let Some(index) = numbers.iter().skip(1).position(|(found, _)| *found == number) {
            table::name_partitions(disk)?;
            return Ok(disk.partitions.get(index).and_then(|partition| partition.id));
        }
    }
    unknown.map_or(Ok(None), |error| Err(error.into()))
}

/// Which of these disks has the partition of this number that a directory lies on.
pub(crate) fn disk_of(
    directory: &Path,
    partition: u32,
    disks: &[Disk],
) -> Result<Option<usize>, IoError> {
    let number = device_number(directory)?;
    let holds = |disk: &Disk| {
        let numbers = sysfs::numbers(disk).unwrap_or_default();
        let mut partitions = numbers.iter().skip(1).zip(&disk.partitions);
        partitions.any(|((found, _), it)| *found == number && it.number == partition)
    };
    Ok(disks.iter().position(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_cant_be_read_says_why_and_stops_nobody() {
        let disk = r#"{"name": "zs-gone", "model": "", "serial": "", "size": 512,
            "rotational": false, "transport": "sata"}"#;
        let mut disk: Disk = serde_json::from_str(disk).unwrap();
        look_into(&mut disk, &Uses::read().unwrap());
        assert!(disk.unreadable.is_some_and(|why| why.contains("No such file")));
    }
}
