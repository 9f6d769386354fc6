//! The SSD has places that can't be read.

use crate::scenario::Scenario;

use super::boots::{boot, boots};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "recover-ssd-errors",
        "places in root that can't be read: the recovery says so and stays armed; once they are \
         read again it ends",
        |context| boots(context, &[boot("errors", &[ROOT]), boot("again", &[AGAIN])]),
    ),
    Scenario::uml(
        "recover-golden-damaged",
        "places of the Golden Image that are not what they were: unpacking says so and stays \
         armed, the latest backup stays, and with the image whole it ends",
        |context| boots(context, &[boot("damaged", &[GOLDEN]), boot("again", &[UNPACKED])]),
    ),
    Scenario::uml(
        "backup-golden-torn",
        "one sector of the superblock of the Golden partition is newer than the other, and the kernel refuses it: \
         a lost factory state is made anew of the image, by a copy of the superblock",
        |context| boots(context, &[boot("torn", &[GOLDEN_TORN])]),
    ),
];

/// In the middle of a file that has to come back.
const ROOT: &str = include_str!("../../sh/faults/root-unreadable.sh");

const AGAIN: &str = include_str!("../../sh/faults/root-readable.sh");

const GOLDEN: &str = include_str!("../../sh/faults/golden-damaged.sh");

const GOLDEN_TORN: &str = include_str!("../../sh/faults/golden-torn.sh");

const UNPACKED: &str = include_str!("../../sh/faults/golden-whole.sh");
