//! Whether the vault is whole; and what of it is given up.

use std::collections::BTreeSet;

use anyhow::Context as _;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::Serialize;
use zshield_host::{appliance, execute, lock};
use zshield_messages::{Said, list, say};
use zshield_plan::vault_state::{FailureKind, PlaceState};
use zshield_units::{Bytes, UnixTime};
use zshield_vault::read::{Limits, Trees};
use zshield_vault::sample::{Lot, prove};
use zshield_vault::store::{Object, ObjectKind, ObjectName};
use zshield_vault::{Access, Depth, Finding, Keep, Kind, Vault};

use super::backups::{backups, is_awaited, present};
use super::generations::ListedGeneration;
use super::local::Local;
use super::state;
use super::trouble::{Trouble, kind, told};
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::text;

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What is not as it should be: objects by their paths, and what does not fit together.
    pub findings: Vec<String>,
    /// How many damaged packs were given up, whose contents the next copy writes anew.
    pub given_up: usize,
}

/// Reads the vault on the HDD; one that is scheduled gives way to everything else.
pub fn check(env: &Env, depth: Depth, scheduled: bool) -> Result<Checked> {
    before_it_began(|| {
        env::needs_root()?;
        if scheduled {
            env::lower_priority();
        }
        let group = env.policy()?.storage.group;
        let _held = lock::hold(lock::Operation::VaultCheck).map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        let local = Local::open(&group)?;
        let checked = checked(env, &local, depth);
        noted(env, &checked, depth)?;
        local.close()?;
        Ok(checked?)
    })
}

fn checked(env: &Env, local: &Local, depth: Depth) -> anyhow::Result<Checked> {
    let vault = local.vault().map_err(told)?;
    let found = vault.check(depth).map_err(told)?;
    let packs = found.iter().filter_map(|finding| match finding {
        Finding::Damaged(Object { kind: ObjectKind::Pack, name }) => Some(*name),
        Finding::Damaged(_) | Finding::Structure(_) => None,
    });
    let packs: BTreeSet<ObjectName> = packs.collect();
    let is_torn = found.iter().any(|finding| matches!(finding, Finding::Structure(_)));
    if !packs.is_empty() || is_torn {
        // Before the first one goes: a check that is ended on the way has lost what the next copy must read anew.
        state::note_hdd(&env.root, |place| place.mend = true)?;
    }
    let mut findings: Vec<String> = found
        .into_iter()
        .map(|finding| match finding {
            Finding::Damaged(object) => object.path(),
            Finding::Structure(text) => text,
        })
        .collect();
    if depth == Depth::Everything {
        match sampled(&vault) {
            Ok(more) => findings.extend(more),
            Err(error) if findings.is_empty() => return Err(error),
            // What is damaged is known already.
            Err(error) => tracing::warn!("{error:#}"),
        }
    }
    let given_up = given_up(local, &packs).unwrap_or_else(|error| {
        // What was found counts all the same, and the next check finds it again.
        tracing::error!("{error:#}");
        0
    });
    Ok(Checked { findings, given_up })
}

/// Damaged packs go, where nobody reads the vault at this moment: the next check finds them again.
fn given_up(local: &Local, packs: &BTreeSet<ObjectName>) -> anyhow::Result<usize> {
    if packs.is_empty() {
        return Ok(0);
    }
    match lock::hold_removing(lock::Operation::VaultCheck) {
        Ok(_held) => local.without_reserve().and_then(|vault| vault.give_up(packs)).map_err(told),
        Err(busy) => {
            tracing::info!("{busy}");
            Ok(0)
        }
    }
}

/// Files of some generations, chosen by chance, are read as a recovery reads them. Those that do not come back.
fn sampled(vault: &Vault) -> anyhow::Result<Vec<String>> {
    const GENERATIONS: usize = 4;
    const FILES: usize = 200;
    let (generations, _) = vault.generations().map_err(told)?;
    let mut seed = [0; 8];
    getrandom(&mut seed, GetRandomFlags::empty())
        .with_context(|| Said::of(say::install::no_randomness))?;
    let lot = Lot { seed: u64::from_le_bytes(seed), generations: GENERATIONS, files: FILES };
    let contents = vault.contents(Limits::NEAR).context(Trouble::Damaged)?;
    let proof = prove(&Trees::new(contents), &generations, lot, &|_| {});
    // The disk does not give something out.
    let damaged = proof.context(Trouble::Damaged)?.damaged;
    Ok(damaged
        .iter()
        .map(|file| {
            let generation = file.generation.get(..8).unwrap_or(&file.generation);
            format!("{generation}:{}", String::from_utf8_lossy(&file.path))
        })
        .collect())
}

