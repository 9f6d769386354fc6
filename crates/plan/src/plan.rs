//! A plan: everything that an operation will do, with nothing left to choose.

use serde::{Deserialize, Serialize};

use crate::id::Identity;
use crate::layout::Layout;
use crate::model::Target;
use crate::policy::GroupName;
use crate::role::ByRole;
use crate::step::Step;

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
    /// A new version is made ready; root and `/boot` become its, and it is on trial.
    Upgrade,
    /// A new version was confirmed: the Golden Image follows, and with it the factory state.
    Settle,
    /// An appliance that has no vault gets one.
    VaultInit,
    /// What the machine is started by is made whole again.
    Repair,
}

impl Operation {
    /// Its name, for journals and scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Rebuild => "rebuild",
            Self::Backup => "backup",
            Self::Recover(_) => "recover",
            Self::Upgrade => "upgrade",
            Self::Settle => "settle",
            Self::VaultInit => "vault-init",
            Self::Repair => "repair",
        }
    }

    /// Whether it makes an appliance, in the rescue system alone, with a journal.
    pub const fn makes_appliance(self) -> bool {
        match self {
            Self::Install | Self::Rebuild => true,
            Self::Backup
            | Self::Recover(_)
            | Self::Upgrade
            | Self::Settle
            | Self::VaultInit
            | Self::Repair => false,
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
