//! The rules: what follows of what was seen. Pure; the clock comes in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zshield_messages::Said;
use zshield_plan::health::{Condition, Kind};
use zshield_units::UnixTime;

use crate::alarm::{Acknowledgement, Alarm, AlarmId, AlarmState};
use crate::event::What;
use crate::outbox::Outbox;

/// One that is still there is told again after so long.
const DAY: i64 = 24 * 3600;
/// One that comes up again within so long is unsteady: it has gone only when it stays away so long.
const UNSTEADY: i64 = 3600;
/// That one is still there is noted this often.
const NOTED: i64 = 3600;
/// One that has gone is kept for so long.
const KEPT: i64 = 90 * DAY;

/// All alarms, and what is still to be told of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmList {
    /// The format.
    pub format: u32,
    /// Grows with each change that is kept: of two lists the one with the higher one counts.
    pub revision: u64,
    /// The alarms by their ids.
    pub alarms: BTreeMap<AlarmId, Record>,
    /// What is still to be told.
    pub outbox: Outbox,
}

/// An alarm; or one that a newer version has noted, which is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Record {
    /// An alarm.
    Known(Box<Alarm>),
    /// Whatever it may be.
    Unknown(serde_json::Value),
}

impl Default for AlarmList {
    fn default() -> Self {
        Self { format: 1, revision: 0, alarms: BTreeMap::new(), outbox: Outbox::default() }
    }
}

/// What somebody who looked has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The conditions that hold.
    pub conditions: Vec<Condition>,
    /// The kinds that nothing was seen of: alarms of those stay as they are.
    pub unseen: Vec<Kind>,
}

impl Seen {
    /// What a check of the system's files has found. It says nothing of anything else.
    pub fn by_check(found: Vec<Condition>) -> Self {
        Self::of(&[Kind::Access, Kind::Integrity], found)
    }

    /// Whether a check was made and what it found kept; or why not. It says nothing of anything
    /// else: what was known of the files still holds.
    pub fn of_check(made: Result<(), Said>) -> Self {
        let found = made.err().map(|why| Condition::Unchecked { why });
        Self::of(&[Kind::Unchecked], found.into_iter().collect())
    }

    /// How it is with these kinds.
    fn of(seen: &[Kind], conditions: Vec<Condition>) -> Self {
        let mut unseen = Kind::ALL.to_vec();
        unseen.retain(|kind| !seen.contains(kind));
        Self { conditions, unseen }
    }
}

impl AlarmList {
    /// The alarms, those that are there first, the gravest and then the oldest of them first.
    pub fn all(&self) -> Vec<&Alarm> {
        let mut all: Vec<&Alarm> = self.alarms.values().filter_map(Record::known).collect();
        all.sort_by_key(|alarm| {
            (!alarm.is_there(), std::cmp::Reverse(alarm.severity()), alarm.since)
        });
        all
    }

    /// The alarms that are there.
    pub fn there(&self) -> impl Iterator<Item = &Alarm> {
        self.all().into_iter().filter(|alarm| alarm.is_there())
    }

    /// An alarm.
    pub fn get(&self, id: &str) -> Option<&Alarm> {
        self.alarms.get(id).and_then(Record::known)
    }

    /// The open alarms that hold a backup: one would replace a good backup by what may be damaged.
    /// A check that could not be made holds it too: else whoever breaks the check is past it.
    pub fn holding(&self) -> Vec<AlarmId> {
        let holds = |alarm: &&Alarm| alarm.is_open() && alarm.condition.kind().is_by_check();
        self.there().filter(holds).map(Alarm::id).collect()
    }

    /// Notes what was seen.
    pub fn observe(&mut self, seen: &Seen, now: UnixTime) {
        for condition in &seen.conditions {
            self.found(condition, now);
        }
        let ids: Vec<AlarmId> = seen.conditions.iter().map(Condition::id).collect();
        let absent: Vec<AlarmId> = self
            .there()
            .filter(|alarm| !seen.unseen.contains(&alarm.condition.kind()))
            .map(Alarm::id)
            .filter(|id| !ids.contains(id))
            .collect();
        for id in absent {
            self.missed(&id, now);
        }
        self.forget(now);
    }

