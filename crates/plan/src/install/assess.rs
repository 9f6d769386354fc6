//! What an installation on this machine would mean, before anybody agrees to it.

use std::fmt;

use zshield_messages::{list, say};

use super::group::Left;
use super::inputs::{Ids, Inputs};
use super::refusal::Refusal;
use super::steps::plan;
use crate::check::{self, Violation};
use crate::choice;
use crate::id::DiskName;
use crate::journal::Journal;
use crate::layout::{Data, Layout};
use crate::model::Binding;
use crate::plan::{Operation, Plan};
use crate::policy::GroupName;
use crate::resume::{Resume, resume};
use crate::role::{ByRole, Role};
use crate::volumes::{AUDIT, FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, ROOT, USER, named};
use crate::world::{Disk, VolumeGroup, World};
use zshield_units::Bytes;

/// What can be done on this machine.
#[derive(Clone, Debug)]
pub enum Assessment {
    /// An installation, once somebody agrees to it.
    Ready {
        /// The plan.
        plan: Box<Plan>,
        /// Where its disks are now.
        binding: Binding,
        /// What is lost.
        losses: Vec<Loss>,
    },
    /// The disks hold an appliance's data: either way asks for a second agreement that names what
    /// is lost, and neither ever happens unattended.
    AppliancePresent {
        /// The plan that keeps user and audit volumes; where they can't be kept, why not.
        rebuild: Result<Box<Plan>, NoRebuild>,
        /// The plan that keeps nothing.
        plan: Box<Plan>,
        /// Where the disks are now.
        binding: Binding,
        /// What is lost with all.
        losses: Vec<Loss>,
    },
    /// An installation was cut off here, and goes on by itself.
    Resume {
        /// Its journal, or a new one for the same disks where the image is another.
        journal: Box<Journal>,
        /// Where its disks are now.
        binding: Binding,
    },
    /// Nothing.
    Refused(Refusal),
}

/// Why the data on an appliance can't be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRebuild {
    /// The HDD's physical volume does not belong to the appliance's group.
    #[error("{}", say::plan::no_rebuild_group())]
    NoGroup,
    /// Beside the data, the HDD has no room for the snapshots of the smallest root.
    #[error("{}", say::plan::no_rebuild_room(.0.to_string()))]
    NoRoom(Bytes),
    /// The plan breaks a rule: a defect in this program.
    #[error("{}", say::plan::plan_violates(list(.0)))]
    Violations(Vec<Violation>),
}

/// Something on a disk that would be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A partition.
    Partition {
        /// The disk.
        disk: DiskName,
        /// Its number.
        number: u32,
        /// Its size.
        size: Bytes,
        /// Its name in the table and what it holds.
        holds: String,
    },
    /// What lies on a disk without partitions.
    Content {
        /// The disk.
        disk: DiskName,
        /// What it is.
        holds: String,
    },
    /// A volume group with its volumes.
    Group {
        /// Its name.
        group: GroupName,
        /// Its volumes with their sizes.
        volumes: String,
    },
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Partition { disk, number, size, holds } => say::plan::LossPartition {
                device: disk.partition(*number),
                holds,
                size: size.to_string(),
            }
            .to_string(),
            Self::Content { disk, holds } => {
                say::plan::LossContent { device: disk.device(), holds }.to_string()
            }
            Self::Group { group, volumes } => {
                say::plan::LossGroup { group: group.as_str(), volumes }.to_string()
            }
        })
    }
}

/// What can be done on this machine.
pub fn assess(inputs: &Inputs<'_>, ids: &Ids) -> Assessment {
    let world = inputs.world;
    let cut_off = world.disks.iter().find_map(|disk| {
        disk.journal
            .as_deref()
            .filter(|journal| journal.unfinished() && journal.plan.disks.ssd == disk.identity)
    });
    let candidate = match Candidate::of(inputs, ids) {
        Ok(candidate) => candidate,
        Err(refusal) => return Assessment::Refused(refusal),
    };
    if let Some(journal) = cut_off
        && let Some(journal) = candidate.going_on(journal, world)
    {
        return Assessment::Resume { journal: Box::new(journal), binding: candidate.binding };
    }
    let Candidate { plan, rebuild, binding } = candidate;
    let losses = losses(world, &binding);
    match rebuild {
        Some(rebuild) => Assessment::AppliancePresent { rebuild, plan, binding, losses },
        None => Assessment::Ready { plan, binding, losses },
    }
}

