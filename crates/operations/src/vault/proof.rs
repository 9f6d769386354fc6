//! Whether the vault is whole; and what of it is given up.

use serde::Serialize;
use zshield_host::{execute, lock};
use zshield_messages::{Said, list, say};
use zshield_plan::vault_state::FailureKind;
use zshield_units::Bytes;
use zshield_vault::{Access, Depth, Finding, Keep};

use super::generations::ListedGeneration;
use super::local::Local;
use super::state;
use super::trouble::told;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What is not as it should be: objects by their paths, and what does not fit together.
    pub findings: Vec<String>,
}

/// Reads the vault on the HDD; one that is scheduled gives way to everything else.
pub fn check(env: &Env, depth: Depth, scheduled: bool) -> Result<Checked> {
    before_it_began(|| {
        env::needs_root()?;
        if scheduled {
            env::lower_priority();
        }
        let group = env.policy()?.storage.group;
        let _held = lock::hold("vault check").map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        let local = Local::open(&group)?;
        let found = local.vault().and_then(|vault| vault.check(depth)).map_err(told)?;
        local.close()?;
        let findings = found.into_iter().map(|finding| match finding {
            Finding::Damaged(object) => object.path(),
            Finding::Structure(text) => text,
        });
        let checked = Checked { findings: findings.collect() };
        noted(env, &checked, depth)?;
        Ok(checked)
    })
}

/// What is damaged becomes an alarm, and a whole vault is proved by a check that read all of it.
fn noted(env: &Env, checked: &Checked, depth: Depth) -> anyhow::Result<()> {
    let now = env.now();
    let why = || Said::of(|| say::vault::found(list(&checked.findings)));
    state::note_hdd(&env.root, |place| match (checked.findings.is_empty(), depth) {
        (true, Depth::Everything) => place.proof_ended(now),
        (true, Depth::Structure) => {}
        (false, _) => place.proof_failed(FailureKind::Damaged, why(), now),
    })?;
    Ok(())
}

/// What was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Generations.
    pub forgotten: Vec<ListedGeneration>,
    /// The names of generations that nobody could read.
    pub unreadable: Vec<String>,
    /// How many bytes were not needed any more.
    pub freed: Bytes,
}

/// Gives up what the policy does not keep.
pub fn prune(env: &Env) -> Result<Pruned> {
    env::needs_root()?;
    let policy = env.policy()?;
    let _held = lock::hold("vault prune").map_err(Refusal::Busy)?;
    execute::unmount_left()?;
    let _sending = lock::hold_sending("vault prune").map_err(Refusal::Busy)?;
    let local = Local::open_or_make(&policy.storage.group)?;
    let pruned = pruned(env, &local, policy.vault.keep)?;
    local.close()?;
    state::note_hdd(&env.root, |place| place.retained = Some(env.now()))?;
    Ok(pruned)
}

pub(super) fn pruned(
    env: &Env,
    local: &Local,
    keep: zshield_plan::policy::Keep,
) -> anyhow::Result<Pruned> {
    let keep = Keep { daily: keep.daily, weekly: keep.weekly, monthly: keep.monthly };
    let pruned = local.vault().and_then(|vault| vault.prune(keep, env.now(), Access::Alone));
    let pruned = pruned.map_err(told)?;
    Ok(Pruned {
        forgotten: pruned.forgotten.into_iter().map(ListedGeneration::from).collect(),
        unreadable: pruned.unreadable,
        freed: Bytes(pruned.freed),
    })
}
