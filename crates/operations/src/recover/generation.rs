//! The generation of the vault that a recovery goes back to, looked for and looked into.

use anyhow::Result;
use zshield_host::appliance::Found;
use zshield_host::generation::{self, OpenVault, Whose};
use zshield_plan::appliance::Generation as Facts;
use zshield_plan::id::GenerationId;
use zshield_plan::model::Target;
use zshield_plan::role::Role;
use zshield_units::UnixTime;
use zshield_vault::Kind;

use super::Goal;
use crate::vault;

/// A generation of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The generation.
    pub id: GenerationId,
    /// When the backup was taken that it is a copy of.
    pub taken: UnixTime,
    /// The version of its system.
    pub version: Option<String>,
    /// Backup or factory state.
    pub kind: Option<Kind>,
    /// The machine that it is of, where it was brought from elsewhere.
    pub host: Option<String>,
}

impl Generation {
    /// The one of a repository; nothing where its name is none.
    pub(crate) fn of(whose: Whose, generation: &zshield_vault::Generation) -> Option<Self> {
        let zshield_vault::Generation { id, taken, version, kind, host, .. } = generation;
        let id = GenerationId::parse(id)?;
        let host = match whose {
            Whose::Own => None,
            Whose::Fetched => Some(host.clone()),
        };
        Some(Self { id, taken: *taken, version: version.clone(), kind: *kind, host })
    }
}

/// What is gone back to. A generation is noted among what is known of the appliance.
pub(super) fn target(found: &mut Found, goal: &Goal) -> Result<Target> {
    match goal {
        Goal::Backup(target) => Ok(*target),
        Goal::Generation(name) => looked_into(found, name).map(Target::Vault),
    }
}

/// Looks into the generation of this name, or the only one whose name begins so.
fn looked_into(found: &mut Found, name: &str) -> Result<GenerationId> {
    let vault = opened(found)?;
    let (_, named) = vault.find(name).map_err(vault::generation_told)?;
    let id = GenerationId::parse(&named.id).ok_or(vault::Trouble::Damaged)?;
    let mounted = vault.mounted(&named, &generation::place()).map_err(vault::generation_told)?;
    let facts = Facts { taken: named.taken, saved: mounted.says_of_itself() };
    found.appliance.generations.insert(id, facts);
    Ok(id)
}

/// All generations that there are, without a look into them.
pub(super) fn listed(found: &Found) -> Result<Vec<Generation>> {
    let all = opened(found)?.generations().map_err(vault::generation_told)?;
    Ok(all.iter().filter_map(|(whose, one)| Generation::of(*whose, one)).collect())
}

fn opened(found: &Found) -> Result<OpenVault> {
    let binding = &found.appliance.binding;
    let opened = OpenVault::open(&binding.group, binding.disks.of(Role::Hdd));
    opened.map_err(vault::generation_told)
}
