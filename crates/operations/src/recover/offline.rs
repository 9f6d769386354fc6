//! A recovery at the next start, which the rescue system does.

use zshield_host::appliance::Found;
use zshield_host::{lock, order};
use zshield_plan::model::Target;
use zshield_plan::recover::restore_source;

use super::preview::OfflinePreview;
use super::refusal::unavailable;
use crate::env::Env;
use crate::error::{Refusal, Result};
use crate::question::Question;

/// A recovery that can be scheduled.
pub struct Prepared {
    env: Env,
    found: Found,
    target: Target,
    _held: lock::Held,
}

pub(super) fn prepare(env: &Env, held: lock::Held, found: Found, target: Target) -> Prepared {
    Prepared { env: env.clone(), found, target, _held: held }
}

impl Prepared {
    /// What it would do.
    pub fn preview(&self) -> Result<OfflinePreview<'_>, Refusal> {
        let Self { found, target, .. } = self;
        let source =
            restore_source(&found.appliance, *target).map_err(|why| unavailable(*target, why))?;
        Ok(OfflinePreview { target: *target, source, begun: found.appliance.begun })
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        super::question()
    }

    /// Has the next start go back. The machine has to be restarted for it.
    pub fn run(&self) -> Result<()> {
        Ok(order::schedule_restore(&self.env.boot(), self.found.appliance.begun, self.target)?)
    }
}
