//! What follows once a new version is confirmed and its backup is made: the floor, the keys, the Golden Image, the
//! boot loader, the factory state.
//!
//! Two plans, since the Golden partition can't be mounted to be written and to be read at a time: [`switch`], and
//! [`renew`], which has the new image at hand. Both are made anew from what is found, as often as the power fails,
//! and the record stays in its phase until both are done:
//!
//! | the power fails after | a start of the rescue system | the way back to a factory state |
//! |---|---|---|
//! | LVM's notes | as before | as before |
//! | the floor, or what was said of keys | from the old slot | `snap0`: the old version; without it the old image |
//! | the mark of the slot | from the new slot, whose image is root's | `snap0`; without it the new image |
//! | the ledger | as before | as before |
//! | any write of the boot loader | by the old or the new one: see `RenewBootLoader` | as before |
//! | `snap0-next` | as before | as before: it is removed and made again |
//! | `snap0` removed, `snap0-next` proved | as before | the new image, which is whole and the active one |
//! | `snap0-next` renamed | as before | `snap0`: the new version |
//!
//! Of the two images either is the machine's own for as long as the ledger names both ([`Ledger::is_own`]), so that a
//! cut between the mark and the ledger costs no way back.

use zshield_messages::say;

use super::golden::written;
use crate::appliance::{Appliance, SnapshotSync};
use crate::factory::{self, FactoryRebuild};
use crate::grub::DIRECTORY;
use crate::ledger::Ledger;
use crate::model::{Snapshot, Target};
use crate::plan::{Operation, Plan};
use crate::role::Role;
use crate::step::{
    DetachFactory, RenewBootLoader, Step, SwitchSlot, UpdateMetadata, WriteFloor, WriteKeys,
    WriteLedger,
};
use crate::upgrade::record::{Golden, Phase, Upgrade};
use crate::volumes::{FACTORY, GOLDEN_AT, LATEST, named};

/// Why nothing can follow now. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No upgrade is confirmed and open.
    #[error("{}", say::upgrade::settle_none())]
    NotSettling,
    /// Root has another system than the one that was confirmed.
    #[error("{}", say::upgrade::settle_other(.0))]
    OtherSystem(String),
    /// A disk is missing, the snapshots could not follow root, or a recovery has begun or was ordered.
    #[error("{}", say::upgrade::settle_later())]
    Later,
    /// There is no latest backup of the new version.
    #[error("{}", say::upgrade::settle_no_backup())]
    NoBackup,
}

/// The upgrade that is confirmed, where its version is on root and everything is in order.
pub fn settling<'a>(appliance: &'a Appliance, ledger: &Ledger) -> Result<&'a Upgrade, Refusal> {
    let now = appliance.upgrades.now().filter(|now| match now.phase {
        Phase::Settling => true,
        Phase::Applying | Phase::Trial | Phase::GoingBack { .. } => false,
    });
    let now = now.ok_or(Refusal::NotSettling)?;
    if ledger.image != now.to.image {
        return Err(Refusal::OtherSystem(now.to.version.clone()));
    }
    let in_sync = appliance.sync == SnapshotSync::InSync;
    if appliance.partial || !in_sync || appliance.begun.is_some() || appliance.ordered.is_some() {
        return Err(Refusal::Later);
    }
    Ok(now)
}

/// The latest backup, which has to be of the new version: the old one's would be all that there is of it.
fn backed_up<'a>(appliance: &'a Appliance, now: &Upgrade) -> Result<&'a Snapshot, Refusal> {
    let latest = appliance.latest().and_then(|name| appliance.valid(name));
    let is_new = |it: &&Snapshot| it.saved.as_ref().is_some_and(|it| it.image == now.to.image);
    latest.filter(is_new).ok_or(Refusal::NoBackup)
}

/// LVM's notes are made whole first: a cut may have torn them in the backup or in [`renew`], neither of which is done again
/// where it had come to its end. On the Golden partition the floor rises and what was said of keys is added; and where the
/// factory state moves along, the new slot is the active one.
pub fn switch(appliance: &Appliance, ledger: &Ledger, root: &str) -> Result<Plan, Refusal> {
    let now = settling(appliance, ledger)?;
    backed_up(appliance, now)?;
    // No recovery makes it lower, and root's copy of it may be gone.
    let floor = appliance.upgrades.floor().clone().raised(now.floor_once_confirmed());
    let at = GOLDEN_AT.to_owned();
    let mut noted = vec![Step::WriteFloor(WriteFloor { at: at.clone(), floor })];
    let said = appliance.upgrades.keys().clone();
    if !said.is_empty() {
        noted.push(Step::WriteKeys(WriteKeys { at: at.clone(), said }));
    }
    let group = appliance.binding.group.clone();
    let mut steps = vec![Step::UpdateMetadata(UpdateMetadata { group })];
    match now.golden {
        Golden::Stays => steps.extend(written(noted)),
        Golden::MovesAlong => {
            let image = now.to.image.clone();
            let is_switched = ledger.golden_image() == image;
            let slot = if is_switched { ledger.slot } else { ledger.slot.other() };
            let to = Step::SwitchSlot(SwitchSlot { at, slot, image: image.clone() });
            let ledger = Ledger { slot, disks: appliance.disks.clone(), ..ledger.clone() };
            let note = Step::WriteLedger(WriteLedger {
                at: format!("{}/boot/{DIRECTORY}", root.trim_end_matches('/')),
                ledger: ledger.with_golden(image),
            });
            noted.push(to);
            steps.extend(written(noted));
            steps.push(note);
        }
    }
    Ok(plan(appliance, now, steps))
}

/// The boot loader of the image in the active slot, and the factory state made anew from it, where it is of another
/// version. The old factory state goes when the new one is proved, and not before.
pub fn renew(
    appliance: &Appliance,
    ledger: &Ledger,
    anew: &FactoryRebuild<'_>,
) -> Result<Plan, Refusal> {
    let now = settling(appliance, ledger)?;
    let mut steps = vec![Step::RenewBootLoader(RenewBootLoader { disk: Role::Ssd })];
    if !is_renewed(appliance, &now.to.image) {
        let latest = backed_up(appliance, now)?;
        steps.extend(appliance.cleanup_steps());
        steps.extend(factory::steps(anew, appliance).ok_or(Refusal::Later)?);
        steps.extend(detached(appliance, anew, latest));
    }
    Ok(plan(appliance, now, steps))
}

/// Whether the factory state is that of the image already.
pub fn is_renewed(appliance: &Appliance, image: &str) -> bool {
    let found = appliance.way_back(Target::Factory);
    let saved = found.and_then(|(_, facts)| facts.saved.as_ref());
    saved.is_some_and(|saved| saved.image == image)
}

/// The kernel follows root with the latest backup alone; with chunks of another size the next backup sees to it.
fn detached(appliance: &Appliance, anew: &FactoryRebuild<'_>, latest: &Snapshot) -> Option<Step> {
    let group = appliance.binding.group.clone();
    let detach = DetachFactory { group, snapshot: named(FACTORY), base: named(LATEST) };
    let is_alike = anew.inputs.policy.storage.chunk == latest.chunk;
    is_alike.then_some(Step::DetachFactory(detach))
}

fn plan(appliance: &Appliance, now: &Upgrade, steps: Vec<Step>) -> Plan {
    Plan {
        operation: Operation::Settle,
        image: now.to.image.clone(),
        version: now.to.version.clone(),
        disks: appliance.disks.clone(),
        group: appliance.binding.group.clone(),
        layout: None,
        steps,
    }
}
