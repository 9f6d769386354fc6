//! The factory snapshot made anew from the Golden Image, beside a running system: where the old
//! one was lost, or could not follow what was written.
//!
//! A snapshot can be written. So one of root as it is now is taken, formatted, and gets the
//! factory's system: its store then holds every chunk in which the two differ, as that of any
//! snapshot does, and root is not touched.

use crate::appliance::Appliance;
use crate::id::Uuid;
use crate::install::Inputs;
use crate::install::partition_ids;
use crate::install::system::{Parts, System};
use crate::layout::worst_case_cow;
use crate::step::{CreateFilesystem, RemoveVolume, Step};
use crate::volumes::{FACTORY, FACTORY_NEXT, named};

/// What it is made from.
#[derive(Clone, Copy, Debug)]
pub struct FactoryRebuild<'a> {
    /// The image, and the policy in it.
    pub inputs: &'a Inputs<'a>,
    /// The machine-id that this machine has.
    pub machine: Uuid,
    /// The id of the new filesystem.
    pub filesystem: Uuid,
}

/// Whether there is no factory snapshot that can be gone back to.
pub fn is_lacking(appliance: &Appliance) -> bool {
    appliance.is_stale() || appliance.valid(FACTORY).is_none()
}

/// The steps. Nothing where the disks are not those of the image's world.
pub(crate) fn steps(anew: &FactoryRebuild<'_>, appliance: &Appliance) -> Option<Vec<Step>> {
    let places =
        partition_ids(&appliance.binding, &anew.inputs.world.disks, anew.inputs.world.medium.slot)?;
    let FactoryRebuild { inputs, machine, filesystem } = *anew;
    let system =
        System { volume: FACTORY_NEXT, inputs, places: &places, machine, parts: Parts::None };
    let size = worst_case_cow(appliance.root()?, inputs.policy.storage.chunk);
    let mut steps = vec![
        system.snapshot(FACTORY_NEXT, size),
        Step::CreateFilesystem(CreateFilesystem {
            inodes: None,
            device: system.volume(FACTORY_NEXT),
            label: "zs-root".to_owned(),
            id: filesystem,
        }),
    ];
    steps.extend(system.install_steps([]));
    steps.extend(system.proved(FACTORY_NEXT));
    let group = &inputs.policy.storage.group;
    // What is there is of no use; or of the version before, and the new one is proved. A stale one is gone already.
    if appliance.has(FACTORY) && !appliance.is_stale() {
        steps.push(Step::RemoveVolume(RemoveVolume {
            group: group.clone(),
            volume: named(FACTORY),
        }));
    }
    steps.push(system.factory_named());
    Some(steps)
}
