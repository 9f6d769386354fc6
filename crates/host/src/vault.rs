//! The vault's volume: mounted for as long as somebody needs it, in the appliance that it belongs to, or on its HDD
//! alone where the SSD is gone.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::mount::MountFlags;
use zshield_formats::ext4::{SUPERBLOCK_SIZE, SUPERBLOCK_START, room};
use zshield_linux::{IoError, mount, usage};
use zshield_plan::appliance::VaultRoom;
use zshield_plan::id::DiskName;
use zshield_plan::policy::GroupName;
use zshield_plan::volumes::{HDD_PARTITION, VAULT, named};
use zshield_units::Bytes;

use crate::degraded::{OwnGroup, VolumeLocation};
use crate::lock;

/// What device-mapper knows the volume by where LVM does not activate it.
const MAPPING: &str = "zshield-vault";

/// Where those mount it who read it beside other operations, which unmount nothing there: each process in a directory of its own.
const BESIDE: &str = "/run/zshield/vault";

/// The directory of this process for that. What others have left there that were killed is unmounted.
pub fn beside() -> Result<PathBuf, IoError> {
    for left in mount::points_below(BESIDE.as_ref())? {
        let of = left.strip_prefix(BESIDE).ok().and_then(|name| name.to_str()?.parse().ok());
        if !of.is_some_and(lock::is_own_program) {
            mount::detach(&left)?;
        }
    }
    Ok(own())
}

/// What this process reads beside other operations is taken out of sight: it is about to end.
pub(crate) fn leave() -> Result<(), IoError> {
    mount::leave_all(&own())
}

fn own() -> PathBuf {
    Path::new(BESIDE).join(std::process::id().to_string())
}

/// What may be done with the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// They are read.
    Read,
    /// They are written too.
    Write,
}

/// The vault's filesystem, mounted. What is not closed is unmounted all the same, and what went wrong is logged.
#[derive(Debug)]
pub struct VaultMount {
    at: PathBuf,
    is_mapped: bool,
    is_open: bool,
}

impl VaultMount {
    /// Mounts the vault of an appliance whose volumes are active. What is mounted there already, by a process that was
    /// killed, is unmounted first.
    pub fn of(group: &GroupName, at: &Path, access: Access) -> Result<Self, IoError> {
        let device = group.device(&named(VAULT));
        mounted(Path::new(&device), at, access)?;
        Ok(Self { at: at.to_owned(), is_mapped: false, is_open: true })
    }

    /// Mounts, to be read, the vault on this HDD, whatever has become of the SSD: LVM has its metadata on both disks,
    /// and no part of the vault is on the other. It is mapped beside LVM, which activates and changes nothing. What
    /// the journal holds is written out, since a power cut may have ended a copy.
    pub fn on_hdd_alone(hdd: &DiskName, group: &GroupName, at: &Path) -> Result<Self, IoError> {
        let device = hdd.partition(HDD_PARTITION);
        let own = OwnGroup::on([&device], group.to_string());
        let location = VolumeLocation::of(&own, VAULT).map_err(IoError::at(&device))?;
        mount::detach(at)?;
        VolumeLocation::unmap(MAPPING).map_err(IoError::at(MAPPING))?;
        location.map_beside(MAPPING).map_err(IoError::at(MAPPING))?;
        let vault = Self { at: at.to_owned(), is_mapped: true, is_open: true };
        mounted(&Path::new("/dev/mapper").join(MAPPING), at, Access::Read)?;
        Ok(vault)
    }

    /// Where its files are.
    pub fn root(&self) -> &Path {
        &self.at
    }

    /// How much room there is.
    pub fn room(&self) -> io::Result<VaultRoom> {
        Ok(VaultRoom { size: Bytes(usage::size(&self.at)?), free: Bytes(usage::free(&self.at)?) })
    }

    /// Unmounts it: all that was written is on the disk then.
    pub fn close(mut self) -> Result<(), IoError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), IoError> {
        self.is_open = false;
        mount::detach(&self.at)?;
        if self.is_mapped {
            VolumeLocation::unmap(MAPPING).map_err(IoError::at(MAPPING))?;
        }
        if self.at.starts_with(BESIDE) {
            fs::remove_dir(&self.at).map_err(IoError::at(&self.at))?;
        }
        Ok(())
    }
}

impl Drop for VaultMount {
    fn drop(&mut self) {
        if self.is_open
            && let Err(error) = self.end()
        {
            tracing::error!("{error}");
        }
    }
}

/// The room in the vault of an appliance whose volumes are active, whether it is mounted or not; nothing where what is
/// on the volume can't be used as it is.
pub(crate) fn observe(group: &GroupName) -> Option<VaultRoom> {
    let device = group.device(&named(VAULT));
    let mut superblock = [0; SUPERBLOCK_SIZE];
    let read = File::open(&device)
        .and_then(|device| device.read_exact_at(&mut superblock, SUPERBLOCK_START));
    read.inspect_err(|error| tracing::warn!("{device}: {error}")).ok()?;
    let found = room(&superblock)?;
    Some(VaultRoom { size: Bytes(found.size), free: Bytes(found.free) })
}

/// No program and no device of somebody else's repository is one here.
fn mounted(device: &Path, at: &Path, access: Access) -> Result<(), IoError> {
    fs::create_dir_all(at).map_err(IoError::at(at))?;
    mount::detach(at)?;
    let never = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
    let flags = match access {
        Access::Read => never | MountFlags::RDONLY,
        Access::Write => never,
    };
    let fsck = || {
        mount::fsck(device);
        Ok(())
    };
    mount::ext4_beside(device, at, flags, c"", fsck).map_err(IoError::at(device))
}
