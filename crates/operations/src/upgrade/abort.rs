//! A person leaves the new version: the appliance goes back to the backup from before the upgrade.

use anyhow::Context as _;
use zshield_host::lock;
use zshield_messages::{Said, say};
use zshield_plan::upgrade::moves as plan;
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::{Next, Phase, Record, Refused};

use super::found::Found;
use super::moves::{self, forget_before};
use crate::boot;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::interruption;
use crate::question::{Answer, Question};

/// An upgrade that can be taken back.
#[derive(Debug)]
pub struct Prepared {
    env: Env,
    record: Record,
    version: String,
    /// The version that comes back.
    pub old: String,
    way: Way,
    _held: Option<lock::Held>,
}

/// How it is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The rescue system copies the backup back.
    Recovery,
    /// The old version is on root already.
    Note,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The machine restarts, and goes back.
    Restarts,
    /// It was noted as ended: nothing of it is on root.
    Noted,
}

/// Looks at the upgrade that is under way. It changes nothing.
pub fn prepare(env: &Env) -> Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let held = lock::hold(lock::Operation::Upgrade).map_err(Refusal::Busy)?;
        let found = Found::read(&env.boot())?;
        Ok(prepared(env, found, Some(held))?)
    })
}

fn prepared(env: &Env, found: Found, held: Option<lock::Held>) -> Result<Prepared, Refusal> {
    let Some(now) = found.record.now() else {
        return Err(Refusal::operation(Refused::NoneUnderWay));
    };
    let way = match (&now.phase, found.next()) {
        (Phase::Settling, _) => return Err(Refusal::operation(Refused::Phase(now.phase.clone()))),
        (Phase::Applying | Phase::Trial | Phase::GoingBack { .. }, Next::NoteGoneBack(_)) => {
            Way::Note
        }
        // Where a recovery is armed, half of two may be on root: nothing but the recovery follows.
        (Phase::Applying | Phase::Trial | Phase::GoingBack { .. }, _) => Way::Recovery,
    };
    let (version, old) = (now.to.version.clone(), now.from.version.clone());
    Ok(Prepared { env: env.clone(), record: found.record, version, old, way, _held: held })
}

impl Prepared {
    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        let (old, version) = (self.old.clone(), self.version.clone());
        Question {
            text: say::gate::AgreeAbort { old, version }.to_string(),
            answer: Answer::Yes,
            declined: say::gate::not_agreed(),
        }
    }

    /// Takes it back. `told` hears it before the machine restarts.
    pub fn run(self, told: impl FnOnce(Outcome)) -> Result<()> {
        interruption::begin();
        match self.way {
            Way::Note => {
                self.note()?;
                told(Outcome::Noted);
                Ok(())
            }
            Way::Recovery => {
                self.order()?;
                told(Outcome::Restarts);
                boot::restart()
            }
        }
    }

    fn note(&self) -> Result<()> {
        let Self { env, record, .. } = self;
        let writes = plan::gone_back(record.clone(), Reason::Aborted, None, env.now())?;
        moves::make(&env.boot(), &writes)?;
        forget_before(&env.root);
        Ok(())
    }

    fn order(&self) -> Result<()> {
        let Self { env, record, old, .. } = self;
        let left = moves::leave(&env.boot(), record.clone(), Reason::Aborted, env.now());
        Ok(left.with_context(|| Said::of(|| say::gate::abort_unknown(old)))?)
    }
}

#[cfg(test)]
mod tests {
    use zshield_host::grubenv::Grubenv;
    use zshield_plan::grubenv::EnvKey;
    use zshield_plan::model::Target;
    use zshield_plan::upgrade::record::Outcome as Ended;

    use super::*;
    use crate::upgrade::gate::fixture::{Boot, refused};

    fn of(boot: &Boot) -> Result<Prepared, Refusal> {
        prepared(&boot.env, boot.found(), None)
    }

    #[test]
    fn it_is_asked_first_and_what_is_lost_is_named() {
        let question = of(&Boot::on_trial()).unwrap().question();
        assert_eq!(question.answer, Answer::Yes);
        assert!(question.text.contains('1') && question.text.contains('2'), "{}", question.text);
    }

    #[test]
    fn the_record_says_who_ended_it_and_the_next_start_goes_back() {
        let boot = Boot::on_trial();
        of(&boot).unwrap().order().unwrap();
        let found = boot.found();
        assert_eq!(found.words.ordered(), Some(Target::Latest));
        let phase = found.record.now().map(|now| now.phase.clone());
        assert_eq!(phase, Some(Phase::GoingBack { why: Reason::Aborted }));
    }

    #[test]
    fn what_is_half_applied_goes_back_by_the_recovery_that_is_armed() {
        let boot = Boot::applying();
        let grubenv = Grubenv::in_directory(&boot.env.boot());
        grubenv.set(&[(EnvKey::Recover, Some("latest"))]).unwrap();
        let prepared = of(&boot).unwrap();
        assert_eq!(prepared.way, Way::Recovery);
        prepared.order().unwrap();
        assert_eq!(boot.found().words.begun(), Some(Target::Latest));
        assert_eq!(boot.found().words.ordered(), None);
    }

    #[test]
    fn where_the_old_version_is_on_root_it_is_noted_alone() {
        let boot = Boot::applying();
        let prepared = of(&boot).unwrap();
        assert_eq!(prepared.way, Way::Note);
        prepared.note().unwrap();
        let ended = Ended::GoneBack { why: Reason::Aborted, evidence: None };
        assert_eq!(boot.ended(), ended);
        assert_eq!(boot.found().words.ordered(), None);
    }

    #[test]
    fn what_was_confirmed_or_never_begun_is_not_taken_back() {
        assert!(refused::<Refused>(of(&Boot::settling())));
        assert!(refused::<Refused>(of(&Boot::without())));
    }
}