    /// A condition holds.
    fn found(&mut self, condition: &Condition, now: UnixTime) {
        let id = condition.id();
        let Some(alarm) = self.alarms.get_mut(&id).and_then(Record::known_mut) else {
            let alarm = Alarm {
                condition: condition.clone(),
                since: now,
                last_seen: now,
                count: 1,
                state: AlarmState::Open,
                told: now,
                away: None,
            };
            self.alarms.insert(id.clone(), Record::Known(Box::new(alarm)));
            return self.tell(&id, What::Opened, now);
        };
        let news = condition.is_news_after(&alarm.condition);
        alarm.condition = condition.clone();
        alarm.away = alarm.away.filter(|away| away.distance(now) < UNSTEADY);
        if alarm.away.is_some() || alarm.last_seen.distance(now) >= NOTED {
            alarm.last_seen = now;
        }
        match alarm.state {
            AlarmState::Cleared { at } => {
                let is_unsteady = at.distance(now) < UNSTEADY && !condition.kind().is_by_check();
                alarm.away = is_unsteady.then_some(at);
                alarm.since = now;
                alarm.last_seen = now;
                alarm.count = alarm.count.saturating_add(1);
                alarm.state = AlarmState::Open;
                self.tell(&id, What::Opened, now);
            }
            // What somebody has acknowledged was another thing.
            AlarmState::Open | AlarmState::Acknowledged(_) if news => {
                alarm.state = AlarmState::Open;
                self.tell(&id, What::Changed, now);
            }
            AlarmState::Open if alarm.told.distance(now) >= DAY => {
                self.tell(&id, What::Reminder, now);
            }
            AlarmState::Open | AlarmState::Acknowledged(_) => {}
        }
    }

    /// A condition that was there was looked for and not found.
    fn missed(&mut self, id: &str, now: UnixTime) {
        let Some(alarm) = self.alarms.get_mut(id).and_then(Record::known_mut) else { return };
        if alarm.away.is_some() && alarm.last_seen.distance(now) < UNSTEADY {
            alarm.away = Some(now);
            return;
        }
        alarm.away = None;
        alarm.state = AlarmState::Cleared { at: now };
        self.tell(id, What::Cleared, now);
    }

    /// Somebody knows of an alarm. `None` where there is none of this id that is open.
    pub fn acknowledge(&mut self, id: &str, by: Acknowledgement) -> Option<()> {
        let alarm = self.alarms.get_mut(id).and_then(Record::known_mut)?;
        if !alarm.is_open() {
            return None;
        }
        let (now, who, reason) = (by.at, by.who.clone(), by.reason.clone());
        alarm.state = AlarmState::Acknowledged(by);
        self.tell(id, What::Acknowledged { who, reason }, now);
        Some(())
    }

    fn tell(&mut self, id: &str, what: What, now: UnixTime) {
        let Some(alarm) = self.alarms.get_mut(id).and_then(Record::known_mut) else { return };
        alarm.told = now;
        self.outbox.put(what, alarm.since, &alarm.condition, now);
    }

    /// Drops what has gone long ago.
    fn forget(&mut self, now: UnixTime) {
        self.alarms.retain(|_, record| match record {
            Record::Known(alarm) => {
                !matches!(alarm.state, AlarmState::Cleared { at } if at.distance(now) >= KEPT)
            }
            Record::Unknown(_) => true,
        });
    }
}

impl Record {
    fn known(&self) -> Option<&Alarm> {
        match self {
            Self::Known(alarm) => Some(alarm),
            Self::Unknown(_) => None,
        }
    }

    fn known_mut(&mut self) -> Option<&mut Alarm> {
        match self {
            Self::Known(alarm) => Some(alarm),
            Self::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
