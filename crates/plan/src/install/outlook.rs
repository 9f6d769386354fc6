//! What an installation on this machine would mean, before anybody agrees to it.

use std::fmt;

use zshield_messages::say;

use super::inputs::{AUDIT, Ids, Inputs, USER};
use super::steps::plan;
use crate::check::{self, Violation};
use crate::choice::{self, Considered, Undecided};
use crate::id::DiskName;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::plan::{Binding, Plan};
use crate::policy::GroupName;
use crate::resume::{Resume, resume};
use crate::role::{ByRole, Role};
use crate::size::Bytes;
use crate::world::{Disk, VolumeGroup, World};

/// What can be done on this machine.
#[derive(Clone, Debug)]
pub enum Outlook {
    /// An installation, once somebody agrees to it.
    Ready {
        /// The plan.
        plan: Box<Plan>,
        /// Where its disks are now.
        binding: Binding,
        /// What is lost.
        losses: Vec<Loss>,
    },
    /// The same, but the disks hold an appliance's data: that asks for a second agreement that
    /// names it, and never happens unattended.
    AppliancePresent {
        /// The plan.
        plan: Box<Plan>,
        /// Where its disks are now.
        binding: Binding,
        /// What is lost.
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
            Self::Partition { disk, number, size, holds } => {
                say::plan::loss_partition(disk.partition(*number), holds, size.to_string())
            }
            Self::Content { disk, holds } => say::plan::loss_content(disk.device(), holds),
            Self::Group { group, volumes } => say::plan::loss_group(group.as_str(), volumes),
        })
    }
}

/// Why nothing can be installed; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not exactly one disk for each role.
    #[error("{}", undecided(.0))]
    Disks(Undecided, Vec<Considered>),
    /// A disk is too small.
    #[error("{}", say::plan::disk_too_small(.disk.device(), .has.to_string(), .needs.to_string(), .role.to_string()))]
    TooSmall {
        /// Which.
        role: Role,
        /// Its name.
        disk: DiskName,
        /// Its size.
        has: Bytes,
        /// What it must have.
        needs: Bytes,
    },
    /// A disk that is left alone has a volume group of the appliance's name.
    #[error("{}", say::plan::foreign_group(names(.1), .0.as_str()))]
    ForeignGroup(GroupName, Vec<DiskName>),
    /// A volume group lies partly on a disk that would be erased.
    #[error("{}", say::plan::spanning_group(names(.1), .0.as_str()))]
    SpanningGroup(GroupName, Vec<DiskName>),
    /// Two disks tell the same model, serial number and size.
    #[error("{}", say::plan::indistinct_disks(names(.0)))]
    Indistinct(Vec<DiskName>),
    /// The plan breaks a rule that every plan must keep: a defect in this program.
    #[error("{}", say::plan::plan_violates(.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))]
    Violations(Vec<Violation>),
}

fn names(disks: &[DiskName]) -> String {
    disks.iter().map(DiskName::device).collect::<Vec<_>>().join(", ")
}

fn undecided(undecided: &Undecided) -> String {
    match undecided {
        Undecided::None(role) => say::plan::no_disk(role.to_string()),
        Undecided::Several(role, disks) => say::plan::several_disks(names(disks), role.to_string()),
        Undecided::Both(disk) => say::plan::one_disk_for_both(disk.device()),
    }
}

/// What can be done on this machine.
pub fn outlook(inputs: &Inputs<'_>, ids: &Ids) -> Outlook {
    let world = inputs.world;
    let cut_off = world.disks.iter().find_map(|disk| {
        disk.journal
            .as_deref()
            .filter(|journal| journal.unfinished() && journal.plan.disks.ssd == disk.identity)
    });
    let fresh = match fresh(inputs, ids) {
        Ok(fresh) => fresh,
        Err(refusal) => return Outlook::Refused(refusal),
    };
    if let Some(journal) = cut_off
        && let Some(journal) = going_on(journal, world, &fresh.0)
    {
        return Outlook::Resume { journal: Box::new(journal), binding: fresh.1 };
    }
    let (plan, binding) = fresh;
    let plan = Box::new(plan);
    let losses = losses(world, &binding);
    if holds_appliance(world, &binding) {
        Outlook::AppliancePresent { plan, binding, losses }
    } else {
        Outlook::Ready { plan, binding, losses }
    }
}

/// The journal to go on with. The disks must be those that this machine's policy chooses too, so
/// that a journal found on a disk from elsewhere never decides what is erased.
fn going_on(journal: &Journal, world: &World, fresh: &Plan) -> Option<Journal> {
    if journal.plan.disks != fresh.disks {
        return None;
    }
    match resume(journal, world) {
        Resume::Continue(_) if check::violations(&journal.plan, world).is_empty() => {
            Some(journal.clone())
        }
        // With its last step begun it may have started, and hold a customer's data by now.
        Resume::Continue(_) | Resume::Replan if journal.at_last_step() => None,
        Resume::Continue(_) | Resume::Replan => Some(Journal::new(fresh.clone())),
        Resume::Refuse => None,
    }
}

fn fresh(inputs: &Inputs<'_>, ids: &Ids) -> Result<(Plan, Binding), Refusal> {
    let Inputs { policy, world, .. } = inputs;
    let disks = choice::choose(policy, world)
        .map_err(|undecided| Refusal::Disks(undecided, choice::consider(policy, world)))?;
    foreign_groups(inputs, &disks)?;
    let sizes = ByRole { ssd: disks.ssd.identity.size, hdd: disks.hdd.identity.size };
    let layout = Layout::new(&policy.storage, &sizes, world.image.slot_bytes).map_err(|small| {
        let disk = disks.of(small.role);
        let (disk, has) = (disk.name.clone(), disk.identity.size);
        Refusal::TooSmall { role: small.role, disk, has, needs: small.needs }
    })?;
    let plan = plan(inputs, &disks, layout, ids);
    let violations = check::violations(&plan, world);
    if !violations.is_empty() {
        return Err(Refusal::Violations(violations));
    }
    let binding = world.bind(&plan).ok_or_else(|| Refusal::Indistinct(alike(world, &disks)))?;
    Ok((plan, binding))
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
