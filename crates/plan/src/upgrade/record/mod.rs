//! The record of upgrades: the one that is under way, and how the last ones ended.
//!
//! It is kept in two copies on `/boot`, which no recovery replaces: so it knows of an upgrade whose every
//! other trace a recovery has removed. It says what was *decided*; what lies on root is said by GRUB's
//! environment (`zshield_recover`: the rescue system copies the backup back, whatever the record says) and
//! by the ledger, which names the version that root has. [`Record::next`] puts the three together.
//!
//! # What a start finds after a cut
//!
//! | phase | armed | on root | what follows |
//! |---|---|---|---|
//! | none | no | a version | nothing |
//! | applying | no | the old version: nothing was written yet, or the backup is back | *gone back* |
//! | applying | yes | half of two | GRUB starts the rescue system, which copies the backup back; then as above |
//! | applying | no | the new version: the copy of the record that said *trial* is lost | the gate |
//! | trial | yes | the new version, whole; the power failed before it was disarmed | the backup is copied back; then as below |
//! | trial | no | the old version | *gone back*: the starts were used up, or somebody recovered it |
//! | trial | no | the new version | the gate, once more |
//! | going back | no | the new version | the recovery is ordered again |
//! | going back | yes, or no | half of two, or the old version | it is copied back; *gone back* |
//! | settling | no | the new version, which is healthy | backup and Golden Image follow |
//! | settling | no | another one: somebody recovered it | *confirmed* stays, and nothing follows |
//!
//! A *confirmed* outcome is written by [`Record::confirm`] alone, and that is refused to anything that was
//! not applied to its end and started. Nothing here says which hook has run: an upgrade that is tried again
//! runs all of them again.

mod next;
mod value;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::{UnixTime, Version};

pub use next::{Found, Next};
pub use value::{Bundle, Ended, Golden, Outcome, Phase, System, Tried, Upgrade};

use super::floor::Floor;
use super::keys::{Statement, Statements};
use super::reason::Reason;

/// The format that is written today.
pub const FORMAT: u32 = 1;

/// How many ended upgrades are kept.
pub const KEPT: usize = 8;

/// All that is known of upgrades.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Record {
    now: Option<Upgrade>,
    /// The oldest first.
    history: Vec<Ended>,
    lasting: Lasting,
}

/// What no upgrade takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lasting {
    floor: Floor,
    keys: Statements,
}

/// Its form in a file.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Upgrade>,
    history: Vec<Ended>,
    #[serde(default, skip_serializing_if = "Floor::is_none")]
    floor: Floor,
    #[serde(default, skip_serializing_if = "Statements::is_empty")]
    keys: Statements,
}

/// A record of another version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::record_format(.0.to_string()))]
pub struct OtherFormat(u32);

impl TryFrom<Stored> for Record {
    type Error = OtherFormat;

    fn try_from(stored: Stored) -> Result<Self, OtherFormat> {
        let Stored { format, now, history, floor, keys } = stored;
        let lasting = Lasting { floor, keys };
        if format == FORMAT { Ok(Self { now, history, lasting }) } else { Err(OtherFormat(format)) }
    }
}

impl From<Record> for Stored {
    fn from(record: Record) -> Self {
        let Record { now, history, lasting: Lasting { floor, keys } } = record;
        Self { format: FORMAT, now, history, floor, keys }
    }
}

/// Who wants an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// A person.
    Person,
    /// The daemon, within the policy's window.
    Itself,
}

/// Why a record does not become another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another one is under way.
    #[error("{}", say::upgrade::under_way(.0))]
    UnderWay(String),
    /// This very bundle was left again, and nobody asks for another try.
    #[error("{}", say::upgrade::failed_before(.0))]
    FailedBefore(String),
    /// None is under way.
    #[error("{}", say::upgrade::none_under_way())]
    NoneUnderWay,
    /// One is, and has come to another phase than this.
    #[error("{}", say::upgrade::wrong_phase(.0.to_string()))]
    Phase(Phase),
}

impl Record {
    /// The one that is under way.
    pub const fn now(&self) -> Option<&Upgrade> {
        self.now.as_ref()
    }

    /// Those that have ended, the oldest first.
    pub fn history(&self) -> &[Ended] {
        &self.history
    }

    /// What is too old for this machine, as far as the record knows.
    pub const fn floor(&self) -> &Floor {
        &self.lasting.floor
    }

    /// What was said of keys, as far as the record knows.
    pub const fn keys(&self) -> &Statements {
        &self.lasting.keys
    }

    /// The same without what was signed of keys: for people, and for programs that verify nothing.
    #[must_use]
    pub fn without_keys(self) -> Self {
        let lasting = Lasting { keys: Statements::NONE, ..self.lasting };
        Self { lasting, ..self }.with_keys(None)
    }

