//! What is in the vault.

use serde::Serialize;
use zshield_host::generation::{Listed, OpenVault, Whose};
use zshield_host::lock;
use zshield_messages::say;
use zshield_units::{Bytes, UnixTime};
use zshield_vault::{Generation, Kind, Vault};

use super::trouble::{generation_told, told};
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
    /// Whether it was brought from elsewhere.
    pub fetched: bool,
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
            fetched: false,
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
    /// What can't be opened at all, and why: there may be more generations.
    pub closed: Vec<String>,
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
        let vault = OpenVault::beside(&group).map_err(generation_told)?;
        let Listed { generations, damaged, closed } = vault.listed().map_err(generation_told)?;
        let recovery_key = vault.own().map_or(Ok(false), Vault::has_recovery_key).map_err(told)?;
        let room = vault.room().map_err(generation_told)?;
        vault.close().map_err(generation_told)?;
        let generations = generations.into_iter().map(|(whose, generation)| ListedGeneration {
            fetched: whose == Whose::Fetched,
            ..generation.into()
        });
        let generations = generations.collect();
        let closed = closed.into_iter().map(why_closed).collect();
        let (free, used) = (room.free, room.used());
        Ok(Listing { generations, damaged, closed, free, used, recovery_key })
    })
}

fn why_closed((whose, why): (Whose, String)) -> String {
    match whose {
        Whose::Own => say::vault::own_closed(why),
        Whose::Fetched => say::vault::fetched_closed(why),
    }
}
