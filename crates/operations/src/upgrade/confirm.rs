//! A person keeps the new version, without waiting for what the gate says.

use zshield_host::lock;
use zshield_messages::say;
use zshield_plan::upgrade::moves as plan;
use zshield_plan::upgrade::record::{Next, Phase, Record, Refused};

use super::found::Found;
use super::moves::{self, forget_before};
use super::settle::settle;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::progress::Progress;

/// The new version does not run: there is nothing to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::gate::not_started())]
pub struct NotStarted;

/// A version that can be confirmed.
pub struct Prepared {
    env: Env,
    record: Record,
    /// Its version.
    pub version: String,
    held: lock::Held,
}

/// Looks whether the new version is the one that runs. It changes nothing.
pub fn prepare(env: &Env) -> Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let held = lock::hold(lock::Operation::Upgrade).map_err(Refusal::Busy)?;
        let found = Found::read(&env.boot())?;
        let version = may_confirm(&found)?;
        Ok(Prepared { env: env.clone(), record: found.record, version, held })
    })
}

/// The version that can be confirmed: one on trial that runs, or one that was and has not come to its end.
fn may_confirm(found: &Found) -> Result<String, Refusal> {
    let Some(now) = found.record.now() else {
        return Err(Refusal::operation(Refused::NoneUnderWay));
    };
    match (&now.phase, found.next()) {
        (Phase::Trial, Next::Judge) | (Phase::Settling, Next::Settle) => Ok(now.to.version.clone()),
        (Phase::Trial | Phase::Settling, _) => Err(Refusal::operation(NotStarted)),
        (phase @ (Phase::Applying | Phase::GoingBack { .. }), _) => {
            Err(Refusal::operation(Refused::Phase(phase.clone())))
        }
    }
}

impl Prepared {
    /// Confirms it; then what follows is done. `told` hears of the first before the second begins.
    pub fn run(self, progress: &dyn Progress, told: impl FnOnce()) -> Result<()> {
        let Self { env, record, held, .. } = self;
        let boot = env.boot();
        if record.now().is_some_and(|now| now.phase == Phase::Trial) {
            moves::make(&boot, &plan::confirmed(record, env.now())?)?;
        }
        forget_before(&env.root);
        drop(held);
        told();
        settle(&env, &Found::read(&boot)?.record, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::gate::fixture::{Boot, refused};

    #[test]
    fn a_version_is_confirmed_while_it_is_on_trial_and_runs() {
        let may = |boot: &Boot| may_confirm(&boot.found());
        let boot = Boot::on_trial();
        assert_eq!(may(&boot).unwrap(), "2");
        boot.root_is("old");
        assert!(refused::<NotStarted>(may(&boot)));
        assert!(refused::<Refused>(may(&Boot::going_back())));
        assert!(refused::<Refused>(may(&Boot::applying())));
        assert!(refused::<Refused>(may(&Boot::without())));
    }
}
