//! Errors and times as a person reads them.

use jiff::tz::{Offset, TimeZone};
use zshield_messages::{Said, explained};
use zshield_plan::model::Snapshot;
use zshield_units::UnixTime;

/// An error and its causes in one text. A cause that its successor already tells is left out.
pub fn chain(error: &anyhow::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.last().is_some_and(|last| last.contains(&cause)) {
            told.push(cause);
        }
    }
    told.into_iter().reduce(joined).unwrap_or_default()
}

/// The same for whoever reads it later.
pub fn kept(error: &anyhow::Error) -> Said {
    Said::of(|| chain(error))
}

/// A cause after what it caused; a whole sentence needs no colon.
pub(crate) fn joined(text: String, cause: String) -> String {
    if text.ends_with('。') {
        return text + &cause;
    }
    if text.ends_with('.') { format!("{text} {cause}") } else { explained(text, cause) }
}

/// A time as a person reads it, in this machine's own zone.
pub fn time(moment: UnixTime) -> String {
    shown(moment, TimeZone::system())
}

/// When a snapshot was taken, as the clock of the machine showed it then.
pub fn taken(snapshot: &Snapshot) -> String {
    let offset = snapshot.saved.as_ref().and_then(|saved| Offset::from_seconds(saved.offset).ok());
    shown(snapshot.created, offset.map_or_else(TimeZone::system, TimeZone::fixed))
}

fn shown(moment: UnixTime, zone: TimeZone) -> String {
    moment
        .timestamp()
        .map_or_else(String::new, |time| time.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_that_is_told_already_is_not_told_again() {
        let error = anyhow!("no such file").context("/etc/x: no such file").context("Not read.");
        assert_eq!(chain(&error), "Not read. /etc/x: no such file");
        assert_eq!(chain(&anyhow!("full").context("write")), "write: full");
    }
}
