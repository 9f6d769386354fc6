//! What a start has to do about an upgrade that is under way.

use super::{Phase, Record, Upgrade};
use crate::model::Target;
use crate::upgrade::reason::Reason;

/// What a start finds beside the record. While GRUB's environment is armed no start of the system finds
/// anything: the rescue system is started instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The digest of the image that root has, by the ledger.
    pub image: &'a str,
    /// Whether GRUB's environment says that a new version is on trial. A recovery takes that word out.
    pub trial: bool,
    /// The recovery that ended last, where one ended since the upgrade began.
    pub recovered: Option<Target>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// [`Record::gone_back`], with this reason: the old version is on root.
    NoteGoneBack(Reason),
    /// [`Record::try_out`], and then the gate.
    NoteTrial,
    /// The gate: is the new version healthy?
    Judge,
    /// The recovery to the latest backup is ordered, and the machine restarted.
    OrderRecovery,
    /// The backup is renewed, and the Golden Image switched where it moves along; then [`Record::settle`].
    Settle,
    /// [`Record::settle`]: what was confirmed is not on root any more.
    NoteSettled,
}

impl Record {
    /// What a start of the system has to do.
    pub fn next(&self, found: &Found<'_>) -> Next {
        let Some(now) = self.now() else { return Next::Nothing };
        let is_new = is_new(now, found);
        let recovered = |otherwise: Reason| match found.recovered {
            Some(target @ (Target::Factory | Target::Vault(_))) => Reason::Recovered { target },
            // The rescue system goes back by the same recovery: the phase knows whether that was its own.
            Some(Target::Latest) | None => otherwise,
        };
        match (&now.phase, is_new) {
            (Phase::Applying, true) => Next::NoteTrial,
            (Phase::Trial, true) => Next::Judge,
            (Phase::Applying, false) => Next::NoteGoneBack(recovered(Reason::CutOff)),
            (Phase::Trial, false) => Next::NoteGoneBack(recovered(Reason::NoStart)),
            (Phase::GoingBack { .. }, true) => Next::OrderRecovery,
            (Phase::GoingBack { why }, false) => Next::NoteGoneBack(why.clone()),
            (Phase::Settling, true) => Next::Settle,
            (Phase::Settling, false) => Next::NoteSettled,
        }
    }
}

/// Whether root has the new version. An upgrade of some packages or files alone leaves the image what it is:
/// then the word of the trial says it, which is set when all is applied and goes with any recovery.
fn is_new(now: &Upgrade, found: &Found<'_>) -> bool {
    if now.from.image != now.to.image {
        return found.image == now.to.image;
    }
    match now.phase {
        Phase::Applying | Phase::Trial | Phase::GoingBack { .. } => found.trial,
        Phase::Settling => found.image == now.to.image,
    }
}
