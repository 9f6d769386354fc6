//! The new image in the inactive slot, before anything of an upgrade is applied.
//!
//! It costs nothing but the inactive slot, which nobody starts from: whatever becomes of the upgrade, the active
//! slot and with it the factory state are what they were.

use crate::appliance::Appliance;
use crate::ledger::Ledger;
use crate::plan::{Operation, Plan};
use crate::step::{BuildSlot, Mount, MountAs, Step, Unmount};
use crate::volumes::{GOLDEN, GOLDEN_AT};

/// The steps that put the image of this digest together in the inactive slot.
pub fn build_steps(ledger: &Ledger, image: &str) -> Vec<Step> {
    let build = BuildSlot {
        at: GOLDEN_AT.to_owned(),
        from: ledger.slot,
        from_image: ledger.golden_image().to_owned(),
        to: ledger.slot.other(),
        image: image.to_owned(),
    };
    written([Step::BuildSlot(build)])
}

/// The same as a plan of its own.
pub fn build(appliance: &Appliance, ledger: &Ledger, image: &str) -> Plan {
    Plan {
        operation: Operation::Upgrade,
        image: ledger.image.clone(),
        version: ledger.version.clone(),
        disks: appliance.disks.clone(),
        group: appliance.binding.group.clone(),
        layout: None,
        steps: build_steps(ledger, image),
    }
}

/// These steps, with the Golden partition mounted to be written for as long as they take.
pub(crate) fn written(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let at = GOLDEN_AT.to_owned();
    let mount = Mount { device: GOLDEN, at: at.clone(), kind: MountAs::Ext4 };
    let unmount = Step::Unmount(Unmount { at });
    std::iter::once(Step::Mount(mount)).chain(steps).chain([unmount]).collect()
}
