//! The vault: backups are copied into it, it is proved, and what the HDD has is sent off the machine, by processes of their own.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, Zoned};
use zshield_messages::say;
use zshield_plan::schedule;
use zshield_plan::vault_state::VaultState;

use super::job::{Ended, Job};
use super::{Daemon, notice};
use crate::exit;
use crate::status::Status;

/// A try follows another at the earliest so much later.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// What is done for the vault.
#[derive(Debug)]
pub(super) struct Copies {
    /// Backups are copied into the vault on the HDD.
    pub(super) copy: Job,
    /// All of that is read.
    pub(super) proof: Job,
    /// What it has is sent off the machine. It holds nothing, so that nothing waits for it.
    send: Job,
}

impl Copies {
    pub(super) fn new() -> Self {
        Self {
            copy: Job::new(&["vault", "copy", "--scheduled"], &[0]),
            // What is damaged is an alarm of its own.
            proof: Job::new(&["vault", "check", "--deep", "--scheduled"], &[0, exit::DRIFT]),
            send: Job::new(&["vault", "send", "--scheduled"], &[0]),
        }
    }

    /// Whether a copy or its proof is under way. Either may take hours, and ends for a check or a backup that begins.
    pub(super) const fn hold_the_lock(&self) -> bool {
        self.copy.is_under_way() || self.proof.is_under_way()
    }
}

impl Daemon {
    /// What is known of the copies, as far as the disks have been seen; nothing where there is no vault.
    fn known(&self) -> Option<(&Status, &VaultState)> {
        let status = self.current()?;
        Some((status, status.vault.as_ref().filter(|_| status.vault_volume().is_some())?))
    }

    /// When the copy on the HDD is due.
    pub(super) fn copy_due(&self, now: Timestamp) -> Option<Timestamp> {
        let (status, state) = self.known()?;
        let due = schedule::copy_due(&state.hdd, status.latest(), now)?;
        Some(not_at_once(due, &self.copies.copy))
    }

    /// When the proof of the vault on the HDD is due.
    pub(super) fn proof_due(&self, now: Timestamp) -> Option<Timestamp> {
        let (_, state) = self.known()?;
        Some(not_at_once(schedule::proof_due(&state.hdd, now)?, &self.copies.proof))
    }

    /// Has copies sent to the places off the machine that are due.
    pub(super) fn send_copies(&mut self) -> Result<()> {
        let now = Zoned::now();
        let has_due = self.known().is_some_and(|(_, state)| {
            !schedule::due_places(&self.policy.vault, state, &now).is_empty()
        });
        let send = &self.copies.send;
        let is_free = !send.is_under_way() && not_at_once(now.timestamp(), send) <= now.timestamp();
        if has_due && is_free && self.answers() {
            self.copies.send.start()?;
        }
        Ok(())
    }

    pub(super) fn copies_ended(&mut self) -> Result<()> {
        let copies = &mut self.copies;
        let jobs = [&mut copies.copy, &mut copies.proof, &mut copies.send];
        let mut has_ended = false;
        for job in jobs {
            match job.ended()? {
                None => continue,
                // What was noted is an alarm where somebody should know of it.
                Some(Ended::Well) => {}
                Some(Ended::Refused) => notice(&say::daemon::vault_refused()),
                Some(Ended::Badly(status)) => {
                    notice(&say::daemon::vault_failed(status.to_string()));
                }
            }
            has_ended = true;
        }
        if has_ended {
            self.look_anew();
        }
        Ok(())
    }
}

/// What has ended does not begin again at once, whatever it has noted: it may read another policy than the daemon has read.
fn not_at_once(due: Timestamp, job: &Job) -> Timestamp {
    let again = job.last_ended().and_then(|ended| ended.checked_add(PAUSE).ok());
    again.map_or(due, |again| again.max(due))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_waits_for_a_while() {
        let mut job = Job::new(&[], &[0]);
        let due = Timestamp::constant(1_000, 0);
        assert_eq!(not_at_once(due, &job), due);
        for status in [exit::REFUSED, 0] {
            let before = Timestamp::now();
            job.end_with(status);
            assert!(not_at_once(due, &job) >= before.checked_add(PAUSE).unwrap());
        }
    }
}
