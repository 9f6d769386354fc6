//! What stands in one message: as many events as fit, in their order.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use zshield_messages::say;
use zshield_plan::health::Severity;
use zshield_units::UnixTime;

use crate::event::{Event, Number, What};

/// No message has more events than this.
const MOST: usize = 50;
/// No text of a condition is longer; what a program said last may be long.
const LONGEST: usize = 600;

/// Who tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The product's name.
    pub product: String,
    /// The machine's name.
    pub host: String,
    /// The zone that times are told in.
    pub zone: TimeZone,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Who tells.
    pub sender: Sender,
    /// What is told; of nothing, it is a test.
    pub events: Vec<Event>,
    /// So many older events were dropped.
    pub dropped: u64,
    /// So many more wait.
    pub more: usize,
    /// No text is longer, in bytes as they stand in JSON.
    limit: usize,
}

impl Batch {
    /// As many of these events as fit into so many bytes, and at least one.
    pub fn fitted(sender: &Sender, events: &[&Event], dropped: u64, limit: usize) -> Self {
        let take = |count: usize| Self {
            sender: sender.clone(),
            events: events.iter().take(count).copied().cloned().collect(),
            dropped,
            more: events.len().saturating_sub(count),
            limit,
        };
        let counts: Vec<usize> = (2..=events.len().min(MOST)).collect();
        take(1 + counts.partition_point(|count| take(*count).fits()))
    }

    /// One by which somebody tries whether he is told.
    pub fn test(sender: &Sender, limit: usize) -> Self {
        Self { sender: sender.clone(), events: Vec::new(), dropped: 0, more: 0, limit }
    }

    fn fits(&self) -> bool {
        in_json(&self.whole()) <= self.limit
    }

    /// The numbers of its events.
    pub fn numbers(&self) -> Vec<Number> {
        self.events.iter().map(|event| event.number).collect()
    }

    /// Its first line.
    pub fn title(&self) -> String {
        let good = |event: &&Event| matches!(event.what, What::Cleared | What::Acknowledged { .. });
        let good = self.events.iter().filter(good).count();
        let (product, host) = (clean(&self.sender.product), clean(&self.sender.host));
        if self.events.is_empty() {
            return say::alarm::TitleTest { host, product }.to_string();
        }
        say::alarm::Title { bad: self.events.len() - good, good, host, product }.to_string()
    }

    /// All of it as a text, title and all, and no longer than it may be.
    pub fn text(&self) -> String {
        let mut text = self.whole();
        while in_json(&text) > self.limit && !text.is_empty() {
            let excess = in_json(&text) - self.limit;
            let shorter = text.len().saturating_sub(excess.max(4));
            text.truncate(text.floor_char_boundary(shorter));
            text.push('…');
            if shorter == 0 {
                text.clear();
            }
        }
        text
    }

    fn whole(&self) -> String {
        let mut lines = vec![self.title()];
        if self.dropped > 0 {
            lines.push(say::alarm::dropped(self.dropped));
        }
        for event in &self.events {
            lines.push(String::new());
            lines.extend(self.described(event));
        }
        if self.events.is_empty() {
            lines.push(say::alarm::test());
        }
        if self.more > 0 {
            lines.push(String::new());
            lines.push(say::alarm::more(self.more));
        }
        lines.join("\n")
    }

    /// Each event in one line, for a sink that takes one at a time.
    pub fn lines(&self) -> Vec<Line> {
        if self.events.is_empty() {
            return vec![Line { urgency: Urgency::None, kind: "test", text: say::alarm::test() }];
        }
        let dropped = (self.dropped > 0).then(|| Line {
            urgency: Urgency::Alarm(Severity::Warning),
            kind: "dropped",
            text: say::alarm::dropped(self.dropped),
        });
        dropped.into_iter().chain(self.events.iter().map(Line::of)).collect()
    }

    /// What is said of one event.
    fn described(&self, event: &Event) -> Vec<String> {
        let mut lines = vec![line(event)];
        let since = self.time(event.since);
        match &event.what {
            What::Cleared | What::Acknowledged { .. } => {
                lines.push(say::alarm::Facts { id: event.condition.id(), since }.to_string());
            }
            What::Opened | What::Changed | What::Reminder => {
                lines.push(say::alarm::Facts { id: event.condition.id(), since }.to_string());
                lines.push(event.condition.kind().advice());
            }
        }
        lines
    }

    fn time(&self, moment: UnixTime) -> String {
        let time = moment.timestamp().unwrap_or_default();
        let zoned = time.to_zoned(self.sender.zone.clone());
        zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "format": 1,
            "product": self.sender.product,
            "host": self.sender.host,
            "title": self.title(),
            "test": self.events.is_empty(),
            "dropped": self.dropped,
            "more": self.more,
            "events": self.events.iter().map(for_programs).collect::<Vec<_>>(),
        })
    }
}

/// One event, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How urgent it is.
    pub urgency: Urgency,
    /// The name of its condition's kind.
    pub kind: &'static str,
    /// What is said.
    pub text: String,
}

/// How urgent a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody is to do something.
    Alarm(Severity),
    /// Nobody has to do anything.
    None,
}

impl Line {
    fn of(event: &Event) -> Self {
        let urgency = match event.what {
            What::Opened | What::Changed | What::Reminder => {
                Urgency::Alarm(event.condition.severity())
            }
            What::Acknowledged { .. } | What::Cleared => Urgency::None,
        };
        Self { urgency, kind: event.condition.kind().name(), text: line(event) }
    }
}

/// An event for programs.
fn for_programs(event: &Event) -> Value {
    json!({
        "number": event.number,
        "at": event.at,
        "since": event.since,
        "what": event.what,
        "id": event.condition.id(),
        "severity": event.condition.severity(),
        "condition": event.condition,
        "text": text_of(event),
        "advice": event.condition.kind().advice(),
    })
}

/// An event in one line, as it stands in every message.
pub fn line(event: &Event) -> String {
    let text = text_of(event);
    let severity = event.condition.severity().to_string();
    match &event.what {
        What::Opened | What::Changed => say::alarm::Opened { severity, text }.to_string(),
        What::Reminder => say::alarm::Still { severity, text }.to_string(),
        What::Acknowledged { who, reason } => {
            say::alarm::Acknowledged { reason: clean(reason), text, who: clean(who) }.to_string()
        }
        What::Cleared => say::alarm::cleared(text),
    }
}

fn text_of(event: &Event) -> String {
    let mut text = clean(&event.condition.to_string());
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

/// Without what moves a cursor or begins another header: names of files are anybody's.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The length of a text as it stands in JSON.
fn in_json(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len())
}

#[cfg(test)]
mod tests;