/// What is damaged becomes an alarm, and a whole vault is proved by a check that read all of it.
fn noted(env: &Env, checked: &anyhow::Result<Checked>, depth: Depth) -> anyhow::Result<()> {
    let now = env.now();
    state::note_hdd(&env.root, |place| match (checked, depth) {
        (Ok(checked), Depth::Everything) if checked.findings.is_empty() => place.proof_ended(now),
        (Ok(checked), Depth::Structure) if checked.findings.is_empty() => {}
        (Ok(checked), _) => {
            // An alarm has no room for all of a dying disk.
            let some = &checked.findings[..checked.findings.len().min(10)];
            let why = Said::of(|| say::vault::found(list(some)));
            place.proof_failed(FailureKind::Damaged, why, now);
        }
        (Err(error), _) => place.proof_failed(kind(error), text::kept(error), now),
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

/// Notes when it was done. A generation that nobody could read is an alarm until all is proved: it is gone, and no later
/// look finds it missing.
pub(super) fn note(place: &mut PlaceState, pruned: &Pruned, now: UnixTime) {
    place.retained = Some(now);
    if !pruned.unreadable.is_empty() {
        let names = pruned.unreadable.iter().map(|id| id.get(..8).unwrap_or(id));
        let why = Said::of(|| say::vault::generations_lost(list(names.clone())));
        place.proof_failed(FailureKind::Damaged, why, now);
    }
}

/// Gives up what the policy does not keep.
pub fn prune(env: &Env) -> Result<Pruned> {
    env::needs_root()?;
    let policy = env.policy()?;
    let _held = lock::hold(lock::Operation::VaultPrune).map_err(Refusal::Busy)?;
    execute::unmount_left()?;
    let _removing = lock::hold_removing(lock::Operation::VaultPrune).map_err(Refusal::Busy)?;
    let local = Local::open_or_make(&policy.storage.group)?;
    let found = appliance::running(&env.root, &policy.storage.group, false)?.appliance;
    if is_awaited(&found) {
        return Err(Refusal::Caller(say::vault::prune_awaited()).into());
    }
    let present = present(&backups(&found));
    let pruned = pruned(&present, env, &local, policy.vault.keep)?;
    local.close()?;
    state::note_hdd(&env.root, |place| note(place, &pruned, env.now()))?;
    Ok(pruned)
}

pub(super) fn pruned(
    present: &[(Kind, UnixTime)],
    env: &Env,
    local: &Local,
    keep: zshield_plan::policy::Keep,
) -> anyhow::Result<Pruned> {
    let keep = Keep { daily: keep.daily, weekly: keep.weekly, monthly: keep.monthly };
    let pruned = local
        .without_reserve()
        .and_then(|vault| vault.prune(keep, env.now(), present, Access::Alone));
    let pruned = pruned.map_err(told)?;
    Ok(Pruned {
        forgotten: pruned.forgotten.into_iter().map(ListedGeneration::from).collect(),
        unreadable: pruned.unreadable,
        freed: Bytes(pruned.freed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_that_nobody_can_read_is_an_alarm_until_all_is_proved() {
        let pruned = |unreadable| Pruned { forgotten: Vec::new(), unreadable, freed: Bytes(0) };
        let mut place = PlaceState::default();
        note(&mut place, &pruned(Vec::new()), UnixTime(5));
        assert_eq!((place.retained, &place.unproved), (Some(UnixTime(5)), &None));
        note(&mut place, &pruned(vec!["0123456789".into()]), UnixTime(6));
        let failure = place.unproved.clone().unwrap();
        assert_eq!((failure.kind, failure.at), (FailureKind::Damaged, UnixTime(6)));
        assert!(failure.why.to_string().contains("01234567"), "{}", failure.why);
        note(&mut place, &pruned(Vec::new()), UnixTime(7));
        assert_eq!(place.unproved, Some(failure));
        place.proof_ended(UnixTime(8));
        assert_eq!(place.unproved, None);
    }
}
