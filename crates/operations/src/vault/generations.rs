//! What is in the vault.

use std::io;

use serde::Serialize;
use zshield_host::lock;
use zshield_host::vault::beside;
use zshield_units::{Bytes, UnixTime};
use zshield_vault::{Generation, Kind};

use super::local::Local;
use super::trouble::told;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};

/// A generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedGeneration {
    /// Its whole name.
    pub id: String,
    /// The part of its name that people type.
    pub short: String,
    /// Backup or factory state; nothing where another program has made it.
    pub kind: Option<Kind>,
    /// When the backup was taken.
    pub taken: UnixTime,
    /// The version of the system in it.
    pub version: Option<String>,
    /// How many bytes its files have.
    pub bytes: Option<Bytes>,
    /// The machine that it is of.
    pub host: String,
}

impl From<Generation> for ListedGeneration {
    fn from(generation: Generation) -> Self {
        Self {
            short: generation.short().to_owned(),
            id: generation.id,
            kind: generation.kind,
            taken: generation.taken,
            version: generation.version,
            bytes: generation.bytes.map(Bytes),
            host: generation.host,
        }
    }
}

/// The generations in a vault, and its room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The generations, the newest first.
    pub generations: Vec<ListedGeneration>,
    /// The names of those that can't be read.
    pub damaged: Vec<String>,
    /// How many bytes can still be written.
    pub free: Bytes,
    /// How much of the volume is used, in percent.
    pub used: u8,
    /// Whether a recovery key opens it.
    pub recovery_key: bool,
}

/// What is in the vault on the HDD.
pub fn list(env: &Env) -> Result<Listing> {
    before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let _held = lock::hold_reading(lock::Operation::VaultList).map_err(Refusal::Busy)?;
        let local = Local::open_at(&group, &beside()?)?;
        let vault = local.vault().map_err(told)?;
        let (generations, damaged) = vault.generations().map_err(told)?;
        let recovery_key = vault.has_recovery_key().map_err(told)?;
        let room = local.room().map_err(|error: io::Error| anyhow::Error::new(error))?;
        local.close()?;
        let generations = generations.into_iter().map(ListedGeneration::from).collect();
        Ok(Listing { generations, damaged, free: room.free, used: room.used(), recovery_key })
    })
}
