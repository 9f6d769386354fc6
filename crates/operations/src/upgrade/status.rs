//! How the upgrade that is under way is, and how the last ones ended.

use serde::Serialize;
use zshield_plan::upgrade::record::{Ended, Upgrade};

use super::found::Found;
use crate::env::{self, Env};
use crate::error::Result;

/// The upgrades of this appliance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The one that is under way.
    pub now: Option<UnderWay>,
    /// Those that have ended, the newest first.
    pub history: Vec<Ended>,
}

/// An upgrade that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnderWay {
    /// The upgrade, with its phase.
    #[serde(flatten)]
    pub upgrade: Upgrade,
    /// How many starts GRUB has counted.
    pub tries: u32,
    /// How many a version on trial has; nothing where the policy can't be read.
    pub starts: Option<u8>,
}

/// Looks at them. Nothing but GRUB's directory and the policy is read.
pub fn read(env: &Env) -> Result<Status> {
    env::needs_root()?;
    let Found { record, words, .. } = Found::read(&env.boot())?;
    let starts = env.policy().ok().map(|policy| policy.upgrade.starts.get());
    let record = record.without_keys();
    let now = record.now().cloned();
    Ok(Status {
        now: now.map(|upgrade| UnderWay { upgrade, tries: words.tries(), starts }),
        history: record.history().iter().rev().cloned().collect(),
    })
}
