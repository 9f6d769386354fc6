//! The HDD is gone while it is used.

use crate::scenario::Scenario;

use super::boots::{boot, boots};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-hdd-gone",
        "the HDD is gone while the system runs: backups fail and say so, and when it is back its \
         snapshots, which could not follow, are not gone back to",
        |context| boots(context, &[boot("gone", &[GONE]), boot("back", &[BACK])]),
    ),
    Scenario::uml(
        "backup-hdd-gone-within",
        "the HDD is gone between a snapshot and its proof; with it back the next backup leaves one \
         latest and nothing else",
        |context| boots(context, &[boot("gone", &[WITHIN]), boot("back", &[AFTER_WITHIN])]),
    ),
    Scenario::uml(
        "recover-hdd-gone",
        "the HDD fails while root is copied back, then it is gone: the recovery says so and stays \
         armed, and with the HDD back it ends",
        |context| boots(context, &[boot("gone", &[COPYING]), boot("back", &[AGAIN])]),
    ),
];

const GONE: &str = include_str!("../../sh/faults/hdd-gone.sh");

const BACK: &str = include_str!("../../sh/faults/hdd-back.sh");

const WITHIN: &str = include_str!("../../sh/faults/hdd-gone-within.sh");

const AFTER_WITHIN: &str = include_str!("../../sh/faults/hdd-back-within.sh");

/// A place of the store that holds nothing but a part of a file's content: it is read by the copying,
/// and by nothing before that.
const COPYING: &str = include_str!("../../sh/faults/hdd-fails-copying.sh");

const AGAIN: &str = include_str!("../../sh/faults/hdd-back-copying.sh");
