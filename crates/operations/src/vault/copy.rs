//! The backups are copied into the vault on the HDD.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde::Serialize;
use zshield_host::appliance;
use zshield_host::pace::Pacer;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_host::{execute, lock};
use zshield_messages::{Said, say};
use zshield_plan::model::Target;
use zshield_plan::policy::Policy;
use zshield_plan::role::Role;
use zshield_plan::vault_state::FailureKind;
use zshield_units::{Bytes, UnixTime};
use zshield_vault::{Described, Pace, Reading, Unpaced};

use super::backups::{Backup, backups, has, is_awaited, kind, present};
use super::generations::ListedGeneration;
use super::local::Local;
use super::proof::{Pruned, note, pruned};
use super::state;
use super::trouble::{self, told};
use crate::env::{self, Env};
use crate::error::{Error, Refusal, Result, before_it_began};
use crate::text;

/// What a caller decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it gives way to everything else.
    pub scheduled: bool,
}

/// Backups that can be copied.
pub struct Prepared {
    env: Env,
    policy: Policy,
    options: Options,
    backups: Vec<Backup>,
    /// Whether a recovery to a generation has begun or is ordered.
    awaited: bool,
    disk: String,
    _held: lock::Held,
}

/// A backup that was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiedBackup {
    /// The generation that it became.
    pub generation: ListedGeneration,
    /// How many bytes of it the vault did not have.
    pub added: Bytes,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The backups that were copied; none where the vault had them.
    pub copied: Vec<CopiedBackup>,
    /// What was given up for them; nothing while copies are sent off the machine.
    pub pruned: Option<Pruned>,
    /// How many bytes can still be written.
    pub free: Bytes,
    /// How much of the volume is used, in percent.
    pub used: u8,
}

/// How far it came.
struct Tried {
    outcome: Outcome,
    /// When the latest backup was taken, where the vault has it.
    newest: Option<UnixTime>,
    /// The first thing that failed, if anything did.
    failed: Option<anyhow::Error>,
}

/// Looks which backups there are. Changes nothing but mounts that an operation has left.
pub fn prepare(env: &Env, options: Options) -> Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let held = lock::hold(lock::Operation::VaultCopy).map_err(Refusal::Busy)?;
        if options.scheduled {
            env::lower_priority();
        }
        let policy = env.policy()?;
        execute::unmount_left()?;
        let found = appliance::running(&env.root, &policy.storage.group, true)?.appliance;
        Ok(Prepared {
            env: env.clone(),
            disk: found.binding.disks.of(Role::Hdd).device(),
            backups: backups(&found),
            awaited: is_awaited(&found),
            policy,
            options,
            _held: held,
        })
    })
}

