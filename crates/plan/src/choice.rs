//! Which disk takes which role, or why none does.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::id::{DiskName, Identity};
use crate::policy::{Pattern, Policy, Predicates, Transport};
use crate::role::{ByRole, Role};
use crate::world::{Disk, World};
use zshield_units::Bytes;

/// Why a disk was passed over for a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PassedOver {
    /// It holds the image that this system was started from.
    BootMedium,
    /// Its medium can be taken out.
    Removable,
    /// It is in a bay in which disks are changed while the machine runs, and the policy asks for none.
    Bay,
    /// It is attached by USB, and the policy asks for no such disk.
    Usb,
    /// Its zones can only be written from their beginning to their end.
    Zoned,
    /// It can't be written.
    ReadOnly,
    /// Nothing could be read of it.
    Unreadable(String),
    /// It is in use there.
    InUse(Vec<String>),
    /// Its sectors are not the 512 bytes that GRUB for BIOS counts in.
    SectorSize(u32),
    /// It turns, or does not, where the policy asks for the other.
    Rotational(bool),
    /// It is attached otherwise than the policy asks.
    Transport(Transport),
    /// Its driver is not of the pattern asked for.
    Driver(Pattern),
    /// Its vendor is not of the pattern asked for.
    Vendor(Pattern),
    /// Its model is not of the pattern asked for.
    Model(Pattern),
    /// It is smaller than the policy asks.
    Smaller(Bytes),
    /// It is larger than the policy asks.
    Larger(Bytes),
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::BootMedium => say::plan::passed_boot_medium(),
            Self::Removable => say::plan::passed_removable(),
            Self::Bay => say::plan::passed_bay(),
            Self::Usb => say::plan::passed_usb(),
            Self::Zoned => say::plan::passed_zoned(),
            Self::ReadOnly => say::plan::passed_read_only(),
            Self::Unreadable(why) => say::plan::passed_unreadable(why),
            Self::InUse(places) => say::plan::passed_in_use(places.join(", ")),
            Self::SectorSize(size) => say::plan::passed_sector_size(*size),
            Self::Rotational(true) => say::plan::passed_not_rotational(),
            Self::Rotational(false) => say::plan::passed_rotational(),
            Self::Transport(wanted) => say::plan::passed_transport(transport(*wanted)),
            Self::Driver(pattern) => say::plan::passed_driver(pattern.as_str()),
            Self::Vendor(pattern) => say::plan::passed_vendor(pattern.as_str()),
            Self::Model(pattern) => say::plan::passed_model(pattern.as_str()),
            Self::Smaller(size) => say::plan::passed_smaller(size.to_string()),
            Self::Larger(size) => say::plan::passed_larger(size.to_string()),
        })
    }
}

/// The policy's word for a transport.
const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Sata => "sata",
        Transport::Scsi => "scsi",
        Transport::Nvme => "nvme",
        Transport::Usb => "usb",
        Transport::Virtio => "virtio",
        Transport::Ubd => "ubd",
        Transport::Other => "other",
    }
}

/// A disk, and why it takes none of the roles that were open to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// Its name now.
    pub name: DiskName,
    /// What it is.
    pub identity: Identity,
    /// Why it was passed over for each role; nothing where it fits.
    pub passed: ByRole<Vec<PassedOver>>,
}

/// The disks of a machine for which no plan can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// No disk fits.
    None(Role),
    /// More than one fits.
    Several(Role, Vec<DiskName>),
    /// The same disk fits both, and the policy tells them apart by nothing.
    Both(DiskName),
}

/// Every disk with the reasons against it.
pub fn consider(policy: &Policy, world: &World) -> Vec<Considered> {
    let against = |disk: &Disk| ByRole {
        ssd: reasons(disk, Role::Ssd, &policy.disks.ssd, world),
        hdd: reasons(disk, Role::Hdd, &policy.disks.hdd, world),
    };
    world
        .disks
        .iter()
        .map(|disk| Considered {
            name: disk.name.clone(),
            identity: disk.identity.clone(),
            passed: against(disk),
        })
        .collect()
}

/// The one disk for each role, or what stands against it.
pub fn choose<'a>(policy: &Policy, world: &'a World) -> Result<ByRole<&'a Disk>, Undecided> {
    let considered = consider(policy, world);
    let one = |role: Role| {
        let mut fitting = world
            .disks
            .iter()
            .zip(&considered)
            .filter(|(_, considered)| considered.passed.of(role).is_empty())
            .map(|(disk, _)| disk);
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(Undecided::None(role)),
            (Some(disk), None) => Ok(disk),
            (Some(first), Some(second)) => Err(Undecided::Several(
                role,
                [first, second].into_iter().chain(fitting).map(|d| d.name.clone()).collect(),
            )),
        }
    };
    let chosen = ByRole { ssd: one(Role::Ssd)?, hdd: one(Role::Hdd)? };
    if chosen.ssd.name == chosen.hdd.name {
        return Err(Undecided::Both(chosen.ssd.name.clone()));
    }
    Ok(chosen)
}

/// What stands against a disk for a role.
fn reasons(disk: &Disk, role: Role, wanted: &Predicates, world: &World) -> Vec<PassedOver> {
    let mut found = Vec::new();
    let mut unless = |fits: bool, reason: PassedOver| {
        if !fits {
            found.push(reason);
        }
    };
    unless(!disk.holds(&world.medium), PassedOver::BootMedium);
    // A SATA port to the outside says the same of its disks as a card reader of its cards.
    let is_bay = disk.removable && disk.transport == Transport::Sata;
    unless(!disk.removable || is_bay, PassedOver::Removable);
    unless(!is_bay || wanted.transport == Some(Transport::Sata), PassedOver::Bay);
    // A customer's own disk, an internal card reader, a medium that the machine's management offers.
    let usb = disk.transport == Transport::Usb && wanted.transport != Some(Transport::Usb);
    unless(!usb, PassedOver::Usb);
    unless(!disk.zoned, PassedOver::Zoned);
    unless(!disk.read_only, PassedOver::ReadOnly);
    if let Some(why) = &disk.unreadable {
        unless(false, PassedOver::Unreadable(why.clone()));
    }
    unless(disk.in_use.is_empty(), PassedOver::InUse(disk.in_use.clone()));
    unless(role == Role::Hdd || disk.sector == 512, PassedOver::SectorSize(disk.sector));
    if let Some(rotational) = wanted.rotational {
        unless(disk.rotational == rotational, PassedOver::Rotational(rotational));
    }
    if let Some(transport) = wanted.transport {
        unless(disk.transport == transport, PassedOver::Transport(transport));
    }
    if let Some(pattern) = &wanted.driver {
        let driver = disk.driver.as_deref().unwrap_or_default();
        unless(pattern.matches(driver), PassedOver::Driver(pattern.clone()));
    }
    if let Some(pattern) = &wanted.vendor {
        unless(pattern.matches(&disk.vendor), PassedOver::Vendor(pattern.clone()));
    }
    if let Some(pattern) = &wanted.model {
        unless(pattern.matches(&disk.identity.model), PassedOver::Model(pattern.clone()));
    }
    if let Some(least) = wanted.min_size {
        unless(disk.identity.size >= least, PassedOver::Smaller(least));
    }
    if let Some(most) = wanted.max_size {
        unless(disk.identity.size <= most, PassedOver::Larger(most));
    }
    found
}
