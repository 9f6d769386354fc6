//! Copies of an own disk that are left in: told from it by the ledger, and hidden from the system.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::mount::MountFlags;
use zshield_linux::{ioctl, mount};
use zshield_plan::copies::{Candidate, is_original};
use zshield_plan::grub::DIRECTORY;
use zshield_plan::ledger::Ledger;
use zshield_plan::volumes::{BOOT_PARTITION, MOUNTS};
use zshield_plan::world::Disk;

use crate::ledger::LedgerStore;

/// The ledger on a partition of `/boot`, which is looked at and not written; nothing where it has none.
pub fn ledger_on(boot: &Path, at: &Path) -> io::Result<Option<Ledger>> {
    std::fs::create_dir_all(at)?;
    mount::ext4_frozen(boot, at, MountFlags::empty())?;
    let ledger = LedgerStore::in_directory(&at.join(DIRECTORY)).read();
    mount::detach(at).map_err(io::Error::other)?;
    ledger.map_err(io::Error::other)
}

/// The one of these SSDs that its own ledger names; nothing where they can't be told apart.
pub fn original<'a>(disks: &[&'a Disk]) -> Option<&'a Disk> {
    let at = PathBuf::from(MOUNTS).join("boot");
    let mut found = disks.iter().filter(|disk| {
        let boot = disk.name.partition(BOOT_PARTITION);
        let ledger = ledger_on(boot.as_ref(), &at)
            .inspect_err(|error| tracing::warn!("{boot}: {error}"))
            .ok()
            .flatten();
        let (disk, identity) = (disk.name.device(), disk.identity.clone());
        is_original(Some(&Candidate { disk, identity, ledger }))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Has the kernel forget a disk's partitions, so that nobody mounts or activates anything of them. The disk
/// itself stays, and nothing is written to it.
pub fn hide(disk: &Disk) -> io::Result<()> {
    let node = File::open(disk.name.device())?;
    disk.partitions.iter().try_for_each(|it| ioctl::forget_partition(&node, it.number))
}
