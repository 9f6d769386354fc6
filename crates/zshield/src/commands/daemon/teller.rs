//! What the daemon tells: it completes the facts by what it alone knows, hands them to the desk,
//! and asks the alarms whether they hold the backup.

use std::io;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use zshield_alarm::book::Seen;
use zshield_alarm::desk::Desk;
use zshield_alarm::metrics::Vitals;
use zshield_alarm::store::Store;
use zshield_messages::say;
use zshield_plan::health::{Facts, unseen_kinds};
use zshield_plan::policy::Policy;

use super::{EVERY, State, notice};
use crate::commands::alarm;
use crate::hardware::Hardware;
use crate::incidents::Incidents;
use crate::sight::Sight;

/// Tells.
pub(super) struct Teller {
    store: Store,
    desk: Desk,
    incidents: Incidents,
    /// What disks and RAID cards have said last.
    pub hardware: Hardware,
    /// The alarms that hold the backup that is due.
    held: Vec<String>,
    told: Option<Instant>,
}

impl Teller {
    /// The daemon begins.
    pub(super) fn begin(policy: &Policy) -> io::Result<Self> {
        let store = Store::of(Path::new("/"), policy);
        Ok(Self {
            desk: Desk::open(store.clone(), policy, alarm::sender(policy)),
            store,
            incidents: Incidents::begin()?,
            hardware: Hardware::default(),
            held: Vec::new(),
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

    /// Whether an alarm holds the backup that is due.
    pub(super) fn holds(&mut self, is_due: bool) -> bool {
        // Where it can't be read, the backup itself will say so.
        let read = || self.store.read().inspect_err(|error| tracing::error!("{error}")).ok();
        let held = is_due.then(read).flatten().map(|book| book.holding()).unwrap_or_default();
        if !held.is_empty() && held != self.held {
            notice(&say::daemon::backup_held(held.join(", ")));
        }
        self.held = held;
        !self.held.is_empty()
    }

    /// Has it told that a check was ended before it could say anything itself.
    pub(super) fn unchecked(&self, why: String) {
        let now = Timestamp::now().as_second();
        let noted = self.store.change(|book| book.observe(&Seen::by_check(Err(why)), now));
        if let Err(error) = noted {
            tracing::error!("{error}");
        }
    }

    /// These facts, and what is known here.
    pub(super) fn complete(&self, facts: Facts) -> Facts {
        Facts {
            held: !self.held.is_empty(),
            // One that is missing is not well because it says nothing.
            disks: self.hardware.disks.clone().filter(|_| facts.missing.is_empty()),
            arrays: self.hardware.arrays.clone(),
            jumped: self.incidents.jumped(),
            ended: self.incidents.ended(),
            ..facts
        }
    }

    /// Has people told how it is: when that has changed, and now and then.
    pub(super) fn tell(&mut self, facts: &Facts, state: &State, sight: Option<&Sight>, now: bool) {
        if !now && self.told.is_some_and(|told| told.elapsed() < EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let seen = Seen { conditions: state.conditions.clone(), unseen: unseen_kinds(facts) };
        let vitals = Vitals {
            latest: sight.and_then(Sight::latest),
            next: state.next,
            usage: facts.usage.clone().unwrap_or_default(),
            fills: sight.map(Sight::fills).unwrap_or_default(),
        };
        self.desk.observe(seen, vitals);
    }
}
