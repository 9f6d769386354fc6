//! How an upgrade that is on trial moves on: which writes, and in which order.
//!
//! Each move is a list of writes, of which each is durable before the next begins. The power may fail between any two
//! of them, and the next start finds what is there by [`Record::next`]. So each list is in the one order in which
//! every part of it leads on to its end:
//!
//! - **On trial** ([`tried`]): the record, then the word of the trial. Between the two the gate judges as well, only
//!   that GRUB does not count that start as one of a trial; the next start writes the word again.
//! - **Confirmed** ([`confirmed`]): the word of the trial becomes another one first, by which GRUB counts no more. A version
//!   would else be confirmed in the record, and be taken back by GRUB, which knows the words alone: at once with its last
//!   start, or after as many starts as are cut off behind GRUB's count. Then the record, and the word goes last: without it
//!   and without the record an upgrade that leaves the image what it is would be one that was never applied. A start that
//!   finds a record *settling* takes the word out again.
//! - **Left** ([`left`]): the record with its reason first, then the order. Between the two the next start orders the
//!   recovery again, with the same reason. The other way round the backup could be back without anybody knowing why. GRUB takes
//!   the order out before the rescue system has begun; the word of the trial stays, so that a cut there leads to another
//!   order, or, when the starts are used up, to the recovery that GRUB begins by itself.
//! - **Gone back** ([`gone_back`]): the word of the trial, then the record. Without the word the backup is on root by both
//!   signs, and the next start notes it. A word that outlived the record would count the starts of the old version.
//! - **Settled** ([`settled`]): the record alone. Nothing else is left of it.

use zshield_units::UnixTime;

use super::reason::Reason;
use super::record::{Phase, Record, Refused};
use crate::grubenv::{EnvKey, HEALTHY, TRIAL};

/// A write that is durable before the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The record of upgrades.
    Record(Box<Record>),
    /// These words of GRUB's environment, in one write; a word without a value is taken out.
    Words(Vec<(EnvKey, Option<&'static str>)>),
    /// The recovery to the latest backup is ordered for the next start.
    Order,
}

/// The new version is on root, whole: it is on trial, and GRUB knows it.
pub fn tried(record: Record, at: UnixTime) -> Result<Vec<Write>, Refused> {
    Ok(vec![recorded(record.try_out(at)?), trial(Some(TRIAL))])
}

/// The new version is on trial, and GRUB's environment has lost the word of it.
pub fn counted() -> Vec<Write> {
    vec![trial(Some(TRIAL))]
}

/// The new version is healthy.
pub fn confirmed(record: Record, at: UnixTime) -> Result<Vec<Write>, Refused> {
    let settling = record.confirm(at)?;
    let healthy = Write::Words(vec![(EnvKey::Trial, Some(HEALTHY)), (EnvKey::Tries, None)]);
    Ok(vec![healthy, recorded(settling), uncounted()])
}

/// GRUB counts the starts of no trial any more.
pub fn uncounted() -> Write {
    Write::Words(vec![(EnvKey::Trial, None), (EnvKey::Tries, None)])
}

/// The new version is left, for this reason, unless another one was noted before.
pub fn left(record: Record, why: Reason, at: UnixTime) -> Result<Vec<Write>, Refused> {
    let is_noted = record.now().is_some_and(|now| match now.phase {
        Phase::GoingBack { .. } => true,
        Phase::Applying | Phase::Trial | Phase::Settling => false,
    });
    if is_noted {
        return Ok(vec![Write::Order]);
    }
    Ok(vec![recorded(record.go_back(why, at)?), Write::Order])
}

/// The backup is back on root.
pub fn gone_back(
    record: Record,
    otherwise: Reason,
    evidence: Option<String>,
    at: UnixTime,
) -> Result<Vec<Write>, Refused> {
    let ended = record.gone_back(otherwise, evidence, at)?;
    Ok(vec![trial(None), recorded(ended)])
}

/// Everything has followed a version that was confirmed.
pub fn settled(record: Record, at: UnixTime) -> Result<Vec<Write>, Refused> {
    Ok(vec![recorded(record.settle(at)?)])
}

fn recorded(record: Record) -> Write {
    Write::Record(Box::new(record))
}

fn trial(value: Option<&'static str>) -> Write {
    Write::Words(vec![(EnvKey::Trial, value)])
}

#[cfg(test)]
mod tests;
