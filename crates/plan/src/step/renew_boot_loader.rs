//! GRUB on an SSD that is started from it.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::{Binding, Device};
use crate::role::Role;

/// Writes the boot loader of the image in the active slot, so that a cut leaves one that starts.
///
/// For either firmware one sector decides what is started: the disk's first, which has the place of GRUB's core, and
/// the first of the EFI system partition, which has the place where its FAT begins. So the new one is written
/// behind the old one, which the sector still names; then the sector is written, with the new place in it.
/// From there the new one is written to its usual place as well, where nobody looks now, and the sector once
/// more. Whatever the cut leaves, the sector names a place that is whole; and the next run goes on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewBootLoader {
    /// The disk.
    pub disk: Role,
}

impl StepKind for RenewBootLoader {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let partition = |number| binding.path(&Device::Partition(self.disk, number));
        let (core, esp) = (partition(1), partition(2));
        let disk = binding.disks.of(self.disk).device();
        vec![
            Action::Effect(format!(
                "where it is another one, write GRUB's core to the second half of {core}, GRUB's boot code to \
                 {disk}, the core to the first half, and the boot code once more"
            )),
            Action::Effect(format!(
                "likewise the EFI system partition to the end of {esp}, and to its beginning"
            )),
        ]
    }

    fn title(&self) -> String {
        say::renew_boot_loader()
    }
}
