//! What the daemon tells: it completes the facts by what it alone knows, hands them to the dispatcher,
//! and asks the alarms whether they hold the backup.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Instant;

use jiff::Timestamp;
use zshield_alarm::alarm::{Alarm, AlarmId};
use zshield_alarm::dispatcher::Dispatcher;
use zshield_alarm::list::{AlarmList, Seen};
use zshield_alarm::metrics::MetricsInput;
use zshield_alarm::store::Store;
use zshield_messages::{Said, say};
use zshield_plan::health::{HealthInput, Kind, unseen_kinds};
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

use super::{DaemonState, EVERY, notice};
use crate::alarm;
use crate::exit::FAILED;
use crate::hardware::Hardware;
use crate::incidents::Incidents;
use crate::status::Status;

/// Tells.
pub(super) struct Reporter {
    store: Store,
    dispatcher: Dispatcher,
    incidents: Incidents,
    /// What disks and RAID cards have said last.
    pub hardware: Hardware,
    /// The alarms that hold the backup that is due.
    held: Vec<AlarmId>,
    /// Why a check could not be made, until that is in the list.
    unnoted: Option<Said>,
    told: Option<Instant>,
}

impl Reporter {
    /// The daemon begins.
    pub(super) fn begin(policy: &Policy) -> io::Result<Self> {
        let store = Store::of(Path::new("/"), policy);
        Ok(Self {
            dispatcher: Dispatcher::open(store.clone(), policy, alarm::sender(policy)),
            store,
            incidents: Incidents::begin()?,
            hardware: Hardware::default(),
            held: Vec::new(),
            unnoted: None,
            told: None,
        })
    }

    /// The daemon ends in order.
    pub(super) fn end(self) -> io::Result<()> {
        self.incidents.end()
    }

    /// Looks at the clock.
    pub(super) fn look(&mut self) -> io::Result<()> {
        self.incidents.look()
    }

    /// Whether an alarm holds the backup that is due. Nothing says whether it is due while the disks are looked at anew:
    /// then what was so stays so, or the alarm would go and come with each look.
    pub(super) fn holds(&mut self, is_due: Option<bool>) -> bool {
        // Where it can't be read, the backup itself will say so.
        let read = || self.store.read().inspect_err(|error| tracing::error!("{error}")).ok();
        let holding = || holding(read().as_ref(), self.unnoted.is_some());
        let held = held_now(&self.held, is_due, holding);
        if !held.is_empty() && held != self.held {
            notice(&say::daemon::backup_held(held.join(", ")));
        }
        self.held = held;
        !self.held.is_empty()
    }

    /// A check was made, and has told what it found.
    pub(super) fn checked(&mut self) {
        self.unnoted = None;
    }

    /// Has it told that a check could not be made, unless it has told so itself.
    pub(super) fn unchecked(&mut self, text: Said, ended: ExitStatus) {
        let read = || self.store.read().inspect_err(|error| tracing::error!("{error}")).ok();
        if ended.code() == Some(FAILED.into()) && read().is_some_and(|list| has_unchecked(&list)) {
            return;
        }
        self.unnoted = Some(text);
        self.note();
    }

    /// Notes in the list what is not there yet.
    fn note(&mut self) {
        let Some(why) = self.unnoted.clone() else { return };
        let now = UnixTime::from(Timestamp::now());
        match self.store.change(|list| list.observe(&Seen::of_check(Err(why)), now)) {
            Ok(_) => self.unnoted = None,
            Err(error) => tracing::error!("{error}"),
        }
    }

    /// These facts, and what is known here.
    pub(super) fn complete(&self, facts: HealthInput) -> HealthInput {
        HealthInput {
            held: !self.held.is_empty(),
            // One that is missing is not well because it says nothing.
            disks: self.hardware.disks.clone().filter(|_| facts.missing.is_empty()),
            silent: self.hardware.silent,
            raid: self.hardware.raid.clone(),
            unasked: self.hardware.unasked.clone(),
            jumped: self.incidents.jumped(),
            ended: self.incidents.ended(),
            ..facts
        }
    }

    /// Has people told how it is: when that has changed, and now and then.
    pub(super) fn tell(
        &mut self,
        facts: &HealthInput,
        state: &DaemonState,
        status: Option<&Status>,
        now: bool,
    ) {
        if !now && self.told.is_some_and(|told| told.elapsed() < EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        self.note();
        let seen = Seen { conditions: state.conditions.clone(), unseen: unseen_kinds(facts) };
        let input = MetricsInput {
            latest: status.and_then(Status::latest),
            next: state.next,
            usage: facts.usage.clone().unwrap_or_default(),
            fills: status.map(Status::fills).unwrap_or_default(),
        };
        self.dispatcher.observe(seen, input);
    }
}

/// The alarms that hold the backup, by those that held it before.
fn held_now(
    before: &[AlarmId],
    is_due: Option<bool>,
    holding: impl FnOnce() -> Vec<AlarmId>,
) -> Vec<AlarmId> {
    match is_due {
        Some(true) => holding(),
        Some(false) => Vec::new(),
        None => before.to_vec(),
    }
}

/// The alarms that hold a backup which is due. A failed check that could not be noted in the list
/// counts all the same.
fn holding(list: Option<&AlarmList>, is_unnoted: bool) -> Vec<AlarmId> {
    let mut held = list.map(AlarmList::holding).unwrap_or_default();
    if is_unnoted {
        held.push(Kind::Unchecked.name().to_owned());
    }
    held
}

/// Whether the list has it that the system could not be checked.
fn has_unchecked(list: &AlarmList) -> bool {
    list.get(Kind::Unchecked.name()).is_some_and(Alarm::is_there)
}

#[cfg(test)]
mod tests {
    use zshield_plan::health::Condition;

    use super::*;

    #[test]
    fn a_check_that_failed_holds_the_backup_whether_it_could_be_noted_or_not() {
        let mut list = AlarmList::default();
        let stale = Seen { conditions: vec![Condition::Stale], unseen: vec![] };
        list.observe(&stale, UnixTime(10));
        assert!(holding(None, false).is_empty());
        assert!(holding(Some(&list), false).is_empty());
        assert_eq!(holding(None, true), ["unchecked"]);
        assert_eq!(holding(Some(&list), true), ["unchecked"]);
        list.observe(&Seen::of_check(Err("killed".into())), UnixTime(20));
        assert_eq!(holding(Some(&list), false), ["unchecked"]);
    }

    #[test]
    fn a_backup_is_held_still_while_the_disks_are_looked_at_anew() {
        let integrity = || vec!["integrity".to_owned()];
        assert_eq!(held_now(&[], Some(true), integrity), integrity());
        assert_eq!(held_now(&integrity(), None, Vec::new), integrity());
        assert!(held_now(&integrity(), Some(true), Vec::new).is_empty());
        assert!(held_now(&integrity(), Some(false), integrity).is_empty());
        assert!(held_now(&[], None, integrity).is_empty());
    }

    #[test]
    fn a_failed_check_is_told_once_and_again_after_one_that_went_well() {
        let mut list = AlarmList::default();
        assert!(!has_unchecked(&list));
        list.observe(&Seen::of_check(Err("no space".into())), UnixTime(10));
        assert!(has_unchecked(&list));
        list.observe(&Seen::of_check(Ok(())), UnixTime(7200));
        assert!(!has_unchecked(&list));
    }
}
