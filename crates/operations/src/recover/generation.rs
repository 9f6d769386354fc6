//! The generation of the vault that a recovery goes back to, looked for and looked into.

use anyhow::Result;
use zshield_host::appliance::Found;
use zshield_host::generation::{self, OpenVault};
use zshield_plan::id::GenerationId;
use zshield_plan::model::Target;
use zshield_plan::role::Role;

use zshield_units::UnixTime;
use zshield_vault::Kind;

use super::Wanted;
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
}

/// What is gone back to. A generation is noted among what is known of the appliance.
pub(super) fn target(found: &mut Found, wanted: &Wanted) -> Result<Target> {
    match wanted {
        Wanted::Backup(target) => Ok(*target),
        Wanted::Generation(name) => looked_into(found, name).map(Target::Vault),
    }
}

/// Looks into the generation of this name, or the only one whose name begins so.
pub(super) fn looked_into(found: &mut Found, name: &str) -> Result<GenerationId> {
    let vault = opened(found)?;
    let of_vault = vault.find(name).map_err(vault::generation_told)?;
    let id = generation::facts(&of_vault, None).map(|(id, _)| id);
    let id = id.ok_or_else(|| anyhow::anyhow!(vault::Trouble::Damaged))?;
    let mounted = vault.mounted(id, &generation::place()).map_err(vault::generation_told)?;
    found.appliance.generations.extend(generation::facts(&of_vault, mounted.says_of_itself()));
    Ok(id)
}

/// All generations that there are, without a look into them.
pub(super) fn listed(found: &Found) -> Result<Vec<Generation>> {
    let all = opened(found)?.generations().map_err(vault::generation_told)?;
    let listed = |one: zshield_vault::Generation| {
        let id = GenerationId::parse(&one.id)?;
        Some(Generation { id, taken: one.taken, version: one.version, kind: one.kind })
    };
    Ok(all.into_iter().filter_map(listed).collect())
}

fn opened(found: &Found) -> Result<OpenVault> {
    let binding = &found.appliance.binding;
    let opened = OpenVault::open(&binding.group, binding.disks.of(Role::Hdd));
    opened.map_err(vault::generation_told)
}
