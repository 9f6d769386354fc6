//! A condition: something that a person should know of, with its id, its severity and its wording.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::{Said, list, say};

use super::disk::Fault;
use super::filesystem::{Filesystem, step};
use super::hardware::Hardware;
use super::kind::Kind;
use super::upgrade_text;
use super::vault_trouble::VaultTrouble;
use crate::model::Target;
use crate::role::Role;
use crate::upgrade::look::Offer;

/// Something that a person should know of. It stays equal to itself for as long as nothing new is
/// to be said, but for what grows with the days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub enum Condition {
    /// A disk is not there.
    DiskMissing {
        /// Its role.
        role: Role,
    },
    /// A disk holds a copy of one of the appliance's own.
    DiskCopy {
        /// Its model and serial number.
        disk: String,
    },
    /// A disk does not answer.
    DiskStalled {
        /// Its role.
        role: Role,
    },
    /// The volumes can't be looked at, though both disks are there and answer.
    Unseen {
        /// Why.
        why: Said,
    },
    /// There is no snapshot to go back to.
    NoWayBack {
        /// Where it would lead.
        target: Target,
    },
    /// The snapshots could not follow what was written.
    Stale,
    /// The last backup is older than it should be.
    BackupOverdue {
        /// It is so many days old.
        days: u64,
    },
    /// The last operation failed.
    Failed {
        /// Which.
        operation: String,
        /// Why.
        why: Said,
    },
    /// A recovery has begun and not ended, or was ordered for the next start.
    RecoveryWaits {
        /// What it goes back to.
        target: Target,
        /// Whether it has begun: then the system is half of two.
        begun: bool,
    },
    /// Starts in a row that did not come to a healthy system.
    FailedStarts {
        /// How many.
        count: u32,
    },
    /// Somebody has been given access to the machine, or rights on it, in a way that no administration
    /// takes: another account with the number of root, another program with its owner's rights.
    Access {
        /// How many changes give it.
        count: u64,
        /// One of them, with what it gives.
        example: Said,
    },
    /// The system's files are not what they should be.
    Integrity {
        /// How many entries differ.
        count: u64,
        /// The path of one of them.
        example: Said,
        /// The packages that some of them belong to.
        packages: Vec<String>,
    },
    /// Whether the system's files are what they should be could not be found out.
    Unchecked {
        /// Why.
        why: Said,
    },
    /// The nightly backup is held, since it would replace a good one by what may be damaged.
    BackupHeld,
    /// A disk says of itself that it is failing, or about to.
    DiskFailing {
        /// What it is known by.
        disk: String,
        /// What it says.
        faults: Vec<Fault>,
    },
    /// An array of the RAID card is not as it should be.
    RaidDegraded {
        /// The controller and the array on it, as the card's own tool names them.
        array: String,
        /// Its state, in the tool's word.
        state: String,
    },
    /// A RAID card, or the battery that keeps its cache, is not as it should be.
    RaidCard {
        /// The controller, as its own tool names it.
        card: String,
        /// Its state, in the tool's word.
        state: String,
    },
    /// Hardware could not be asked how it is, though the tool for that is installed.
    Unasked {
        /// Which.
        hardware: Hardware,
        /// Why.
        why: Said,
    },
    /// A setting of LVM's keeps the system from its data at the next start.
    LvmHindered {
        /// The file, and the line where it is one.
        place: String,
        /// The setting.
        setting: Said,
    },
    /// A filesystem is nearly full.
    NearlyFull {
        /// Which.
        filesystem: Filesystem,
        /// So much of it is used.
        percent: u8,
    },
    /// The clock was set to another time.
    ClockJumped {
        /// Seconds ahead; back where negative.
        seconds: i64,
    },
    /// The daemon was ended out of order and started again.
    DaemonEnded {
        /// How often since the machine was started.
        count: u32,
    },
    /// The last upgrade did not stay: the version before it runs.
    UpgradeWentBack {
        /// The version that was left.
        version: String,
        /// Why.
        why: Said,
        /// Where the log of the failed start lies, where it was kept.
        evidence: Option<String>,
    },
    /// An upgrade has stood still on its way.
    UpgradeUnfinished {
        /// Its version.
        version: String,
        /// How far it has come.
        phase: Said,
    },
    /// A newer version can be installed.
    UpgradeWaits {
        /// What is offered.
        offer: Offer,
        /// Why it was not installed without anybody being asked, where that was tried.
        why: Option<Said>,
    },
    /// A place of the vault is not as it should be.
    Vault {
        /// Its name; `hdd` for the volume on the HDD.
        place: String,
        /// What is wrong with it.
        trouble: VaultTrouble,
    },
}

