//! The vault's volume: its filesystem, and how it is made on an appliance that has none.
//!
//! There is no journal: the volume has the name of the vault only when its filesystem is made. What a cut has left has
//! another name, and the next run removes it.

use zshield_messages::say;
use zshield_units::Bytes;

use crate::appliance::Appliance;
use crate::id::Uuid;
use crate::layout::{COW_STORES, EXTENT, least_vault, vault_within, worst_case_cow};
use crate::ledger::Ledger;
use crate::model::Device;
use crate::plan::{Operation, Plan};
use crate::policy::Policy;
use crate::role::Role;
use crate::step::{
    CreateFilesystem, CreateVolume, RemoveVolume, RenameVolume, Step, UpdateMetadata,
};
use crate::volumes::{
    FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, VAULT, VAULT_NEXT, named, physical,
};

/// The label of the vault's filesystem.
pub const LABEL: &str = "zs-vault";

/// The filesystem of a vault of this size: its files are packs of some MiB each, below 256 directories, and a few
/// thousand small ones beside them.
pub(crate) fn filesystem(device: Device, size: Bytes, id: Uuid) -> Step {
    const SMALL: u64 = 4096;
    let packs = size.0 / Bytes::mib(1).0;
    let label = LABEL.to_owned();
    Step::CreateFilesystem(CreateFilesystem { device, label, id, inodes: Some(SMALL + packs) })
}

/// Why no vault can be made; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is one.
    #[error("{}", say::vault::init_exists())]
    Exists,
    /// The policy asks for none.
    #[error("{}", say::vault::init_not_wanted())]
    NotWanted,
    /// A disk of the group is missing.
    #[error("{}", say::vault::init_disk_missing())]
    DiskMissing,
    /// There is no root volume, by which the vault is measured.
    #[error("{}", say::backup::no_root())]
    NoRoot,
    /// The HDD has no room for it.
    #[error("{}", say::vault::InitNoRoom { needs: needs.to_string(), free: free.to_string() })]
    NoRoom {
        /// The size that it has at the least.
        needs: Bytes,
        /// What nothing else has, or will need.
        free: Bytes,
    },
}

/// The plan that makes a vault on an appliance without one. Its filesystem gets this id.
pub fn init(
    appliance: &Appliance,
    ledger: &Ledger,
    policy: &Policy,
    id: Uuid,
) -> Result<Plan, Refusal> {
    if appliance.volumes.contains_key(&named(VAULT)) {
        return Err(Refusal::Exists);
    }
    if appliance.partial || !appliance.members.contains(&Role::Hdd) {
        return Err(Refusal::DiskMissing);
    }
    let root = appliance.root().ok_or(Refusal::NoRoot)?;
    let wanted = policy.vault.size;
    let needs = least_vault(wanted, root).ok_or(Refusal::NotWanted)?;
    let free = free_for_vault(appliance, root, policy.storage.chunk);
    let size = vault_within(wanted, root, free, false).ok_or(Refusal::NoRoom { needs, free })?;
    Ok(Plan {
        operation: Operation::VaultInit,
        image: ledger.image.clone(),
        version: ledger.version.clone(),
        disks: ledger.disks.clone(),
        group: appliance.binding.group.clone(),
        layout: None,
        steps: steps(appliance, size, id),
    })
}

fn steps(appliance: &Appliance, size: Bytes, id: Uuid) -> Vec<Step> {
    let group = &appliance.binding.group;
    let (next, vault) = (named(VAULT_NEXT), named(VAULT));
    let left = appliance
        .volumes
        .contains_key(&next)
        .then(|| Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: next.clone() }));
    let made = [
        Step::CreateVolume(CreateVolume {
            group: group.clone(),
            volume: next.clone(),
            size,
            on: physical(Role::Hdd),
        }),
        filesystem(Device::Volume(group.clone(), next.clone()), size, id),
        Step::RenameVolume(RenameVolume { group: group.clone(), from: next, to: vault }),
    ];
    let whole = Step::UpdateMetadata(UpdateMetadata { group: group.clone() });
    [whole].into_iter().chain(left).chain(made).collect()
}

/// What of the HDD neither a volume has nor a backup will need: while one is made there are more snapshots than before
/// and after. What a run that was cut off has left is free.
fn free_for_vault(appliance: &Appliance, root: Bytes, chunk: Bytes) -> Bytes {
    let is_there = |name: &&str| {
        appliance.has(name)
            || appliance.volumes.contains_key(&named(name))
            || appliance.cannot_read(&[name])
    };
    let stores = [FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD].iter().filter(|name| is_there(name));
    let missing = COW_STORES.saturating_sub(stores.count() as u64);
    let left = appliance.volumes.get(&named(VAULT_NEXT)).copied().unwrap_or_default();
    let kept = worst_case_cow(root, chunk) * missing + EXTENT * 2;
    (appliance.free + left).saturating_sub(kept)
}
