//! The kinds of conditions: names, and advice to people.

use zshield_messages::say;

/// The kinds of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `Condition::DiskMissing`
    DiskMissing,
    /// `Condition::DiskCopy`
    DiskCopy,
    /// `Condition::DiskStalled`
    DiskStalled,
    /// `Condition::Unseen`
    Unseen,
    /// `Condition::NoWayBack`
    NoWayBack,
    /// `Condition::Stale`
    Stale,
    /// `Condition::BackupOverdue`
    BackupOverdue,
    /// `Condition::Failed`
    Failed,
    /// `Condition::RecoveryWaits`
    RecoveryWaits,
    /// `Condition::FailedStarts`
    FailedStarts,
    /// `Condition::Access`
    Access,
    /// `Condition::Integrity`
    Integrity,
    /// `Condition::Unchecked`
    Unchecked,
    /// `Condition::BackupHeld`
    BackupHeld,
    /// `Condition::DiskFailing`
    DiskFailing,
    /// `Condition::RaidDegraded`
    RaidDegraded,
    /// `Condition::RaidCard`
    RaidCard,
    /// `Condition::Unasked`
    Unasked,
    /// `Condition::LvmHindered`
    LvmHindered,
    /// `Condition::NearlyFull`
    NearlyFull,
    /// `Condition::ClockJumped`
    ClockJumped,
    /// `Condition::DaemonEnded`
    DaemonEnded,
    /// `Condition::UpgradeWentBack`
    UpgradeWentBack,
    /// `Condition::UpgradeUnfinished`
    UpgradeUnfinished,
    /// `Condition::UpgradeWaits`
    UpgradeWaits,
    /// `VaultTrouble::Overdue`
    VaultOverdue,
    /// `VaultTrouble::Failing`
    VaultFailing,
    /// `VaultTrouble::Full`
    VaultFull,
    /// `VaultTrouble::Damaged`
    VaultDamaged,
    /// `VaultTrouble::Unproved`
    VaultUnproved,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 30] = [
        Self::DiskMissing,
        Self::DiskCopy,
        Self::DiskStalled,
        Self::Unseen,
        Self::NoWayBack,
        Self::Stale,
        Self::BackupOverdue,
        Self::Failed,
        Self::RecoveryWaits,
        Self::FailedStarts,
        Self::Access,
        Self::Integrity,
        Self::Unchecked,
        Self::BackupHeld,
        Self::DiskFailing,
        Self::RaidDegraded,
        Self::RaidCard,
        Self::Unasked,
        Self::LvmHindered,
        Self::NearlyFull,
        Self::ClockJumped,
        Self::DaemonEnded,
        Self::UpgradeWentBack,
        Self::UpgradeUnfinished,
        Self::UpgradeWaits,
        Self::VaultOverdue,
        Self::VaultFailing,
        Self::VaultFull,
        Self::VaultDamaged,
        Self::VaultUnproved,
    ];

    /// Its name in ids, and in the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiskMissing => "disk-missing",
            Self::DiskCopy => "disk-copy",
            Self::DiskStalled => "disk-stalled",
            Self::Unseen => "unseen",
            Self::NoWayBack => "no-way-back",
            Self::Stale => "stale",
            Self::BackupOverdue => "backup-overdue",
            Self::Failed => "failed",
            Self::RecoveryWaits => "recovery-waits",
            Self::FailedStarts => "failed-starts",
            Self::Access => "access",
            Self::Integrity => "integrity",
            Self::Unchecked => "unchecked",
            Self::BackupHeld => "backup-held",
            Self::DiskFailing => "disk-failing",
            Self::RaidDegraded => "raid-degraded",
            Self::RaidCard => "raid-card",
            Self::Unasked => "unasked",
            Self::LvmHindered => "lvm-hindered",
            Self::NearlyFull => "nearly-full",
            Self::ClockJumped => "clock-jumped",
            Self::DaemonEnded => "daemon-ended",
            Self::UpgradeWentBack => "upgrade-went-back",
            Self::UpgradeUnfinished => "upgrade-unfinished",
            Self::UpgradeWaits => "upgrade-waits",
            Self::VaultOverdue => "vault-overdue",
            Self::VaultFailing => "vault-failing",
            Self::VaultFull => "vault-full",
            Self::VaultDamaged => "vault-damaged",
            Self::VaultUnproved => "vault-unproved",
        }
    }

    /// Whether a check of the system's files alone finds it. It comes and goes by what somebody
    /// does, never by itself.
    pub const fn is_by_check(self) -> bool {
        matches!(self, Self::Access | Self::Integrity | Self::Unchecked)
    }

    /// What is to be done about one of this kind, in a sentence.
    pub fn advice(self) -> String {
        match self {
            Self::DiskMissing => say::health::advice_disk_missing(),
            Self::DiskCopy => say::health::advice_disk_copy(),
            Self::DiskStalled => say::health::advice_disk_stalled(),
            Self::Unseen => say::health::advice_unseen(),
            Self::NoWayBack => say::health::advice_no_way_back(),
            Self::Stale => say::health::advice_stale(),
            Self::BackupOverdue => say::health::advice_backup_overdue(),
            Self::Failed => say::health::advice_failed(),
            Self::RecoveryWaits => say::health::advice_recovery_waits(),
            Self::FailedStarts => say::health::advice_failed_starts(),
            Self::Access => say::health::advice_access(),
            Self::Integrity => say::health::advice_integrity(),
            Self::Unchecked => say::health::advice_unchecked(),
            Self::BackupHeld => say::health::advice_backup_held(),
            Self::DiskFailing => say::health::advice_disk_failing(),
            Self::RaidDegraded => say::health::advice_raid_degraded(),
            Self::RaidCard => say::health::advice_raid_card(),
            Self::Unasked => say::health::advice_unasked(),
            Self::LvmHindered => say::health::advice_lvm_hindered(),
            Self::NearlyFull => say::health::advice_nearly_full(),
            Self::ClockJumped => say::health::advice_clock_jumped(),
            Self::DaemonEnded => say::health::advice_daemon_ended(),
            Self::UpgradeWentBack => say::health::advice_upgrade_went_back(),
            Self::UpgradeUnfinished => say::health::advice_upgrade_unfinished(),
            Self::UpgradeWaits => say::health::advice_upgrade_waits(),
            Self::VaultOverdue => say::health::advice_vault_overdue(),
            Self::VaultFailing => say::health::advice_vault_failing(),
            Self::VaultFull => say::health::advice_vault_full(),
            Self::VaultDamaged => say::health::advice_vault_damaged(),
            Self::VaultUnproved => say::health::advice_vault_unproved(),
        }
    }
}