/// What could be begun now.
struct Candidate {
    plan: Box<Plan>,
    /// Where the disks hold an appliance.
    rebuild: Option<Result<Box<Plan>, NoRebuild>>,
    binding: Binding,
}

impl Candidate {
    fn of(inputs: &Inputs<'_>, ids: &Ids) -> Result<Self, Refusal> {
        let Inputs { policy, world, .. } = inputs;
        let disks = choice::choose(policy, world)
            .map_err(|undecided| Refusal::Disks(undecided, choice::consider(policy, world)))?;
        foreign_groups(inputs, &disks)?;
        let sizes = ByRole { ssd: disks.ssd.identity.size, hdd: disks.hdd.identity.size };
        let layout =
            Layout::new(&policy.storage, &sizes, world.image.slot_bytes).map_err(|small| {
                let disk = match small.role {
                    Role::Ssd => disks.ssd,
                    Role::Hdd => disks.hdd,
                };
                let (has, disk) = (disk.identity.size, disk.name.clone());
                Refusal::TooSmall { role: small.role, disk, has, needs: small.needs }
            })?;
        let plan = plan(inputs, &disks, layout, ids, None);
        let violations = check::violations(&plan, world);
        if !violations.is_empty() {
            return Err(Refusal::Violations(violations));
        }
        let binding = world.bind(&plan).ok_or_else(|| Refusal::Indistinct(alike(world, &disks)))?;
        let rebuild =
            holds_appliance(world, &binding).then(|| rebuild(inputs, &disks, ids).map(Box::new));
        Ok(Self { plan: Box::new(plan), rebuild, binding })
    }

    /// The journal to go on with. The disks must be those that this machine's policy chooses too,
    /// so that a journal found on a disk from elsewhere never decides what is erased; and what
    /// was begun to keep the data never goes on as what erases it.
    fn going_on(&self, journal: &Journal, world: &World) -> Option<Journal> {
        if journal.plan.disks != self.plan.disks {
            return None;
        }
        let begun = journal.plan.operation;
        let anew = if begun == Operation::Rebuild {
            self.rebuild.as_ref().and_then(|rebuild| rebuild.as_ref().ok())
        } else {
            Some(&self.plan).filter(|_| begun == Operation::Install)
        };
        match resume(journal, world) {
            Resume::Continue(_) if check::violations(&journal.plan, world).is_empty() => {
                Some(journal.clone())
            }
            // With its last step begun it may have started, and hold a customer's data by now.
            Resume::Continue(_) | Resume::Replan if journal.at_last_step() => None,
            Resume::Continue(_) | Resume::Replan => anew.map(|plan| Journal::new((**plan).clone())),
            Resume::Refuse => None,
        }
    }
}