impl Prepared {
    /// Copies what the vault lacks, and then gives up what the policy does not keep. What came of it is noted for whoever
    /// watches: a backup that is in the vault is there, whatever else has failed.
    pub fn run(self) -> Result<Outcome> {
        let tried = self.tried().map_err(Error::into_anyhow);
        let had_none = self.backups.is_empty();
        let (root, now) = (&self.env.root, self.env.now());
        state::note_hdd(root, |place| match &tried {
            Err(error) => place.copy_failed(trouble::kind(error), text::kept(error), now),
            Ok(tried) => {
                if let Some(newest) = tried.newest {
                    place.copy_made(newest, now);
                }
                // One that failed has not been written anew.
                place.mend &= tried.failed.is_some() || had_none;
                if let Some(pruned) = &tried.outcome.pruned {
                    note(place, pruned, now);
                }
                match &tried.failed {
                    Some(error) => place.copy_failed(trouble::kind(error), text::kept(error), now),
                    None => place.failed = None,
                }
            }
        })?;
        let Tried { outcome, failed, .. } = tried?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(outcome),
        }
    }

    fn tried(&self) -> Result<Tried> {
        let Self { env, policy, backups, awaited, .. } = self;
        let local = Local::open_or_make(&policy.storage.group)?;
        let mut copied = Vec::new();
        let mut note = |tried: Vec<Result<CopiedBackup>>| {
            let mut first = None;
            for one in tried {
                match one.map_err(Error::into_anyhow) {
                    Ok(one) => copied.push(one),
                    Err(error) => first = first.or(Some(error)),
                }
            }
            first
        };
        let mut why = note(self.copy_lacking(&local)?);
        // What is read meanwhile has to stay: then it is given up after the next copy.
        let pruned = match lock::hold_removing(lock::Operation::VaultPrune) {
            // A recovery that has begun or is ordered needs what it goes back to.
            Ok(_held) if *awaited => Ok(None),
            Ok(_held) => pruned(&present(backups), env, &local, policy.vault.keep).map(Some),
            Err(busy) => {
                tracing::info!("{busy}");
                Ok(None)
            }
        };
        let pruned = pruned.unwrap_or_else(|error| {
            why = why.take().or(Some(error));
            None
        });
        let has_room = pruned.as_ref().is_some_and(|pruned| pruned.freed > Bytes(0));
        if has_room && why.as_ref().is_some_and(|why| trouble::kind(why) == FailureKind::Full) {
            why = note(self.copy_lacking(&local)?);
        }
        let (generations, _) = local.vault().and_then(|vault| vault.generations()).map_err(told)?;
        let latest = backups.iter().find(|backup| backup.target == Target::Latest);
        let newest = latest.filter(|backup| has(&generations, backup)).map(|backup| backup.taken);
        let room = local.room().context(Said::of(say::vault::fault))?;
        local.close()?;
        let outcome = Outcome { copied, pruned, free: room.free, used: room.used() };
        Ok(Tried { outcome, newest, failed: why })
    }

    /// Tries each backup that the vault lacks: one that can't be read keeps the other from nothing.
    fn copy_lacking(&self, local: &Local) -> Result<Vec<Result<CopiedBackup>>> {
        let (generations, _) = local.vault().and_then(|vault| vault.generations()).map_err(told)?;
        // What was damaged may be of any of them.
        let mends = state::read(&self.env.root).is_ok_and(|state| state.hdd.mend);
        let reading = if mends { Reading::All } else { Reading::Changed };
        let lacking = self.backups.iter().filter(|backup| mends || !has(&generations, backup));
        Ok(lacking.map(|backup| self.copied(local, backup, reading)).collect())
    }

    fn copied(&self, local: &Local, backup: &Backup, reading: Reading) -> Result<CopiedBackup> {
        let group = &self.policy.storage.group;
        let mounted = ReadOnlyMount::of(group, backup.way, "vault-copy")?;
        let described = Described {
            kind: kind(backup.target),
            taken: backup.taken,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            version: backup.version.clone(),
        };
        let pace: Arc<dyn Pace> = if self.options.scheduled {
            Arc::new(Paced::of(self.disk.clone()))
        } else {
            Arc::new(Unpaced)
        };
        let (store, opener, top) = (local.store(), local.opener(), mounted.root());
        let copied = zshield_vault::copy(store, opener, top, &described, reading, pace);
        let copied = copied.map_err(told)?;
        Ok(CopiedBackup { generation: copied.generation.into(), added: Bytes(copied.added) })
    }
}

/// Rests between pieces of some MiB, as far as others want the disk.
struct Paced(Mutex<(Pacer, u64)>);

impl Paced {
    /// A piece takes a hard disk a tenth of a second.
    const PIECE: u64 = 8 << 20;

    fn of(disk: String) -> Self {
        Self(Mutex::new((Pacer::of(disk), 0)))
    }
}

impl Pace for Paced {
    fn about_to_read(&self, bytes: u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (pacer, moved) = &mut *state;
        *moved += bytes;
        if *moved >= Self::PIECE {
            pacer.rest_after(Bytes(std::mem::take(moved)));
        }
    }
}
