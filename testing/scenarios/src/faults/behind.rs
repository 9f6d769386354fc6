//! The HDD is gone: what the daemon notes before it looks at the disks again.

use crate::scenario::Scenario;

use super::boots::{boot, boots_of};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "daemon-hdd-gone",
    "the kernel gives the snapshots up: the daemon is told at once and notes it, before it looks at the disks \
     again, and they are not gone back to",
    |context| boots_of(context, Payload::Demo, &[boot("gone", &[GONE]), boot("back", &[BACK])]),
)];

/// The daemon looks when it begins, and then after a minute.
const GONE: &str = include_str!("../../sh/faults/daemon-hdd-gone.sh");

const BACK: &str = include_str!("../../sh/faults/daemon-hdd-back.sh");
