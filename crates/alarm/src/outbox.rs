//! What is still to be told to whom: a queue for each sink, in order, bounded, and with distance
//! between two messages and after a failure.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use zshield_messages::Said;
use zshield_plan::health::Condition;
use zshield_units::UnixTime;

use crate::event::{Event, Number, What};

/// What comes within so many seconds becomes one message.
const GATHERED: i64 = 10;
/// Between two messages to one sink there are so many: at most 13 in any minute. `DingTalk` and
/// `WeCom` allow 20 in a minute, Feishu 100 and 5 in a second.
const BETWEEN: i64 = 5;
/// After a failure it is tried again so much later, then twice as much, and so on.
const FIRST_RETRY: i64 = 30;
/// But no more than this.
const LAST_RETRY: i64 = 3600;
/// A robot that was told too much says nothing for ten minutes.
const TOO_MANY: i64 = 600;
/// So much waits for a sink at most; then the oldest is dropped, and that is told.
const MOST_WAITING: usize = 500;

/// What is still to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// The number of the next event.
    next: Number,
    /// The events that wait in a queue.
    events: BTreeMap<Number, Event>,
    /// The queues by the names of their sinks.
    queues: BTreeMap<String, Queue>,
}

/// What waits for a sink, and how it went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The events, the oldest first.
    waiting: VecDeque<Number>,
    /// So many were dropped since it was told last.
    dropped: u64,
    /// When something was sent last, or was tried to be.
    tried: Option<UnixTime>,
    /// So many attempts have failed in a row.
    pub failures: u32,
    /// Whether the sink said that it was told too much.
    too_many: bool,
    /// Why the last one failed.
    pub why: Option<Said>,
}

/// What is to be told now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<'a> {
    /// The events, the oldest first.
    pub events: Vec<&'a Event>,
    /// So many older ones were dropped.
    pub dropped: u64,
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why, for a person.
    pub why: Said,
    /// Whether the sink said that it was told too much.
    pub too_many: bool,
}

impl Outbox {
    /// These are the sinks now. What waits for others is dropped; a new one hears what comes.
    pub fn set_sinks<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let mut before = std::mem::take(&mut self.queues);
        for name in names {
            let queue = before.remove(name).unwrap_or_default();
            self.queues.insert(name.to_owned(), queue);
        }
        self.clean();
    }

    /// Each sink with its queue.
    pub fn queues(&self) -> impl Iterator<Item = (&str, &Queue)> {
        self.queues.iter().map(|(name, queue)| (name.as_str(), queue))
    }

    /// Something is to be told to every sink.
    pub fn put(&mut self, what: What, since: UnixTime, condition: &Condition, now: UnixTime) {
        let number = self.next;
        self.next += 1;
        for queue in self.queues.values_mut() {
            queue.waiting.push_back(number);
            if queue.waiting.len() > MOST_WAITING {
                queue.waiting.pop_front();
                queue.dropped += 1;
            }
        }
        let event = Event { number, at: now, what, since, condition: condition.clone() };
        self.events.insert(number, event);
        self.clean();
    }

    /// What a sink is to be told now; nothing where there is nothing, or where it is to wait.
    pub fn due(&self, sink: &str, now: UnixTime) -> Option<Due<'_>> {
        let queue = self.queues.get(sink)?;
        let events: Vec<&Event> =
            queue.waiting.iter().filter_map(|number| self.events.get(number)).collect();
        let gathered = events.first()?.at.distance(now) >= GATHERED;
        let rested = queue.tried.is_none_or(|tried| tried.distance(now) >= queue.rest());
        (gathered && rested).then_some(Due { events, dropped: queue.dropped })
    }

    /// A sink was told these.
    pub fn delivered(&mut self, sink: &str, numbers: &[Number], dropped: u64, now: UnixTime) {
        let Some(queue) = self.queues.get_mut(sink) else { return };
        queue.waiting.retain(|number| !numbers.contains(number));
        queue.dropped = queue.dropped.saturating_sub(dropped);
        queue.tried = Some(now);
        queue.failures = 0;
        queue.too_many = false;
        queue.why = None;
        self.clean();
    }

    /// A sink could not be told.
    pub fn failed(&mut self, sink: &str, failure: Failure, now: UnixTime) {
        let Some(queue) = self.queues.get_mut(sink) else { return };
        queue.tried = Some(now);
        queue.failures = queue.failures.saturating_add(1);
        queue.too_many = failure.too_many;
        queue.why = Some(failure.why);
    }

    /// Drops events that wait in no queue.
    fn clean(&mut self) {
        let Self { events, queues, .. } = self;
        let oldest = queues.values().filter_map(|queue| queue.waiting.front()).min();
        match oldest {
            // Whatever is younger waits there too, or was told elsewhere.
            Some(oldest) => *events = events.split_off(oldest),
            None => events.clear(),
        }
    }
}

impl Queue {
    /// How much waits.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How long it is left alone after an attempt.
    fn rest(&self) -> i64 {
        let rest = match self.failures {
            0 => BETWEEN,
            count => FIRST_RETRY.saturating_mul(1 << (count - 1).min(10)).min(LAST_RETRY),
        };
        if self.too_many { rest.max(TOO_MANY) } else { rest }
    }
}

#[cfg(test)]
mod tests;
