//! The factory snapshot, with which the kernel follows root no longer.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;
use crate::policy::{GroupName, VolumeName};

/// Marks the factory snapshot's store as one that is right over the latest backup, and makes a plain volume
/// of the snapshot: `lvconvert --splitsnapshot`.
///
/// The latest backup was taken while the kernel still followed root with the factory snapshot, so that what
/// that has no exception for is as the latest backup has it. Where LVM's text of the split is lost in a disk's
/// cache when the power goes, the snapshot is back, and has missed nothing: for a chunk that was written first
/// after the split the latest backup's store needed an exception, and to commit it the kernel has flushed the
/// disk, LVM's earlier text with it; a chunk for which that store had an exception has one in the factory's too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetachFactory {
    /// The group.
    pub group: GroupName,
    /// The factory snapshot.
    pub snapshot: VolumeName,
    /// The latest backup.
    pub base: VolumeName,
}

/// What `dmsetup` is asked: what all snapshots say of themselves.
pub(super) const GIVEN_UP: [&str; 3] = ["status", "--target", "snapshot"];
const ATTACHED: Condition = Condition::Found("it is still a snapshot");

impl StepKind for DetachFactory {
    const RETRY: RetryPolicy = RetryPolicy::Probe;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, binding: &Binding) -> Vec<Action> {
        let Self { group, snapshot, base } = self;
        let split = ["lvconvert", "--yes", "--splitsnapshot", &format!("{group}/{snapshot}")];
        vec![
            Action::Effect(format!(
                "mark the COW store of {group}/{snapshot} as one that stands over {group}/{base}"
            )),
            // Whether the kernel has given it up meanwhile.
            Action::RunIf(ATTACHED, Command::new("dmsetup", &GIVEN_UP)),
            Action::RunIf(ATTACHED, Command::lvm(&split, binding)),
        ]
    }

    fn title(&self) -> String {
        say::detach_factory()
    }
}
