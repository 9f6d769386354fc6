//! How a command ends: what a person reads, and the exit status.

use std::fmt;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use zshield_messages::say;
use zshield_plan::model::Snapshot;

/// Failed; what was left in which state is in the message.
pub(crate) const FAILED: u8 = 1;
/// Refused before anything changed.
pub(crate) const REFUSED: u8 = 3;

/// A check found what is not in order.
pub(crate) const DRIFT: u8 = 4;

/// Marks an error as a refusal: nothing was changed.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// A refusal with this text.
pub(crate) fn refused(text: impl Into<String>) -> anyhow::Error {
    Refused(text.into()).into()
}

/// Prints an error with its causes, each once, and gives the status for it.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    err!("{}", say::cli::error(chain(error)));
    ExitCode::from(if error.is::<Refused>() { REFUSED } else { FAILED })
}

/// An error and its causes in one text. A cause that its successor already tells is left out.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.last().is_some_and(|last| last.contains(&cause)) {
            told.push(cause);
        }
    }
    told.into_iter().reduce(joined).unwrap_or_default()
}

/// A cause after what it caused; a whole sentence needs no colon.
fn joined(text: String, cause: String) -> String {
    let separator = if text.ends_with(['.', '。']) { " " } else { ": " };
    text + separator + &cause
}

/// A time as a person reads it, in this machine's own zone.
pub(crate) fn time(seconds: i64) -> String {
    shown(seconds, TimeZone::system())
}

/// When a snapshot was taken, as the clock of the machine showed it then.
pub(crate) fn taken(snapshot: &Snapshot) -> String {
    let offset = snapshot.saved.as_ref().and_then(|saved| Offset::from_seconds(saved.offset).ok());
    shown(snapshot.created, offset.map_or_else(TimeZone::system, TimeZone::fixed))
}

fn shown(seconds: i64, zone: TimeZone) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| String::new(),
        |time| time.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
