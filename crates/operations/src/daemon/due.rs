//! What the daemon starts, by what is due and what stands against it. The clock comes in.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

/// What is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The check of the system's files.
    Check,
    /// The backup.
    Backup,
    /// The copy of the backup in the vault.
    Copy,
    /// The proof that the vault can be read.
    Proof,
    /// The newer version at the policy's address.
    Upgrade,
}

/// What is due at a moment, and what stands against it.
#[derive(Clone, Copy, Debug)]
// Each of them is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Moment {
    /// The moment.
    pub now: Timestamp,
    /// When the next check is due; nothing where none is, or where the disks have not been seen.
    pub check: Option<Timestamp>,
    /// When the next backup is due, likewise.
    pub backup: Option<Timestamp>,
    /// When the copy into the vault is due, likewise.
    pub copy: Option<Timestamp>,
    /// When its proof is due, likewise.
    pub proof: Option<Timestamp>,
    /// Whether neither check nor backup nor upgrade runs, and the disks answer.
    pub is_idle: bool,
    /// Whether the window is open for a newer version that is there.
    pub upgrade: bool,
    /// Whether an alarm holds the backup.
    pub is_held: bool,
    /// Whether the check did not begin when it was last asked for.
    pub check_was_refused: bool,
}

impl Moment {
    /// What is started now. The check comes first: it may hold the backup. So does a check that is
    /// still to come. What is copied is the backup before it is replaced; its proof and a newer version come last.
    pub(super) fn start(&self) -> Option<Start> {
        if !self.is_idle {
            return None;
        }
        if is_due(self.check, self.now) {
            return Some(Start::Check);
        }
        let may_begin = !self.is_held && !self.check_was_refused;
        if is_due(self.backup, self.now) {
            return may_begin.then_some(Start::Backup);
        }
        if is_due(self.copy, self.now) {
            return Some(Start::Copy);
        }
        if is_due(self.proof, self.now) {
            return Some(Start::Proof);
        }
        // It makes a backup itself, so what holds one is against it, too.
        (self.upgrade && may_begin).then_some(Start::Upgrade)
    }
}

/// Whether the time has come.
pub(super) fn is_due(due: Option<Timestamp>, now: Timestamp) -> bool {
    due.is_some_and(|due| due <= now)
}

/// A number of this machine's own.
pub(super) fn share(machine: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    machine.hash(&mut hasher);
    hasher.finish()
}

/// A night's share of the random delay: the same all night, another for each machine.
pub(super) fn share_of_delay(machine: &[u8], night: Date, whole: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    machine.hash(&mut hasher);
    night.hash(&mut hasher);
    let whole = whole.as_secs();
    Duration::from_secs(if whole == 0 { 0 } else { hasher.finish() % whole })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const BEFORE: Option<Timestamp> = Some(Timestamp::constant(900, 0));
    const NOW: Timestamp = Timestamp::constant(1000, 0);
    const LATER: Option<Timestamp> = Some(Timestamp::constant(1001, 0));

    /// Both are due, and nothing stands against them.
    const BOTH: Moment = Moment {
        now: NOW,
        check: BEFORE,
        backup: Some(NOW),
        copy: None,
        proof: None,
        upgrade: false,
        is_idle: true,
        is_held: false,
        check_was_refused: false,
    };

    #[test]
    fn the_check_comes_before_the_backup_that_it_may_hold() {
        assert_eq!(BOTH.start(), Some(Start::Check));
        assert_eq!(Moment { is_held: true, ..BOTH }.start(), Some(Start::Check));
        assert_eq!(Moment { check_was_refused: true, ..BOTH }.start(), Some(Start::Check));
        for check in [LATER, None] {
            assert_eq!(Moment { check, ..BOTH }.start(), Some(Start::Backup));
        }
    }

    #[test]
    fn a_backup_waits_for_its_alarms_and_for_a_check_that_is_still_to_come() {
        let due = Moment { check: LATER, ..BOTH };
        assert_eq!(Moment { is_held: true, ..due }.start(), None);
        assert_eq!(Moment { check_was_refused: true, ..due }.start(), None);
    }

    #[test]
    fn a_newer_version_comes_last_and_what_holds_a_backup_holds_it() {
        let open = Moment { upgrade: true, ..BOTH };
        assert_eq!(open.start(), Some(Start::Check));
        assert_eq!(Moment { check: LATER, ..open }.start(), Some(Start::Backup));
        let quiet = Moment { check: LATER, backup: LATER, ..open };
        assert_eq!(quiet.start(), Some(Start::Upgrade));
        for held in [
            Moment { is_held: true, ..quiet },
            Moment { check_was_refused: true, ..quiet },
            Moment { is_idle: false, ..quiet },
            Moment { upgrade: false, ..quiet },
        ] {
            assert_eq!(held.start(), None);
        }
    }

    #[test]
    fn a_backup_is_copied_whatever_holds_the_next_one_and_the_vault_is_proved_after_that() {
        let due = Moment { check: LATER, backup: LATER, copy: BEFORE, proof: BEFORE, ..BOTH };
        assert_eq!(due.start(), Some(Start::Copy));
        assert_eq!(Moment { is_held: true, ..due }.start(), Some(Start::Copy));
        assert_eq!(Moment { copy: LATER, upgrade: true, ..due }.start(), Some(Start::Proof));
        assert_eq!(Moment { backup: BEFORE, ..due }.start(), Some(Start::Backup));
        assert_eq!(Moment { is_idle: false, ..due }.start(), None);
    }

    #[test]
    fn nothing_begins_before_its_time_nor_beside_another_nor_on_disks_that_do_not_answer() {
        assert_eq!(Moment { is_idle: false, ..BOTH }.start(), None);
        for none in [LATER, None] {
            assert_eq!(Moment { check: none, backup: none, ..BOTH }.start(), None);
        }
    }

    #[test]
    fn a_delay_is_the_same_all_night_and_another_on_another_machine_and_night() {
        let hour = Duration::from_hours(1);
        let night = date(2026, 11, 28);
        let share = share_of_delay(b"one", night, hour);
        assert!(share < hour);
        assert_eq!(share_of_delay(b"one", night, hour), share);
        assert_ne!(share_of_delay(b"other", night, hour), share);
        assert_ne!(share_of_delay(b"one", night.tomorrow().unwrap(), hour), share);
        assert_eq!(share_of_delay(b"one", night, Duration::ZERO), Duration::ZERO);
    }
}
