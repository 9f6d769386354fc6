//! The terminals of whoever is logged in, by `wall`: critical alarms, and tests.

use std::time::Duration;

use crate::batch::{Batch, Urgency};
use crate::error::SendError;
use zshield_linux::program::{Program, ProgramError};
use zshield_plan::health::Severity;

const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn send(batch: &Batch) -> Result<(), SendError> {
    let lines = batch.lines();
    let urgent = |urgency| matches!(urgency, Urgency::Alarm(Severity::Critical));
    let wanted = lines.iter().filter(|line| urgent(line.urgency) || batch.events.is_empty());
    let texts: Vec<&str> = wanted.map(|line| line.text.as_str()).collect();
    if texts.is_empty() {
        return Ok(());
    }
    let text = format!("{}\n{}\n", batch.title(), texts.join("\n"));
    // It prints as question marks whatever the locale does not know.
    match Program::new("wall", LIMIT).env("LC_ALL", "C.UTF-8").input(text).run() {
        // A machine without it has no terminals to write to.
        Ok(_) | Err(ProgramError::Absent { .. }) => Ok(()),
        Err(error) => Err(SendError::connection(error.to_string())),
    }
}
