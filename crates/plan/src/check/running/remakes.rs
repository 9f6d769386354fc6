//! What is made again in place of what is destroyed.

use super::Reader;
use crate::appliance::BootFilesystem;
use crate::check::golden::Golden;
use crate::step::Step;
use crate::volumes::{BOOT, GOLDEN};

impl Reader {
    /// Whether what the machine is started by is made whole again.
    pub(super) fn repairs(&self) -> bool {
        self.golden == Golden::Mended
    }

    /// Whether a step makes the filesystem of `/boot` in place of one that is destroyed. Later than the
    /// recovery is armed it would take the word away that it goes on by.
    pub(super) fn remakes_boot(&self, step: &Step) -> bool {
        let is_boot = matches!(step, Step::CreateFilesystem(it) if it.device == BOOT);
        let destroyed = match self.boot {
            BootFilesystem::Mountable => false,
            BootFilesystem::Destroyed => true,
        };
        is_boot && destroyed && (self.recovers || self.repairs()) && !self.armed
    }

    /// Whether a step makes the filesystem of the Golden partition, or the slot in it, in place of a damaged one.
    pub(super) fn remakes_golden(&self, step: &Step) -> bool {
        let is_golden = match step {
            Step::CreateFilesystem(it) => it.device == GOLDEN,
            Step::CopyGolden(it) => self.mounts.holding(&it.to) == Some(&GOLDEN),
            _ => false,
        };
        is_golden && self.repairs()
    }
}