/// The plan that makes the system anew around the data that the HDD holds.
fn rebuild(inputs: &Inputs<'_>, disks: &ByRole<&Disk>, ids: &Ids) -> Result<Plan, NoRebuild> {
    let Inputs { policy, world, .. } = inputs;
    let ours = |group: &&VolumeGroup| {
        group.name == policy.storage.group && group.disks.contains(&disks.hdd.name)
    };
    let group = world.groups.iter().find(ours).ok_or(NoRebuild::NoGroup)?;
    let partition = disks.hdd.partitions.iter().find(|found| found.number == 1);
    let partition = partition.ok_or(NoRebuild::NoGroup)?.size;
    let goes = |volume: &&crate::world::Volume| {
        [ROOT, FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD].contains(&volume.name.as_str())
    };
    let (removed, others): (Vec<_>, Vec<_>) = group.volumes.iter().partition(goes);
    let size = |name: &str| others.iter().find(|v| v.name == named(name)).map(|v| v.size);
    let left = Left {
        members: vec![Role::Hdd],
        kept: [USER, AUDIT].into_iter().filter(|name| size(name).is_some()).map(named).collect(),
        removed: removed.iter().map(|volume| volume.name.clone()).collect(),
    };
    let taken = others.iter().map(|volume| volume.size).sum();
    let layout = Layout::around(
        &policy.storage,
        disks.ssd.identity.size,
        world.image.slot_bytes,
        &Data { partition, taken, user: size(USER), audit: size(AUDIT) },
    )
    .map_err(|small| NoRebuild::NoRoom(small.needs))?;
    let plan = plan(inputs, disks, layout, ids, Some(&left));
    let violations = check::violations(&plan, world);
    violations.is_empty().then_some(plan).ok_or(NoRebuild::Violations(violations))
}

/// The disks that tell the same of themselves as a chosen one.
fn alike(world: &World, disks: &ByRole<&Disk>) -> Vec<DiskName> {
    let count = |disk: &Disk| world.disks.iter().filter(|d| d.identity == disk.identity).count();
    let twin = [disks.ssd, disks.hdd].into_iter().find(|disk| count(disk) > 1);
    let same = |disk: &&Disk| twin.is_some_and(|twin| twin.identity == disk.identity);
    world.disks.iter().filter(same).map(|disk| disk.name.clone()).collect()
}

fn foreign_groups(inputs: &Inputs<'_>, disks: &ByRole<&Disk>) -> Result<(), Refusal> {
    let ours = [&disks.ssd.name, &disks.hdd.name];
    for group in &inputs.world.groups {
        let (inside, outside): (Vec<_>, Vec<_>) =
            group.disks.iter().cloned().partition(|disk| ours.contains(&disk));
        if outside.is_empty() {
            continue;
        }
        if !inside.is_empty() {
            return Err(Refusal::SpanningGroup(group.name.clone(), outside));
        }
        if group.name == inputs.policy.storage.group {
            return Err(Refusal::ForeignGroup(group.name.clone(), outside));
        }
    }
    Ok(())
}

/// The groups that lie on the plan's disks.
fn groups<'a>(world: &'a World, binding: &'a Binding) -> impl Iterator<Item = &'a VolumeGroup> {
    let ours = [&binding.disks.ssd, &binding.disks.hdd];
    world.groups.iter().filter(move |group| group.disks.iter().any(|disk| ours.contains(&disk)))
}

/// Whether the disks hold an appliance's data: user or audit volumes, whatever else is left.
fn holds_appliance(world: &World, binding: &Binding) -> bool {
    groups(world, binding)
        .flat_map(|group| &group.volumes)
        .any(|volume| [USER, AUDIT].contains(&volume.name.as_str()))
}

fn losses(world: &World, binding: &Binding) -> Vec<Loss> {
    let mut losses = Vec::new();
    let ours = [&binding.disks.ssd, &binding.disks.hdd];
    for disk in world.disks.iter().filter(|disk| ours.contains(&&disk.name)) {
        let name = || disk.name.clone();
        losses.extend(disk.content.clone().map(|holds| Loss::Content { disk: name(), holds }));
        losses.extend(disk.partitions.iter().map(|found| {
            let parts = [found.label.as_deref(), found.content.as_deref()];
            Loss::Partition {
                disk: name(),
                number: found.number,
                size: found.size,
                holds: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            }
        }));
    }
    losses.extend(groups(world, binding).map(|group| {
        let volume = |v: &crate::world::Volume| format!("{} ({})", v.name, v.size);
        let volumes = group.volumes.iter().map(volume).collect::<Vec<_>>().join(", ");
        Loss::Group { group: group.name.clone(), volumes }
    }));
    losses
}
