//! A recovery of an appliance that does not run, as the rescue system carries it out.

pub use super::generation::Generation;
use anyhow::{Context as _, anyhow, bail, ensure};
use zshield_golden::signature;
use zshield_host::appliance::{self, Found};
use zshield_host::context::ExecContext;
use zshield_host::copies;
use zshield_host::execute::{self, ExecuteError};
use zshield_messages::{list, say};
use zshield_plan::appliance::Appliance;
use zshield_plan::choice::{choose, consider};
use zshield_plan::id::DiskName;
use zshield_plan::install::Refusal;
use zshield_plan::model::Binding;
use zshield_plan::model::Target;
use zshield_plan::plan::Plan;
use zshield_plan::policy::VolumeName;
use zshield_plan::recover as plan;
use zshield_plan::recover::RestoreSource;
use zshield_plan::role::{ByRole, Role};
use zshield_plan::upgrade::floor::{Against, Purpose};
use zshield_plan::volumes::FACTORY;
use zshield_plan::world::{Disk, World};
pub use zshield_vault::Kind;

use super::{Goal, generation};
use crate::error::{Result, before_it_began};
use crate::execution::ensure_valid;
use crate::floor;
use crate::installer::{Installer, random_ids};
use crate::progress::{Progress, Steps};
use crate::question::Question;
use crate::{status, text};

/// The machine, and the appliance on it. Where the image came on a stick, the world's medium is the machine's own Golden
/// partition all the same: of that the places of a plan are.
pub fn look(installer: &Installer) -> anyhow::Result<(World, Found)> {
    look_into(installer, installer.world()?)
}

/// The same in a machine that was looked at.
pub(crate) fn look_into(installer: &Installer, mut world: World) -> anyhow::Result<(World, Found)> {
    let group = &installer.policy().storage.group;
    match started(installer, &world)? {
        Started::FromSsd(ssd) => {
            let found = appliance::at_rest(group, &world, &ssd)?;
            Ok((world, found))
        }
        Started::FromStick { ssd, hdd } => {
            let disks = ByRole { ssd: ssd.name.clone(), hdd };
            installer.activates(Binding { disks, group: group.clone() });
            world.medium = appliance::golden_medium(&ssd).with_context(say::recover::no_golden)?;
            let found = appliance::at_rest(group, &world, &ssd)?;
            ensure!(!trusted_image(installer, &found).is_empty(), say::recover::foreign_stick());
            world.medium.slot = found.ledger.slot;
            Ok((world, found))
        }
    }
}

/// The machine, and the disks that an appliance has or could have, from a stick.
pub(crate) fn disks(installer: &Installer) -> anyhow::Result<(World, ByRole<Disk>)> {
    let world = installer.world()?;
    let chosen = chosen(installer, &world)?;
    let disks = ByRole { ssd: chosen.ssd.clone(), hdd: chosen.hdd.clone() };
    Ok((world, disks))
}

/// The disks that the policy chooses.
fn chosen<'w>(installer: &Installer, world: &'w World) -> anyhow::Result<ByRole<&'w Disk>> {
    let policy = installer.policy();
    let refused = |why| anyhow!(Refusal::Disks(why, consider(policy, world)).to_string());
    choose(policy, world).map_err(refused)
}

/// The generations of the vault on the HDD, the newest first, without a look into them; each with what stands against going
/// back to its version.
pub fn generations(installer: &Installer) -> Result<Vec<(Generation, Option<Against>)>> {
    before_it_began(|| {
        let (_, found) = look(installer)?;
        let too_old = |it: &Generation| {
            let version = it.version.as_ref()?;
            against(&found, Target::Vault(it.id), version)
        };
        let with_floor = |it: Generation| {
            let against = too_old(&it);
            (it, against)
        };
        Ok(generation::listed(&found)?.into_iter().map(with_floor).collect())
    })
}

/// The digest of the image on the SSD, where a key of the machine's own has signed it; else of none. That
/// it was opened says no more than that a key has signed it which came with it.
pub fn trusted_image(installer: &Installer, found: &Found) -> String {
    let digest = installer.digest();
    let opened = signature::open_installed(&installer.image().slot, &found.keys, &digest);
    let opened = opened.inspect_err(|why| tracing::warn!("{why}"));
    opened.map_or_else(|_| String::new(), |_| digest)
}

