//! A plan: everything that an operation will do, with nothing left to choose.

use serde::{Deserialize, Serialize};

use crate::id::{DiskName, Identity};
use crate::layout::Layout;
use crate::policy::GroupName;
use crate::recover::Target;
use crate::role::ByRole;
use crate::step::{Device, Step};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// An appliance is made of two disks; all that they held is lost.
    Install,
    /// The system is made anew on an appliance whose user and audit volumes are kept.
    Rebuild,
    /// The latest backup is renewed.
    Backup,
    /// Root and `/boot` go back.
    Recover(Target),
}

impl Operation {
    /// Its name, for journals and scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Rebuild => "rebuild",
            Self::Backup => "backup",
            Self::Recover(_) => "recover",
        }
    }
}

/// A complete plan. It names disks by what they are, since their names change between boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What it is for.
    pub operation: Operation,
    /// The digest of the image whose system it leaves.
    pub image: String,
    /// That image's version.
    pub version: String,
    /// The disks that it touches, and no others.
    pub disks: ByRole<Identity>,
    /// The appliance's volume group.
    pub group: GroupName,
    /// The sizes that it makes, where it makes an appliance.
    #[serde(default)]
    pub layout: Option<Layout>,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// A plan's disks by the names that they have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The names.
    pub disks: ByRole<DiskName>,
    /// The group, whose physical volumes lie on these disks alone.
    pub group: GroupName,
}

impl Binding {
    /// The path of a device's node.
    pub fn path(&self, device: &Device) -> String {
        match device {
            Device::Partition(role, number) => self.disks.of(*role).partition(*number),
            Device::Volume(group, volume) => group.device(volume),
            Device::Golden => format!("/dev/mapper/{GOLDEN_MAPPING}"),
        }
    }
}

/// The device mapper's name of the payload behind dm-verity.
pub const GOLDEN_MAPPING: &str = "zshield-golden";
