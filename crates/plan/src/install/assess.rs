//! What an installation on this machine would mean, before anybody agrees to it.

use std::fmt;

use zshield_messages::{list, say};

use super::group::Left;
use super::inputs::{Ids, Inputs};
use super::refusal::Refusal;
use super::steps::plan;
use crate::check::{self, Violation};
use crate::choice;
use crate::id::{DiskName, GenerationId};
use crate::journal::Journal;
use crate::layout::{Data, Layout};
use crate::model::{Binding, Target};
use crate::plan::{Operation, Plan};
use crate::policy::{GroupName, VolumeName};
use crate::resume::{Resume, resume};
use crate::role::{ByRole, Role};
use crate::step::{OrderRecovery, Step};
use crate::volumes::{
    AUDIT, DATA, FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, PHYSICAL, ROOT, USER, VAULT, VAULT_NEXT,
    named,
};
use crate::world::{Disk, Partition, Volume, VolumeGroup, World};
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
        rebuild: Result<Rebuild, NoRebuild>,
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

/// A plan that makes the system anew around the data on the HDD.
#[derive(Clone, Debug)]
pub struct Rebuild {
    /// The plan.
    pub plan: Box<Plan>,
    /// The volumes of others that are lost: they need a disk that is erased or missing.
    pub losses: Vec<Loss>,
}