/// What stands against going back to a state of this version: the machine's own Golden partition has the floor. What has
/// begun was agreed to before.
pub fn against(found: &Found, target: Target, version: &str) -> Option<Against> {
    match target {
        Target::Latest => return None,
        _ if found.appliance.begun == Some(target) => return None,
        Target::Factory | Target::Vault(_) => {}
    }
    match zshield_host::floor::of_ssd(found.appliance.binding.disks.of(Role::Ssd)) {
        Ok(floor) => {
            let floor = floor.raised(found.appliance.upgrades.floor().clone());
            floor.against(version, Purpose::GoBack)
        }
        Err(why) => Some(floor::unknown(why)),
    }
}

/// The recovery that has begun, where the appliance itself can't be seen.
pub fn begun(installer: &Installer) -> anyhow::Result<Option<Target>> {
    let started = started(installer, &installer.world()?)?;
    let (Started::FromSsd(ssd) | Started::FromStick { ssd, .. }) = started;
    Ok(appliance::begun_at_rest(&ssd)?)
}

/// What the rescue system was started from.
enum Started {
    /// The Golden partition of this SSD, which is the machine's.
    FromSsd(Disk),
    /// A medium that somebody has put in.
    FromStick {
        /// The machine's SSD.
        ssd: Disk,
        /// Its HDD.
        hdd: DiskName,
    },
}

/// The SSD is the disk that the medium is on, and from a stick the one that the policy chooses. A copy of an SSD has the same
/// partitions.
fn started(installer: &Installer, world: &World) -> anyhow::Result<Started> {
    let holders: Vec<&Disk> = world.disks.iter().filter(|disk| disk.holds(&world.medium)).collect();
    match *holders {
        [] => bail!(say::recover::no_ssd()),
        [disk] if disk.golden().is_some() => Ok(Started::FromSsd(disk.clone())),
        [_] => {
            let disks = chosen(installer, world)?;
            Ok(Started::FromStick { ssd: disks.ssd.clone(), hdd: disks.hdd.name.clone() })
        }
        _ => {
            let alike = || {
                let names: Vec<String> = holders.iter().map(|disk| disk.name.device()).collect();
                say::recover::alike(list(&names))
            };
            Ok(Started::FromSsd(copies::original(&holders).with_context(alike)?.clone()))
        }
    }
}

/// A recovery that can be run.
pub struct Prepared<'a> {
    installer: &'a Installer,
    target: Target,
    plan: Plan,
    binding: Binding,
    removed: Vec<VolumeName>,
    kept: Vec<Target>,
    unpacks: bool,
    against: Option<Against>,
}

/// A recovery that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The version of the system that is there now.
    pub version: String,
    /// The snapshots that could not be read and were removed.
    pub removed: Vec<VolumeName>,
    /// The ways back that are as they were.
    pub kept: Vec<Target>,
    /// Whether the system was made from the image, and a new factory snapshot of it.
    pub unpacked: bool,
}

/// Who asks for a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// The system, before this start: GRUB has taken the order out of its environment.
    Order,
    /// A person at the screen.
    Person,
}

/// Looks at the machine, and plans the recovery. It changes nothing.
pub fn prepare<'a>(
    installer: &'a Installer,
    goal: &Goal,
    asked_by: AskedBy,
) -> Result<Prepared<'a>> {
    before_it_began(|| {
        let (world, mut found) = look(installer)?;
        let target = generation::target(&mut found, goal)?;
        found.appliance.ordered = match asked_by {
            AskedBy::Order => Some(target),
            AskedBy::Person => None,
        };
        Ok(planned(installer, target, &world, found)?)
    })
}

fn planned<'a>(
    installer: &'a Installer,
    target: Target,
    world: &World,
    found: Found,
) -> anyhow::Result<Prepared<'a>> {
    let image = trusted_image(installer, &found);
    let source = plan::restore_source_with(&found.appliance, target, &found.ledger, &image)
        .map_err(|why| super::unavailable(target, why))?;
    let unpacks = matches!(source, RestoreSource::Unpack(_));
    let inputs = installer.inputs(world);
    let plan = plan::plan(&inputs, &found.appliance, &found.ledger, target, &random_ids()?)?;
    ensure_valid(&plan, &found.appliance)?;
    let kept = kept(&found.appliance, unpacks);
    let against = against(&found, target, &plan.version);
    // What is made anew is not missed.
    let mut removed = found.appliance.unreadable;
    removed.retain(|name| !unpacks || name.as_str() != FACTORY);
    let binding = found.appliance.binding;
    Ok(Prepared { installer, target, plan, binding, removed, kept, unpacks, against })
}

