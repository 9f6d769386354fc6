//! What is found wrong with a plan, and the rule that it breaks.

use std::fmt;

use zshield_messages::say::finding as say;
use zshield_units::Bytes;

use crate::id::DiskName;
use crate::model::Device;
use crate::policy::VolumeName;
use crate::role::Role;

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub finding: Finding,
    /// The step that breaks the rule, counted from 0, where it is one.
    pub step: Option<usize>,
}

impl Violation {
    /// The rule that is broken.
    pub fn rule(&self) -> Rule {
        self.finding.rule()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding.to_string();
        match self.step {
            Some(step) => say::AtStep { finding, number: step + 1 }.fmt(f),
            None => f.write_str(&finding),
        }
    }
}

/// The findings that a reader of a plan gathers, each with the step that it reads.
#[derive(Default)]
pub(super) struct Findings {
    /// All so far.
    pub all: Vec<Violation>,
    /// The step that is read.
    pub step: Option<usize>,
}

impl Findings {
    /// Something must hold; else this is found.
    pub(super) fn require(&mut self, holds: bool, finding: impl FnOnce() -> Finding) {
        if !holds {
            self.all.push(Violation { finding: finding(), step: self.step });
        }
    }
}

/// What is wrong, with what conflicts. Steps are named as journals name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The medium that the machine was started from is a target.
    MediumIsTarget(DiskName),
    /// A target is in use, write-protected or can't be read.
    TargetNotFree(DiskName),
    /// One disk has both roles.
    OneDiskTwice,
    /// A disk is erased too late, or this step stands before that.
    NotErasedFirst(&'static str),
    /// This step is no part of an installation.
    ForeignStep(&'static str),
    /// The SSD becomes bootable earlier, or never.
    NotBootableLast,
    /// A partition overlaps, is not aligned, has not the number of its place or ends behind its
    /// disk.
    PartitionMisplaced {
        /// The disk.
        disk: Role,
        /// The number of its place.
        number: u32,
        /// Where it begins.
        start: Bytes,
        /// Where it ends.
        end: Bytes,
    },
    /// A physical volume has no room for a volume.
    NoRoom {
        /// The physical volume.
        on: Device,
        /// What is left of it.
        has: Bytes,
        /// What is wanted.
        needs: Bytes,
    },
    /// A device is used before it is made, or has a filesystem.
    UsedBeforeMade(Device),
    /// The payload is unpacked while it is not open.
    GoldenClosed,
    /// The data that a rebuild keeps is not there.
    DataMissing,
    /// A snapshot is relied on that can't be gone back to.
    SnapshotUnusable(VolumeName),
    /// This step of an upgrade touches what the appliance goes back to, or arms anything else.
    WayBackTouched(&'static str),
    /// A volume goes or is renamed while the factory state is looked into.
    LookedInto(VolumeName),
    /// A volume that is not there is renamed, or to a name that is taken.
    RenameImpossible {
        /// The name before.
        from: VolumeName,
        /// The name wanted.
        to: VolumeName,
    },
    /// Files are repaired from what is no sound snapshot.
    RepairedFromElsewhere(String),
    /// What is verified is not what was repaired last.
    RepairNotVerified(String),
    /// A COW store can't hold a change of every chunk of its origin.
    SnapshotTooSmall {
        /// The snapshot.
        snapshot: VolumeName,
        /// The size of its store.
        has: Bytes,
        /// What it needs at least.
        needs: Bytes,
    },
    /// Root is mounted where it must be at rest, or written after its snapshot.
    RootNotAtRest(&'static str),
    /// What is unmounted is not what was mounted last, or something is mounted at the end.
    NotUnmountedInTurn(String),
    /// A path is not below the program's own mounts.
    PathOutside(String),
    /// This step comes before the proof.
    NotVerified(&'static str),
    /// A step is redone from an earlier one that is not there.
    RetryImpossible {
        /// The step.
        step: &'static str,
        /// The one that prepares its ground.
        ground: &'static str,
    },
    /// `fstab` does not mount root by its path.
    FstabNotByPath,
    /// This step writes or removes user or audit data, or the disk below them.
    DataLost(&'static str),
    /// The root volume is removed from an installed appliance.
    RootRemoved,
    /// A sound factory snapshot is removed, or none is there at the end.
    FactoryLost,
    /// A cut here leaves no latest backup, where there was one.
    LatestLost,
    /// A snapshot has the name of a way back and is not verified.
    NamedUnverified(VolumeName),
    /// A recovery is armed before what it copies is looked through.
    ArmedUnchecked,
    /// This step of a recovery writes while it is not armed.
    NotArmed(&'static str),
    /// A recovery is armed at the end.
    StillArmed,
    /// What has begun becomes a recovery of more, or of less.
    ScopeChanged(Vec<String>),
    /// The ledger is written with other disks, or as that of another system, than the plan is for.
    LedgerOfOthers,
    /// This step writes the Golden partition, or what is started from it, in a plan that must not.
    GoldenWritten(&'static str),
}

/// The rules of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The medium that the machine was started from is no target.
    MediumIsNoTarget,
    /// Each target is there once, not in use, not write-protected.
    TargetIsFree,
    /// Both disks are erased before anything else.
    ErasesFirst,
    /// The SSD becomes bootable with the last step and no other.
    BootableLast,
    /// Partitions lie within their disk, aligned, one after another, under their own numbers.
    PartitionsFit,
    /// Volumes fit into their physical volumes.
    VolumesFit,
    /// What is used was made before.
    MadeBeforeUse,
    /// A COW store can hold a change of every chunk of its origin.
    SnapshotCannotOverflow,
    /// The snapshot is of a root that nothing has mounted, and nothing writes root after it.
    RootIsAtRest,
    /// What is mounted is unmounted, the last first, and nothing is mounted at the end.
    MountsAreNested,
    /// Files are written below the program's own mounts, by plain paths.
    PathsStayInside,
    /// The proof comes after the snapshot and before the disk is bootable.
    ProvedBeforeBootable,
    /// A step that is redone from an earlier one names one that is there.
    RedoIsPossible,
    /// The root volume is mounted by its path.
    FstabNamesVolumes,
    /// What keeps the data writes neither the user nor the audit volume, nor the disk below them.
    DataIsKept,
    /// The root volume is never removed from an installed appliance.
    KeepsRoot,
    /// A factory snapshot that can be gone back to is never removed, and one is there at the end.
    KeepsFactory,
    /// Where there was a latest backup, each cut leaves one that is found and can be gone back to.
    KeepsLatest,
    /// A snapshot takes the name of a way back only when it has been proved.
    ProvedBeforeNamed,
    /// What is copied back is looked through before the recovery is armed.
    CheckedBeforeArmed,
    /// A recovery is armed before its first write, and disarmed when all is proved.
    ArmedThroughout,
    /// A ledger names the disks, the version and the image of its plan.
    LedgerIsOfPlan,
    /// The Golden partition is written by an upgrade, in the inactive slot, and switched when that is confirmed.
    GoldenIsKept,
}

impl Finding {
    /// The rule that is broken.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::MediumIsTarget(_) => Rule::MediumIsNoTarget,
            Self::TargetNotFree(_) | Self::OneDiskTwice => Rule::TargetIsFree,
            Self::NotErasedFirst(_) | Self::ForeignStep(_) => Rule::ErasesFirst,
            Self::NotBootableLast => Rule::BootableLast,
            Self::PartitionMisplaced { .. } => Rule::PartitionsFit,
            Self::NoRoom { .. } => Rule::VolumesFit,
            Self::UsedBeforeMade(_)
            | Self::GoldenClosed
            | Self::DataMissing
            | Self::SnapshotUnusable(_)
            | Self::RenameImpossible { .. }
            | Self::RepairedFromElsewhere(_)
            | Self::RepairNotVerified(_) => Rule::MadeBeforeUse,
            Self::SnapshotTooSmall { .. } => Rule::SnapshotCannotOverflow,
            Self::RootNotAtRest(_) => Rule::RootIsAtRest,
            Self::LookedInto(_) | Self::NotUnmountedInTurn(_) => Rule::MountsAreNested,
            Self::PathOutside(_) => Rule::PathsStayInside,
            Self::NotVerified(_) => Rule::ProvedBeforeBootable,
            Self::RetryImpossible { .. } => Rule::RedoIsPossible,
            Self::FstabNotByPath => Rule::FstabNamesVolumes,
            Self::DataLost(_) => Rule::DataIsKept,
            Self::RootRemoved => Rule::KeepsRoot,
            Self::FactoryLost => Rule::KeepsFactory,
            Self::LatestLost | Self::WayBackTouched(_) => Rule::KeepsLatest,
            Self::NamedUnverified(_) => Rule::ProvedBeforeNamed,
            Self::ArmedUnchecked => Rule::CheckedBeforeArmed,
            Self::NotArmed(_) | Self::StillArmed | Self::ScopeChanged(_) => Rule::ArmedThroughout,
            Self::LedgerOfOthers => Rule::LedgerIsOfPlan,
            Self::GoldenWritten(_) => Rule::GoldenIsKept,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::MediumIsTarget(disk) => say::medium_is_target(disk.device()),
            Self::TargetNotFree(disk) => say::target_not_free(disk.device()),
            Self::OneDiskTwice => say::one_disk_twice(),
            Self::NotErasedFirst(step) => say::not_erased_first(step),
            Self::ForeignStep(step) => say::foreign_step(step),
            Self::NotBootableLast => say::not_bootable_last(),
            Self::PartitionMisplaced { disk, number, start, end } => {
                let (disk, start, end) = (disk.to_string(), start.to_string(), end.to_string());
                say::PartitionMisplaced { disk, number: *number, start, end }.to_string()
            }
            Self::NoRoom { on, has, needs } => {
                let (has, needs) = (has.to_string(), needs.to_string());
                say::NoRoom { device: on.title(), has, needs }.to_string()
            }
            Self::UsedBeforeMade(device) => say::used_before_made(device.title()),
            Self::GoldenClosed => say::golden_closed(),
            Self::DataMissing => say::data_missing(),
            Self::SnapshotUnusable(snapshot) => say::snapshot_unusable(snapshot.as_str()),
            Self::WayBackTouched(step) => say::way_back_touched(step),
            Self::LookedInto(volume) => say::looked_into(volume.as_str()),
            Self::RenameImpossible { from, to } => {
                say::RenameImpossible { from: from.as_str(), to: to.as_str() }.to_string()
            }
            Self::RepairedFromElsewhere(at) => say::repaired_from_elsewhere(at),
            Self::RepairNotVerified(at) => say::repair_not_verified(at),
            Self::SnapshotTooSmall { snapshot, has, needs } => {
                let (has, needs) = (has.to_string(), needs.to_string());
                say::SnapshotTooSmall { snapshot: snapshot.as_str(), has, needs }.to_string()
            }
            Self::RootNotAtRest(step) => say::root_not_at_rest(step),
            Self::NotUnmountedInTurn(at) => say::not_unmounted_in_turn(at),
            Self::PathOutside(path) => say::path_outside(path),
            Self::NotVerified(step) => say::not_verified(step),
            Self::RetryImpossible { step, ground } => {
                say::RetryImpossible { step: *step, ground: *ground }.to_string()
            }
            Self::FstabNotByPath => say::fstab_not_by_path(),
            Self::DataLost(step) => say::data_lost(step),
            Self::RootRemoved => say::root_removed(),
            Self::FactoryLost => say::factory_lost(),
            Self::LatestLost => say::latest_lost(),
            Self::NamedUnverified(name) => say::named_unverified(name.as_str()),
            Self::ArmedUnchecked => say::armed_unchecked(),
            Self::NotArmed(step) => say::not_armed(step),
            Self::StillArmed => say::still_armed(),
            Self::ScopeChanged(paths) => say::scope_changed(paths.join(", ")),
            Self::LedgerOfOthers => say::ledger_of_others(),
            Self::GoldenWritten(step) => say::golden_written(step),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_tells_what_conflicts_and_where() {
        let snapshot = VolumeName::new("snap1").unwrap();
        let (has, needs) = (Bytes::mib(8), Bytes::mib(12));
        let finding = Finding::SnapshotTooSmall { snapshot, has, needs };
        let text = Violation { finding, step: Some(4) }.to_string();
        for part in ["snap1", &has.to_string(), &needs.to_string(), "5"] {
            assert!(text.contains(part), "{part} of {text}");
        }
    }
}
