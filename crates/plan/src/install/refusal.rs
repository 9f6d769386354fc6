//! Why nothing can be installed on a machine.

use zshield_messages::{list, say};

use crate::check::Violation;
use crate::choice::{Considered, Undecided};
use crate::id::DiskName;
use crate::policy::GroupName;
use crate::role::{ByRole, Role};
use zshield_units::Bytes;

/// Why nothing can be installed; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not exactly one disk for each role.
    #[error("{}", undecided(.0))]
    Disks(Undecided, Vec<Considered>),
    /// A disk is too small.
    #[error("{}", say::plan::DiskTooSmall { disk: disk.device(), has: has.to_string(), needs: needs.to_string(), role: role.to_string() })]
    TooSmall {
        /// Which.
        role: Role,
        /// Its name.
        disk: DiskName,
        /// Its size.
        has: Bytes,
        /// What it must have.
        needs: Bytes,
    },
    /// The volume group would span disks with sectors of different sizes: LVM makes no such group.
    #[error("{}", mixed_sectors(.0))]
    MixedSectors(Box<ByRole<(DiskName, u32)>>),
    /// A disk that is left alone has a volume group of the appliance's name.
    #[error("{}", say::plan::ForeignGroup { disks: names(.1), group: &.0.as_str() })]
    ForeignGroup(GroupName, Vec<DiskName>),
    /// A volume group lies partly on a disk that would be erased.
    #[error("{}", say::plan::SpanningGroup { disks: names(.1), group: &.0.as_str() })]
    SpanningGroup(GroupName, Vec<DiskName>),
    /// Two disks tell the same model, serial number and size.
    #[error("{}", say::plan::indistinct_disks(names(.0)))]
    Indistinct(Vec<DiskName>),
    /// The image is signed by a key that was revoked on the appliance which is here.
    #[error("{}", say::plan::revoked_key(.0))]
    RevokedKey(String),
    /// The plan breaks a rule that every plan must keep: a defect in this program.
    #[error("{}", say::plan::plan_violates(list(.0)))]
    Violations(Vec<Violation>),
}

impl Refusal {
    /// The word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Disks(Undecided::None(Role::Ssd), _) => "no-ssd",
            Self::Disks(Undecided::None(Role::Hdd), _) => "no-hdd",
            Self::Disks(Undecided::Several(Role::Ssd, _), _) => "several-ssds",
            Self::Disks(Undecided::Several(Role::Hdd, _), _) => "several-hdds",
            Self::Disks(Undecided::Both(_), _) => "one-disk-for-both",
            Self::TooSmall { role: Role::Ssd, .. } => "small-ssd",
            Self::TooSmall { role: Role::Hdd, .. } => "small-hdd",
            Self::MixedSectors(_) => "mixed-sectors",
            Self::ForeignGroup(..) => "foreign-group",
            Self::SpanningGroup(..) => "spanning-group",
            Self::Indistinct(_) => "indistinct-disks",
            Self::RevokedKey(_) => "revoked-key",
            Self::Violations(_) => "plan-violates",
        }
    }
}

fn names(disks: &[DiskName]) -> String {
    disks.iter().map(DiskName::device).collect::<Vec<_>>().join(", ")
}

fn mixed_sectors(ByRole { ssd, hdd }: &ByRole<(DiskName, u32)>) -> String {
    let (ssdsector, hddsector) = (ssd.1, hdd.1);
    let (ssd, hdd) = (ssd.0.device(), hdd.0.device());
    say::plan::MixedSectors { ssd, ssdsector, hdd, hddsector }.to_string()
}

fn undecided(undecided: &Undecided) -> String {
    match undecided {
        Undecided::None(role) => say::plan::no_disk(role.to_string()),
        Undecided::Several(role, disks) => {
            say::plan::SeveralDisks { disks: names(disks), role: role.to_string() }.to_string()
        }
        Undecided::Both(disk) => say::plan::one_disk_for_both(disk.device()),
    }
}