/// The ways back that a recovery leaves as they are, of those that there are.
fn kept(appliance: &Appliance, unpacks: bool) -> Vec<Target> {
    let is_kept = |target: &Target| {
        let is_anew = unpacks && *target == Target::Factory;
        !is_anew && status::snapshot(appliance, *target).is_some()
    };
    Target::BACKUPS.into_iter().filter(is_kept).collect()
}

impl Prepared<'_> {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.plan, &self.binding)
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        self.against.as_ref().map_or_else(super::question, floor::question)
    }

    /// Does it. A factory state that turns out to be of no use before anything was changed is unpacked from the
    /// image, as one is of which that was known.
    pub fn run(self, progress: &dyn Progress) -> Result<Outcome> {
        let steps = Steps::of(progress);
        let Err(why) = self.execute(&steps) else { return Ok(self.outcome()) };
        let is_factory = self.target == Target::Factory && why.is_way_back_useless();
        let anew = if is_factory { self.without_factory()? } else { None };
        let Some(anew) = anew else { return Err(why.into()) };
        progress.tell(&say::recover::unpacked_instead(text::chain(&why.into())));
        anew.execute(&steps)?;
        Ok(anew.outcome())
    }

    fn execute(&self, steps: &Steps<'_>) -> std::result::Result<(), ExecuteError> {
        execute::clear(&self.binding)?;
        let mut context = ExecContext::of(self.binding.clone());
        context.image = Some(self.installer.image());
        execute::execute_unjournaled(&self.plan, &context, steps)
    }

    /// The same with the factory state deemed useless; nothing where more is amiss by now: what was agreed to costs
    /// no disk that has gone meanwhile.
    fn without_factory(&self) -> anyhow::Result<Option<Self>> {
        execute::clear(&self.binding)?;
        let (world, mut found) = look(self.installer)?;
        let source = plan::restore_source(&found.appliance, self.target);
        if !matches!(source, Ok(RestoreSource::CopyBack { .. })) {
            return Ok(None);
        }
        found.appliance = found.appliance.with_factory_useless();
        planned(self.installer, self.target, &world, found).map(Some)
    }

    fn outcome(self) -> Outcome {
        let Self { plan, removed, kept, unpacks, .. } = self;
        Outcome { version: plan.version, removed, kept, unpacked: unpacks }
    }
}

#[cfg(test)]
mod tests {
    use zshield_golden::signature::{Requirement, TrustedKeys};
    use zshield_plan::id::{Slot, Uuid};
    use zshield_plan::ledger::Ledger;
    use zshield_plan::role::ByRole;

    use super::*;
    use crate::fixture;

    #[test]
    fn an_image_that_no_key_of_the_machine_s_own_has_signed_counts_as_none() {
        let slot = fixture::slot(fixture::POLICY);
        let keys = slot.path().join("keys");
        let installer =
            Installer::open(slot.path(), None, &keys, Requirement::UnsignedAccepted).unwrap();
        let ledger = Ledger {
            version: "1.0.0".into(),
            image: installer.digest(),
            slot: Slot::A,
            golden_image: None,
            golden: Uuid::random([1; 16]),
            disks: ByRole { ssd: fixture::identity("s"), hdd: fixture::identity("h") },
            hdd: None,
        };
        let (appliance, keys) = (fixture::appliance(&[]), TrustedKeys::default());
        let mut found = Found { appliance, ledger, keys };
        // Without any key the digest in the ledger alone counts.
        assert_eq!(trusted_image(&installer, &found), installer.digest());
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        assert!(found.keys.add(key).is_some());
        assert_eq!(trusted_image(&installer, &found), "");
    }

    #[test]
    fn only_a_way_back_that_is_there_is_as_it_was() {
        let valid = || fixture::valid(1_000);
        let of = |snapshots: &[(&str, _)], unpacks| kept(&fixture::appliance(snapshots), unpacks);
        let both = [("snap0", valid()), ("snap1", valid())];
        assert_eq!(of(&both, false).len(), 2);
        assert_eq!(of(&both, true), [Target::Latest]);
        // No backup was made yet.
        assert_eq!(of(&both[..1], false), [Target::Factory]);
        assert_eq!(of(&both[..1], true), []);
    }
}