    /// The same, whose upgrade that is under way brings the floor that its bundle names.
    #[must_use]
    pub fn with_floor(self, floor: Option<Version>) -> Self {
        Self { now: self.now.map(|now| Upgrade { floor, ..now }), ..self }
    }

    /// The same, whose upgrade that is under way brings what its bundle says of keys.
    #[must_use]
    pub fn with_keys(self, keys: Option<Statement>) -> Self {
        Self { now: self.now.map(|now| Upgrade { keys, ..now }), ..self }
    }

    /// How the last try of a bundle ended.
    pub fn last_of(&self, bundle: &Bundle) -> Option<&Ended> {
        self.history.iter().rev().find(|ended| ended.upgrade.bundle == *bundle)
    }

    /// One begins to be applied.
    pub fn begin(
        self,
        bundle: Bundle,
        [from, to]: [System; 2],
        golden: Golden,
        asked_by: AskedBy,
        at: UnixTime,
    ) -> Result<Self, Refused> {
        if let Some(now) = &self.now {
            return Err(Refused::UnderWay(now.to.version.clone()));
        }
        let failed = self.last_of(&bundle).filter(|ended| !ended.is_confirmed());
        if let (Some(_), AskedBy::Itself) = (failed, asked_by) {
            return Err(Refused::FailedBefore(to.version));
        }
        let began = at;
        let (phase, floor, keys) = (Phase::Applying, None, None);
        let now = Upgrade { bundle, from, to, golden, floor, keys, began, phase, since: at };
        Ok(Self { now: Some(now), ..self })
    }

    /// All of it was applied and proved: it is on trial.
    pub fn try_out(self, at: UnixTime) -> Result<Self, Refused> {
        self.moved(at, |phase| matches!(phase, Phase::Applying).then_some(Phase::Trial))
    }

    /// It is left, for this reason.
    pub fn go_back(self, why: Reason, at: UnixTime) -> Result<Self, Refused> {
        self.moved(at, |phase| match phase {
            Phase::Applying | Phase::Trial => Some(Phase::GoingBack { why }),
            Phase::GoingBack { .. } | Phase::Settling => None,
        })
    }

    /// The backup is back on root. Where nothing has said why, this is the reason.
    pub fn gone_back(
        self,
        otherwise: Reason,
        evidence: Option<String>,
        at: UnixTime,
    ) -> Result<Self, Refused> {
        let now = self.now.ok_or(Refused::NoneUnderWay)?;
        let why = match &now.phase {
            Phase::Applying | Phase::Trial => otherwise,
            Phase::GoingBack { why } => why.clone(),
            Phase::Settling => return Err(Refused::Phase(now.phase)),
        };
        Ok(ended(self.history, self.lasting, now, Outcome::GoneBack { why, evidence }, at))
    }

    /// It is healthy: the floor rises, and what its bundle says of keys counts. Backup and, where it moves along, Golden Image are still the old ones.
    pub fn confirm(self, at: UnixTime) -> Result<Self, Refused> {
        let rise = self.now.as_ref().map(Upgrade::floor_once_confirmed).unwrap_or_default();
        let said = self.now.as_ref().and_then(|now| now.keys.clone());
        let confirmed =
            self.moved(at, |phase| matches!(phase, Phase::Trial).then_some(Phase::Settling))?;
        let Lasting { floor, keys } = confirmed.lasting;
        let lasting = Lasting { floor: floor.raised(rise), keys: keys.joined(said) };
        Ok(Self { lasting, ..confirmed })
    }

    /// Backup and Golden Image followed, or nobody needs them to any more.
    pub fn settle(self, at: UnixTime) -> Result<Self, Refused> {
        let now = self.now.ok_or(Refused::NoneUnderWay)?;
        match now.phase {
            Phase::Settling => Ok(ended(self.history, self.lasting, now, Outcome::Confirmed, at)),
            Phase::Applying | Phase::Trial | Phase::GoingBack { .. } => {
                Err(Refused::Phase(now.phase))
            }
        }
    }

    fn moved(
        self,
        at: UnixTime,
        to: impl FnOnce(&Phase) -> Option<Phase>,
    ) -> Result<Self, Refused> {
        let Some(now) = self.now.clone() else { return Err(Refused::NoneUnderWay) };
        match to(&now.phase) {
            Some(phase) => Ok(Self { now: Some(Upgrade { phase, since: at, ..now }), ..self }),
            None => Err(Refused::Phase(now.phase)),
        }
    }
}

fn ended(
    mut history: Vec<Ended>,
    lasting: Lasting,
    upgrade: Upgrade,
    outcome: Outcome,
    at: UnixTime,
) -> Record {
    history.push(Ended::of(upgrade, outcome, at));
    let surplus = history.len().saturating_sub(KEPT);
    history.drain(..surplus);
    Record { now: None, history, lasting }
}

#[cfg(test)]
mod tests;
