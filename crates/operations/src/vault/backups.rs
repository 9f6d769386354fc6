//! The backups that an appliance has, as the vault knows them.

use zshield_plan::appliance::Appliance;
use zshield_plan::model::Target;
use zshield_plan::way_back::WayBack;
use zshield_units::UnixTime;
use zshield_vault::{Generation, Kind};

/// A backup of the appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backup {
    pub(super) target: Target,
    pub(super) way: WayBack,
    pub(super) taken: UnixTime,
    pub(super) version: Option<String>,
}

/// The backups that can be gone back to, the factory state first: the latest one then needs to be held against less.
pub(super) fn backups(appliance: &Appliance) -> Vec<Backup> {
    if appliance.is_stale() {
        return Vec::new();
    }
    let ways = Target::BACKUPS.into_iter().filter_map(|target| {
        let (way, snapshot) = appliance.way_back(target)?;
        let saved = snapshot.saved.as_ref();
        Some(Backup {
            target,
            way,
            taken: snapshot.created,
            version: saved.map(|saved| saved.version.clone()),
        })
    });
    ways.collect()
}

pub(super) const fn kind(target: Target) -> Kind {
    match target {
        Target::Factory => Kind::Factory,
        Target::Latest | Target::Vault(_) => Kind::Latest,
    }
}

/// What the appliance has itself: that is kept in the vault, whatever its clock said.
pub(super) fn present(backups: &[Backup]) -> Vec<(Kind, UnixTime)> {
    backups.iter().map(|backup| (kind(backup.target), backup.taken)).collect()
}

/// Whether a backup is in the vault.
pub(super) fn has(generations: &[Generation], backup: &Backup) -> bool {
    generations.iter().any(|generation| {
        generation.kind == Some(kind(backup.target)) && generation.taken == backup.taken
    })
}

/// Whether a recovery to a generation has begun or is ordered: what it goes back to must not be given up.
pub(super) fn is_awaited(appliance: &Appliance) -> bool {
    let is_vault = |target: Target| matches!(target, Target::Vault(_));
    appliance.begun.is_some_and(is_vault) || appliance.ordered.is_some_and(is_vault)
}