/// How grave a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// To be looked at within days.
    Warning,
    /// To be looked at now: a way back is lost, or data may be.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Warning => say::health::warning(),
            Self::Critical => say::health::critical(),
        })
    }
}

impl Condition {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::DiskMissing { .. } => Kind::DiskMissing,
            Self::DiskCopy { .. } => Kind::DiskCopy,
            Self::DiskStalled { .. } => Kind::DiskStalled,
            Self::Unseen { .. } => Kind::Unseen,
            Self::NoWayBack { .. } => Kind::NoWayBack,
            Self::Stale => Kind::Stale,
            Self::BackupOverdue { .. } => Kind::BackupOverdue,
            Self::Failed { .. } => Kind::Failed,
            Self::RecoveryWaits { .. } => Kind::RecoveryWaits,
            Self::FailedStarts { .. } => Kind::FailedStarts,
            Self::Access { .. } => Kind::Access,
            Self::Integrity { .. } => Kind::Integrity,
            Self::Unchecked { .. } => Kind::Unchecked,
            Self::BackupHeld => Kind::BackupHeld,
            Self::DiskFailing { .. } => Kind::DiskFailing,
            Self::RaidDegraded { .. } => Kind::RaidDegraded,
            Self::RaidCard { .. } => Kind::RaidCard,
            Self::Unasked { .. } => Kind::Unasked,
            Self::LvmHindered { .. } => Kind::LvmHindered,
            Self::NearlyFull { .. } => Kind::NearlyFull,
            Self::ClockJumped { .. } => Kind::ClockJumped,
            Self::DaemonEnded { .. } => Kind::DaemonEnded,
            Self::UpgradeWentBack { .. } => Kind::UpgradeWentBack,
            Self::UpgradeUnfinished { .. } => Kind::UpgradeUnfinished,
            Self::UpgradeWaits { .. } => Kind::UpgradeWaits,
            Self::Vault { trouble, .. } => trouble.kind(),
        }
    }

    /// What an alarm of it is known by, the same each time: `disk-missing:hdd`.
    pub fn id(&self) -> String {
        let subject = match self {
            Self::DiskMissing { role } | Self::DiskStalled { role } => {
                role.to_string().to_lowercase()
            }
            Self::NoWayBack { target } | Self::RecoveryWaits { target, .. } => target.name(),
            Self::Failed { operation, .. } => operation.clone(),
            Self::DiskFailing { disk, .. } | Self::DiskCopy { disk } => disk.clone(),
            Self::RaidDegraded { array, .. } => array.clone(),
            Self::RaidCard { card, .. } => card.clone(),
            Self::Unasked { hardware, .. } => hardware.name().to_owned(),
            Self::NearlyFull { filesystem, .. } => filesystem.name().to_owned(),
            Self::Vault { place, .. } => place.clone(),
            Self::Unseen { .. }
            | Self::Stale
            | Self::BackupOverdue { .. }
            | Self::FailedStarts { .. }
            | Self::Access { .. }
            | Self::Integrity { .. }
            | Self::Unchecked { .. }
            | Self::BackupHeld
            | Self::LvmHindered { .. }
            | Self::ClockJumped { .. }
            | Self::DaemonEnded { .. }
            | Self::UpgradeWentBack { .. }
            | Self::UpgradeUnfinished { .. }
            | Self::UpgradeWaits { .. } => return self.kind().name().to_owned(),
        };
        // It is typed on a command line.
        let plain = |c: char| if c.is_ascii_graphic() && c != ':' { c } else { '-' };
        let subject: String = subject.chars().map(plain).collect();
        format!("{}:{subject}", self.kind().name())
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::DiskMissing { .. }
            | Self::DiskCopy { .. }
            | Self::DiskStalled { .. }
            | Self::Unseen { .. }
            | Self::Stale
            | Self::Access { .. }
            | Self::Integrity { .. }
            | Self::Unchecked { .. }
            | Self::RecoveryWaits { begun: true, .. }
            | Self::Vault { trouble: VaultTrouble::Damaged { .. }, .. }
            | Self::NoWayBack { .. } => Severity::Critical,
            Self::DiskFailing { faults, .. } => {
                let grave = faults.iter().any(Fault::is_grave);
                if grave { Severity::Critical } else { Severity::Warning }
            }
            // What is not whole any more loses its data with the next disk, or has lost it.
            Self::RaidDegraded { state, .. } => {
                let mending = ["Rec", "Pdgd"].contains(&state.as_str());
                if mending { Severity::Warning } else { Severity::Critical }
            }
            Self::NearlyFull { percent, .. } if *percent >= 98 => Severity::Critical,
            Self::BackupOverdue { .. }
            | Self::Failed { .. }
            | Self::RecoveryWaits { begun: false, .. }
            | Self::FailedStarts { .. }
            | Self::BackupHeld
            | Self::RaidCard { .. }
            | Self::Unasked { .. }
            | Self::LvmHindered { .. }
            | Self::NearlyFull { .. }
            | Self::ClockJumped { .. }
            | Self::DaemonEnded { .. }
            | Self::UpgradeWentBack { .. }
            | Self::UpgradeUnfinished { .. }
            | Self::UpgradeWaits { .. }
            | Self::Vault { .. } => Severity::Warning,
        }
    }

    /// Whether it says something that one of the same id did not say before. What grows with the
    /// days is said again each day anyway, and what gets better is no news.
    pub fn is_news_after(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::BackupOverdue { .. }, Self::BackupOverdue { .. }) => false,
            (Self::NearlyFull { percent, .. }, Self::NearlyFull { percent: before, .. }) => {
                step(*percent) > step(*before)
            }
            (Self::Vault { trouble, .. }, Self::Vault { trouble: before, .. }) => {
                trouble.is_news_after(before)
            }
            _ => self != before,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::DiskMissing { role } => say::health::disk_missing(role.to_string()),
            Self::DiskCopy { disk } => say::health::disk_copy(disk),
            Self::DiskStalled { role } => say::health::disk_stalled(role.to_string()),
            Self::Unseen { why } => say::health::unseen(why),
            Self::NoWayBack { target } => say::health::no_way_back(target.to_string()),
            Self::Stale => say::health::stale(),
            Self::BackupOverdue { days } => say::health::backup_overdue(*days),
            Self::Failed { operation, why } => say::health::Failed { operation, why }.to_string(),
            Self::RecoveryWaits { target, begun } => recovery_text(*target, *begun),
            Self::FailedStarts { count } => say::health::failed_starts(*count),
            Self::Access { count, example } => {
                say::health::Access { count: *count, example }.to_string()
            }
            Self::Integrity { count, example, packages } => match &packages[..] {
                [] => say::health::Integrity { count: *count, example }.to_string(),
                _ => say::health::IntegrityOf {
                    count: *count,
                    example,
                    packages: packages.join(", "),
                }
                .to_string(),
            },
            Self::Unchecked { why } => say::health::unchecked(why),
            Self::BackupHeld => say::health::backup_held(),
            Self::DiskFailing { disk, faults } => {
                say::health::DiskFailing { disk, faults: list(faults) }.to_string()
            }
            Self::RaidDegraded { array, state } => {
                say::health::RaidDegraded { array, state }.to_string()
            }
            Self::RaidCard { card, state } => say::health::RaidCard { card, state }.to_string(),
            Self::Unasked { hardware, why } => {
                say::health::Unasked { hardware: hardware.to_string(), why }.to_string()
            }
            Self::LvmHindered { place, setting } => {
                say::health::LvmHindered { place, setting }.to_string()
            }
            Self::NearlyFull { filesystem, percent } => {
                say::health::NearlyFull { filesystem: filesystem.to_string(), percent: *percent }
                    .to_string()
            }
            Self::ClockJumped { seconds } => {
                let (back, seconds) = ((*seconds < 0).to_string(), seconds.unsigned_abs());
                say::health::ClockJumped { back, seconds }.to_string()
            }
            Self::DaemonEnded { count } => say::health::daemon_ended(*count),
            Self::UpgradeWentBack { version, why, evidence } => {
                upgrade_text::went_back_text(version, why, evidence.as_deref())
            }
            Self::UpgradeUnfinished { version, phase } => {
                upgrade_text::unfinished_text(version, phase)
            }
            Self::UpgradeWaits { offer, why } => upgrade_text::waits_text(offer, why.as_ref()),
            Self::Vault { place, trouble } => trouble.text(place),
        })
    }
}

fn recovery_text(target: Target, begun: bool) -> String {
    let target = target.to_string();
    if begun { say::health::recovery_begun(target) } else { say::health::recovery_ordered(target) }
}
