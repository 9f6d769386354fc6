//! The rules of a vault that is made on an appliance without one.

use super::finding::{Finding, Findings};
use super::mounts::is_volume;
use crate::appliance::Appliance;
use crate::model::Device;
use crate::role::Role;
use crate::step::{CreateVolume, RenameVolume, Step};
use crate::volumes::{AUDIT, ROOT, USER, VAULT, VAULT_NEXT, named};
use zshield_units::Bytes;

/// How many stores a backup may need at a time, those that are there included.
const STORES: u64 = 3;

/// What has become of the vault so far.
pub(super) struct NewVault {
    is_there: bool,
    next: Next,
    /// What is free on the HDD, less the stores that backups will need beside those that are there.
    free: Bytes,
    /// What the next one takes of it.
    taken: Bytes,
}

/// The volume that is to be the vault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Absent,
    Empty,
    Formatted,
}

impl NewVault {
    pub(super) fn found(appliance: &Appliance) -> Self {
        let size = |name| appliance.volumes.get(&named(name)).copied();
        let others = [ROOT, USER, AUDIT, VAULT, VAULT_NEXT].map(named);
        let stores = appliance.snapshots.keys().chain(&appliance.unreadable);
        let left_over = appliance
            .volumes
            .keys()
            .filter(|name| !others.contains(name) && name.as_str().starts_with("snap"));
        let stores = stores.chain(left_over).count() as u64;
        // No store that holds a change of all is smaller than root.
        let kept = size(ROOT).unwrap_or_default() * STORES.saturating_sub(stores);
        let next = size(VAULT_NEXT);
        Self {
            is_there: size(VAULT).is_some(),
            next: if next.is_some() { Next::Empty } else { Next::Absent },
            free: appliance.free.saturating_sub(kept),
            taken: next.unwrap_or_default(),
        }
    }

    /// Goes on by a step.
    pub(super) fn step(&mut self, step: &Step, findings: &mut Findings) {
        if let Step::CreateVolume(it) = step
            && it.volume.as_str() == VAULT_NEXT
        {
            self.make(it, findings);
        }
        if let Step::CreateFilesystem(it) = step
            && is_volume(&it.device, VAULT_NEXT)
        {
            let made = self.next != Next::Absent;
            findings.require(made, || Finding::UsedBeforeMade(it.device.clone()));
            self.next = Next::Formatted;
        }
        if let Step::RemoveVolume(it) = step
            && it.volume.as_str() == VAULT_NEXT
        {
            self.free = self.free + self.taken;
            (self.next, self.taken) = (Next::Absent, Bytes::ZERO);
        }
        if let Step::RenameVolume(it) = step
            && Self::names(it)
        {
            self.name(it, findings);
        }
    }

    /// Whether it is this that is renamed.
    pub(super) fn names(step: &RenameVolume) -> bool {
        [&step.from, &step.to].into_iter().any(|name| [VAULT, VAULT_NEXT].contains(&name.as_str()))
    }

    fn make(&mut self, step: &CreateVolume, findings: &mut Findings) {
        let on_hdd = matches!(step.on, Device::Partition(Role::Hdd, _));
        let has = if on_hdd && self.next == Next::Absent { self.free } else { Bytes::ZERO };
        let (on, needs) = (step.on.clone(), step.size);
        let fits = Bytes::ZERO < needs && needs <= has;
        findings.require(fits, || Finding::NoRoom { on, has, needs });
        self.free = self.free.saturating_sub(needs);
        (self.next, self.taken) = (Next::Empty, needs);
    }

    fn name(&mut self, step: &RenameVolume, findings: &mut Findings) {
        let RenameVolume { group, from, to } = step;
        let named = (from.as_str(), to.as_str()) == (VAULT_NEXT, VAULT);
        let may = named && !self.is_there && self.next != Next::Absent;
        findings.require(may, || Finding::RenameImpossible { from: from.clone(), to: to.clone() });
        let whole = self.next == Next::Formatted;
        let device = || Device::Volume(group.clone(), from.clone());
        findings.require(whole, || Finding::UsedBeforeMade(device()));
        (self.is_there, self.next) = (true, Next::Absent);
    }
}