/// Why the data on an appliance can't be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRebuild {
    /// The HDD's physical volume does not belong to the appliance's group.
    #[error("{}", say::plan::no_rebuild_group())]
    NoGroup,
    /// A part of these volumes with data lies elsewhere than on the HDD.
    #[error("{}", say::plan::no_rebuild_elsewhere(list(.0)))]
    Elsewhere(Vec<VolumeName>),
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
    /// A volume of a group that stays.
    Volume {
        /// Its name.
        volume: VolumeName,
        /// Its size.
        size: Bytes,
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
            Self::Volume { volume, size } => {
                say::plan::LossVolume { volume: volume.as_str(), size: size.to_string() }
                    .to_string()
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
    // What was to come back after it still does.
    let brought = cut_off.and_then(|journal| brings_back(&journal.plan));
    let inputs = &Inputs { brings_back: inputs.brings_back.or(brought), ..*inputs };
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

/// The generation that comes back after a plan.
pub fn brings_back(plan: &Plan) -> Option<GenerationId> {
    plan.steps.iter().find_map(|step| match step {
        Step::OrderRecovery(OrderRecovery { scope, .. }) => match scope.target {
            Target::Vault(generation) => Some(generation),
            Target::Factory | Target::Latest => None,
        },
        _ => None,
    })
}

/// What could be begun now.
struct Candidate {
    plan: Box<Plan>,
    /// Where the disks hold an appliance.
    rebuild: Option<Result<Rebuild, NoRebuild>>,
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
            Layout::new(&policy.storage, policy.vault.size, &sizes, world.image.slot_bytes)
                .map_err(|small| {
                    let disk = match small.role {
                        Role::Ssd => disks.ssd,
                        Role::Hdd => disks.hdd,
                    };
                    let (has, disk) = (disk.identity.size, disk.name.clone());
                    Refusal::TooSmall { role: small.role, disk, has, needs: small.needs }
                })?;
        one_sector_size(&disks, &layout)?;
        let plan = plan(inputs, &disks, layout, ids, None);
        let violations = check::violations(&plan, world);
        if !violations.is_empty() {
            return Err(Refusal::Violations(violations));
        }
        let binding = world.bind(&plan).ok_or_else(|| Refusal::Indistinct(alike(world, &disks)))?;
        let rebuild = holds_appliance(world, &disks).then(|| rebuild(inputs, &disks, ids));
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
            self.rebuild.as_ref().and_then(|rebuild| Some(&rebuild.as_ref().ok()?.plan))
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
fn rebuild(inputs: &Inputs<'_>, disks: &ByRole<&Disk>, ids: &Ids) -> Result<Rebuild, NoRebuild> {
    let Inputs { policy, world, .. } = inputs;
    let appliance = |group: &&VolumeGroup| {
        group.name == policy.storage.group && group.disks.contains(&disks.hdd.name)
    };
    let group = world.groups.iter().find(appliance).ok_or(NoRebuild::NoGroup)?;
    let partition = disks.hdd.partitions.iter().find(|found| found.number == 1);
    let partition = partition.ok_or(NoRebuild::NoGroup)?.size;
    let goes = |volume: &&Volume| {
        [ROOT, FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, VAULT_NEXT].contains(&volume.name.as_str())
    };
    let (ours, others): (Vec<_>, Vec<_>) = group.volumes.iter().partition(goes);
    let (others, lost): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|volume| volume.is_within(&disks.hdd.name));
    let is_data = |volume: &&&Volume| DATA.contains(&volume.name.as_str());
    let elsewhere: Vec<_> = lost.iter().filter(is_data).map(|it| it.name.clone()).collect();
    if !elsewhere.is_empty() {
        return Err(NoRebuild::Elsewhere(elsewhere));
    }
    let size = |name: &str| others.iter().find(|v| v.name == named(name)).map(|v| v.size);
    let left = Left {
        members: vec![Role::Hdd],
        // The SSD is erased before.
        partial: true,
        kept: DATA.into_iter().filter(|name| size(name).is_some()).map(named).collect(),
        removed: ours.iter().chain(&lost).map(|volume| volume.name.clone()).collect(),
    };
    let taken = others.iter().map(|volume| volume.size).sum();
    let layout = Layout::around(
        &policy.storage,
        policy.vault.size,
        disks.ssd.identity.size,
        world.image.slot_bytes,
        &Data { partition, taken, user: size(USER), audit: size(AUDIT), vault: size(VAULT) },
    )
    .map_err(|small| NoRebuild::NoRoom(small.needs))?;
    let plan = plan(inputs, disks, layout, ids, Some(&left));
    let violations = check::violations(&plan, world);
    if !violations.is_empty() {
        return Err(NoRebuild::Violations(violations));
    }
    let losses = lost.iter().map(|it| Loss::Volume { volume: it.name.clone(), size: it.size });
    Ok(Rebuild { plan: Box::new(plan), losses: losses.collect() })
}

/// The disks that tell the same of themselves as a chosen one.
fn alike(world: &World, disks: &ByRole<&Disk>) -> Vec<DiskName> {
    let count = |disk: &Disk| world.disks.iter().filter(|d| d.identity == disk.identity).count();
    let twin = [disks.ssd, disks.hdd].into_iter().find(|disk| count(disk) > 1);
    let same = |disk: &&Disk| twin.is_some_and(|twin| twin.identity == disk.identity);
    world.disks.iter().filter(same).map(|disk| disk.name.clone()).collect()
}

/// Refuses a group that would span disks with sectors of different sizes.
fn one_sector_size(disks: &ByRole<&Disk>, layout: &Layout) -> Result<(), Refusal> {
    let spans = Role::ALL.iter().all(|role| layout.physical.of(*role).is_some());
    if !spans || disks.ssd.sector == disks.hdd.sector {
        return Ok(());
    }
    let sector = |disk: &Disk| (disk.name.clone(), disk.sector);
    let sectors = ByRole { ssd: sector(disks.ssd), hdd: sector(disks.hdd) };
    Err(Refusal::MixedSectors(Box::new(sectors)))
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

/// Whether the disks hold an appliance: its data, or anything that may have data behind it. LVM may
/// not see a group at all: a power cut tears its metadata on both disks at once.
fn holds_appliance(world: &World, disks: &ByRole<&Disk>) -> bool {
    let both = [disks.ssd, disks.hdd];
    let on_them = |group: &&VolumeGroup| both.iter().any(|disk| group.disks.contains(&disk.name));
    let data = world
        .groups
        .iter()
        .filter(on_them)
        .flat_map(|group| &group.volumes)
        .any(|volume| DATA.contains(&volume.name.as_str()));
    data || both.into_iter().any(|disk| is_of_appliance(disk, world))
}

/// Whether a disk has the physical volume of an appliance, one whose group can't be read, or the
/// journal of an installation that came to its end.
fn is_of_appliance(disk: &Disk, world: &World) -> bool {
    let grouped = world.groups.iter().any(|group| group.disks.contains(&disk.name));
    let finished = disk.journal.as_deref().is_some_and(|journal| !journal.unfinished());
    let is_physical = |partition: &Partition| {
        let label = partition.label.as_deref();
        let ours = [PHYSICAL.ssd, PHYSICAL.hdd].map(Some).contains(&label);
        ours || (!grouped && partition.content.as_deref() == Some("LVM2_member"))
    };
    finished || disk.partitions.iter().any(is_physical)
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
        let volume = |v: &Volume| format!("{} ({})", v.name, v.size);
        let volumes = group.volumes.iter().map(volume).collect::<Vec<_>>().join(", ");
        Loss::Group { group: group.name.clone(), volumes }
    }));
    losses
}
