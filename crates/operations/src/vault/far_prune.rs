//! What the vault on the HDD has given up goes at a place off the machine too, by credentials that may remove.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use zshield_host::lock;
use zshield_host::vault::{VaultMount, beside};
use zshield_messages::say;
use zshield_plan::vault_state::{Failure, FailureKind};
use zshield_units::Bytes;
use zshield_vault::Depth;
use zshield_vault::mirror::{Mirror, MirrorError, Removed, Surplus};
use zshield_vault::store::{Directory, ObjectKind, ObjectStore, Patience};

use super::credentials::Given;
use super::far::{Places, chosen, store_of};
use super::local::Local;
use super::trouble::{self, Trouble};
use super::{local, state};
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::question::{Answer, Question};

/// What can be removed at a place.
pub struct PreparedPrune {
    place: String,
    far: Arc<dyn ObjectStore>,
    here: Directory,
    surplus: Surplus,
    mounted: VaultMount,
    held: (lock::Held, lock::Held),
}

/// What was removed at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FarPruned {
    /// Its name in the policy.
    pub place: String,
    /// How many objects were removed.
    pub objects: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// How many the place did not let go.
    pub refused: u64,
}

/// Compares a place with the vault on the HDD, and changes nothing. `credentials` is the file with those that may remove;
/// those of the policy are never used.
pub fn prepare_prune_at(
    env: &Env,
    place: &str,
    credentials: Option<PathBuf>,
) -> Result<PreparedPrune> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let chosen = chosen(env, &policy, &Places::Named(vec![place.to_owned()]))?;
        let sending = lock::hold_sending(lock::Operation::VaultPrune).map_err(Refusal::Busy)?;
        let reading = lock::hold_reading(lock::Operation::VaultPrune).map_err(Refusal::Busy)?;
        let state = state::read(&env.root)?;
        let is_damaged = |failed: &Option<Failure>| {
            failed.as_ref().is_some_and(|failed| failed.kind == FailureKind::Damaged)
        };
        // What is lost here may be whole there.
        if is_damaged(&state.hdd.unproved) || is_damaged(&state.hdd.failed) {
            return Err(Refusal::Caller(say::vault::prune_damaged()).into());
        }
        let local = Local::open_at(&policy.storage.group, &beside()?)?;
        let found = local.vault().and_then(|vault| vault.check(Depth::Structure));
        let is_whole = found.map_err(trouble::told)?.is_empty();
        local.close()?;
        if !is_whole {
            return Err(Refusal::Caller(say::vault::prune_damaged()).into());
        }
        let given = Given::of(credentials);
        let unknown = || Refusal::Caller(say::vault::no_such_place(place));
        let far = chosen.first().ok_or_else(unknown)?;
        let far = store_of(&env.root, far, Some(&given), Some(Patience::default()))?;
        let mounted = local::mounted(&policy.storage.group, &beside()?)?;
        let here = Directory::new(mounted.root().join(local::REPOSITORY));
        let surplus = Mirror { local: &here, far: &*far }.surplus().map_err(told)?;
        if surplus.missing > 0 {
            return Err(Refusal::Caller(say::vault::prune_behind(place)).into());
        }
        let (place, held) = (place.to_owned(), (sending, reading));
        Ok(PreparedPrune { place, far, here, surplus, mounted, held })
    })
}

fn told(error: MirrorError) -> anyhow::Error {
    let trouble = Trouble::of_mirror(&error);
    anyhow::Error::new(error).context(trouble)
}

impl PreparedPrune {
    /// What would be removed, where the place lets all of it go.
    pub fn would_remove(&self) -> FarPruned {
        let objects = &self.surplus.objects;
        FarPruned {
            place: self.place.clone(),
            objects: objects.len() as u64,
            bytes: Bytes(objects.iter().map(|(_, bytes)| bytes).sum()),
            refused: 0,
        }
    }

    /// What the caller has to agree to; nothing where there is nothing to remove.
    pub fn question(&self) -> Option<Question> {
        let objects = &self.surplus.objects;
        let of_generations = objects.iter().filter(|(it, _)| it.kind == ObjectKind::Snapshot);
        let bytes: u64 = objects.iter().map(|(_, bytes)| bytes).sum();
        let text = say::vault::PruneQuestion {
            place: self.place.clone(),
            generations: of_generations.count().to_string(),
            objects: objects.len().to_string(),
            size: bytes.div_ceil(1_000_000).to_string(),
        };
        (!objects.is_empty()).then(|| Question {
            text: text.to_string(),
            answer: Answer::Yes,
            declined: say::vault::prune_declined(),
        })
    }

    /// Removes it. Whatever a cut leaves is a whole repository, and the next run removes the rest.
    pub fn run(self) -> Result<FarPruned> {
        let Self { place, far, here, surplus, mounted, held } = self;
        let removed = Mirror { local: &here, far: &*far }.remove(&surplus).map_err(told)?;
        mounted.close()?;
        drop(held);
        let Removed { objects, bytes, refused } = removed;
        Ok(FarPruned { place, objects, bytes: Bytes(bytes), refused })
    }
}
