//! An installation: what it would mean on this machine, and doing it.

mod brought_back;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use zshield_golden::signature::Requirement;
use zshield_host::record::Record;
use zshield_messages::{explained, list, say};
use zshield_plan::choice::{Considered, PassedOver};
use zshield_plan::id::Uuid;
use zshield_plan::install::{
    self as plan, Assessment, Ids, Inputs, Loss, NoRebuild, Rebuild, assess,
};
use zshield_plan::journal::{Journal, JournalState};
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::role::Role;
use zshield_plan::upgrade::floor::Against;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::world::{Disk, World};
use zshield_units::UnixTime;

use crate::env;
use crate::error::{Error, Refusal, Result, before_it_began};
use crate::floor;
use crate::installer::{Installer, TornMetadata};
use crate::progress::Progress;
use crate::question::{Answer, Question};
use crate::recover::at_rest::Generation;
use crate::text::joined;
use crate::vault::WantedBack;

/// What a caller decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The slot with the image, mounted.
    pub slot: PathBuf,
    /// The directory with the keys that an image may be signed with.
    pub keys: PathBuf,
    /// Whether an image without a signature will do.
    pub insecure_unsigned: bool,
    /// Whether an appliance that is there keeps its data.
    pub keep_data: bool,
    /// The generation of the vault that comes back after that.
    pub brings_back: Option<WantedBack>,
    /// What becomes of LVM's metadata that a power cut tore.
    pub torn: TornMetadata,
}

/// What an installation begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Disks without an appliance.
    Fresh,
    /// An installation that was cut off: it goes on by itself.
    Resume,
    /// An appliance, whose data is kept.
    Rebuild,
    /// An appliance, of which nothing is kept.
    Erase,
}

/// An installation that can be run.
#[derive(Clone)]
pub struct Prepared {
    installer: Arc<Installer>,
    world: World,
    journal: Journal,
    binding: Binding,
    kind: Kind,
    losses: Vec<Loss>,
    /// What stands against the image: it is older than what the appliance allows.
    against: Option<Against>,
    /// What comes back at the first start.
    brings_back: Option<Generation>,
}

/// What can be installed on a machine.
pub enum Choices {
    /// Onto disks without an appliance; or one that goes on.
    One(Box<Prepared>),
    /// Over an appliance.
    OverAppliance(OverAppliance),
    /// Nothing, on this machine.
    Refused(plan::Refusal, Box<World>),
}

/// What can be installed over an appliance.
pub struct OverAppliance {
    /// Its data kept; or why it can't be.
    pub rebuild: Result<Box<Prepared>, NoRebuild>,
    /// The same, and the newest backup in the vault comes back after it, where there is one; or why nobody knows.
    pub restore: anyhow::Result<Option<Box<Prepared>>>,
    /// Nothing kept.
    pub erase: Box<Prepared>,
}

/// No installation is possible on this machine. The text has every disk and why it was passed over.
#[derive(Debug, thiserror::Error)]
#[error("{}", with_disks(.0))]
pub struct Impossible(pub plan::Refusal);

fn with_disks(refusal: &plan::Refusal) -> String {
    let plan::Refusal::Disks(_, considered) = refusal else { return refusal.to_string() };
    let reasons = |passed: &[PassedOver]| {
        if passed.is_empty() { say::install::fits() } else { list(passed) }
    };
    let row = |disk: &Considered| {
        format!(
            "  {}  {}  {}  {}\n    {}\n    {}",
            disk.name.device(),
            disk.identity.model,
            disk.identity.serial,
            disk.identity.size,
            explained(Role::Ssd, reasons(&disk.passed.ssd)),
            explained(Role::Hdd, reasons(&disk.passed.hdd)),
        )
    };
    let rows = considered.iter().map(row);
    std::iter::once(refusal.to_string()).chain(rows).collect::<Vec<_>>().join("\n")
}

/// Looks at the machine. It changes nothing but what `torn` says.
pub fn look(installer: &Arc<Installer>, torn: TornMetadata) -> anyhow::Result<Choices> {
    let (world, assessment) = installer.look(torn)?;
    let prepared = |world: World, journal, binding: Binding, kind, losses| {
        let installer = Arc::clone(installer);
        let against = match kind {
            Kind::Rebuild | Kind::Erase => {
                let is_ssd = |disk: &&Disk| disk.name == *binding.disks.of(Role::Ssd);
                world
                    .disks
                    .iter()
                    .find(is_ssd)
                    .and_then(|ssd| floor::against_installation(ssd, &world.image.version))
            }
            // Disks without an appliance have no floor; of what goes on the disks are erased.
            Kind::Fresh | Kind::Resume => None,
        };
        let brings_back = None;
        Box::new(Prepared {
            installer,
            world,
            journal,
            binding,
            kind,
            losses,
            against,
            brings_back,
        })
    };
    Ok(match assessment {
        Assessment::Refused(refusal) => Choices::Refused(refusal, Box::new(world)),
        Assessment::Resume { journal, binding } => {
            Choices::One(prepared(world, *journal, binding, Kind::Resume, Vec::new()))
        }
        Assessment::Ready { plan, binding, losses } => {
            Choices::One(prepared(world, Journal::new(*plan), binding, Kind::Fresh, losses))
        }
        Assessment::AppliancePresent { rebuild, plan, binding, losses } => {
            let rebuild = rebuild.map(|Rebuild { plan, losses }| {
                let (world, binding) = (world.clone(), binding.clone());
                prepared(world, Journal::new(*plan), binding, Kind::Rebuild, losses)
            });
            let restore = match &rebuild {
                Ok(rebuild) => rebuild.bringing_back(&WantedBack::Newest),
                Err(_) => Ok(None),
            };
            let erase = prepared(world, Journal::new(*plan), binding, Kind::Erase, losses);
            Choices::OverAppliance(OverAppliance { rebuild, restore, erase })
        }
    })
}

/// Opens the image, and looks at the machine. It changes nothing but what `options.torn` says.
pub fn prepare(options: &Options) -> Result<Box<Prepared>> {
    let requirement =
        if options.insecure_unsigned { Requirement::UnsignedAccepted } else { Requirement::Signed };
    let opened = || Ok(Installer::mounted(&options.slot, &options.keys, requirement)?);
    let installer = Arc::new(before_it_began(opened)?);
    let looked = || {
        let prepared = chosen(look(&installer, options.torn)?, options.keep_data)?;
        let Some(wanted) = &options.brings_back else { return Ok(prepared) };
        let restored = prepared.bringing_back(wanted)?;
        Ok(restored.ok_or_else(|| Refusal::Caller(say::install::nothing_to_bring_back()))?)
    };
    before_it_began(looked).map_err(|error| but_for_the_tear(error, &installer))
}

/// An error of what has not begun, and yet may have set LVM's metadata back.
fn but_for_the_tear(error: Error, installer: &Installer) -> Error {
    if !installer.has_rolled_back() {
        return error;
    }
    let told = installer.but_for_the_tear(error.to_string());
    match error {
        Error::Refused(_) => Error::Refused(Refusal::Caller(told)),
        Error::NotBegun(_) | Error::Failed(_) => Error::Failed(anyhow!(told)),
    }
}

fn chosen(choices: Choices, keep_data: bool) -> Result<Box<Prepared>> {
    match choices {
        Choices::One(prepared) => Ok(prepared),
        Choices::OverAppliance(over) if keep_data => {
            Ok(over.rebuild.map_err(Refusal::operation)?)
        }
        Choices::OverAppliance(over) => Ok(over.erase),
        Choices::Refused(refusal, _) => Err(Refusal::operation(Impossible(refusal)).into()),
    }
}

impl Prepared {
    /// The same rebuild, after which a generation of the vault comes back by itself; nothing where there is none, or
    /// where this is no rebuild that is yet to begin.
    fn bringing_back(&self, wanted: &WantedBack) -> anyhow::Result<Option<Box<Self>>> {
        match self.kind {
            Kind::Rebuild => {}
            // What it was begun with comes back.
            Kind::Resume if plan::brings_back(&self.journal.plan).is_some() => {
                return Ok(Some(Box::new(self.clone())));
            }
            Kind::Resume | Kind::Fresh | Kind::Erase => return Ok(None),
        }
        let hdd = self.binding.disks.of(Role::Hdd);
        let group = &self.installer.policy().storage.group;
        let Some(found) = brought_back::found(&self.world, group, hdd, wanted)? else {
            return Ok(None);
        };
        let plan = self.installer.rebuild_bringing_back(&self.world, &self.binding, found.id)?;
        let too_old = || {
            let (ssd, version) = (self.disk(Role::Ssd)?, found.version.as_ref()?);
            floor::against_installation(ssd, version)
        };
        let against = self.against.clone().or_else(too_old);
        let (journal, brings_back) = (Journal::new(plan), Some(found));
        Ok(Some(Box::new(Self { journal, against, brings_back, ..self.clone() })))
    }

    /// What comes back by itself at the first start.
    pub const fn brings_back(&self) -> Option<&Generation> {
        self.brings_back.as_ref()
    }

    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.journal.plan, &self.binding)
    }

    /// What it begins with.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The number of the next step, from 1.
    pub fn next_step(&self) -> usize {
        self.journal.next() + 1
    }

    /// Whether an earlier run has begun with it.
    pub fn has_begun(&self) -> bool {
        self.journal.state != JournalState::Before(0)
    }

    /// What is lost on the disks.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Whether the HDD has no room for the vault that the policy asks for.
    pub fn lacks_vault(&self) -> bool {
        let wanted = self.installer.policy().vault.size;
        self.journal.plan.layout.as_ref().is_some_and(|layout| layout.lacks_vault(wanted))
    }

    /// The disk of a role, as it was found.
    pub fn disk(&self, role: Role) -> Option<&Disk> {
        let name = self.binding.disks.of(role);
        self.world.disks.iter().find(|disk| disk.name == *name)
    }

    /// What stands against the image, which is too old.
    pub const fn against(&self) -> Option<&Against> {
        self.against.as_ref()
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Option<Question> {
        const WORD: &str = "ERASE";
        const BOTH: &str = "ERASE OLDER";
        let (text, answer) = match (self.kind, &self.against) {
            (Kind::Resume, _) => return None,
            (Kind::Fresh | Kind::Rebuild, Some(against)) => {
                let question = floor::question(against);
                return Some(Question { text: self.as_another(question.text), ..question });
            }
            (Kind::Fresh | Kind::Rebuild, None) => {
                (self.as_another(say::install::agree()), Answer::Yes)
            }
            (Kind::Erase, Some(against)) => (
                say::upgrade::FloorErase { why: against.to_string(), word: BOTH }.to_string(),
                Answer::Typed(BOTH),
            ),
            (Kind::Erase, None) => (say::install::appliance_lost(WORD), Answer::Typed(WORD)),
        };
        let declined = self.installer.but_for_the_tear(say::install::not_agreed());
        Some(Question { text, answer, declined })
    }

    /// A question, and before it what becomes of the machine with the backup of another one.
    fn as_another(&self, question: String) -> String {
        let is_of_another = self.brings_back.as_ref().is_some_and(|it| it.host.is_some());
        if is_of_another { joined(say::recover::agree_take_over(), question) } else { question }
    }

    /// Looks at the disks again, and does what is still to be done of it. The log so far goes into the record, where there is one.
    pub fn run(self, log: Option<PathBuf>, progress: &dyn Progress) -> Result<Record> {
        let has_begun = self.has_begun();
        let Self { installer, world, journal, binding, .. } = self;
        let again = || Ok(installer.world()?);
        let now = if has_begun { again()? } else { before_it_began(again)? };
        plan::unchanged(&journal.plan, &binding, &world, &now)
            .map_err(|why| but_for_the_tear(Refusal::operation(why).into(), &installer))?;
        Ok(installer.install(&world, journal, binding, log, progress)?)
    }
}

/// The plan for a machine that a file describes, by the policy in another. Its ids are examples.
pub fn plan_for_world(world: &Path, policy: &Path) -> Result<(Plan, Binding)> {
    before_it_began(|| {
        let text = std::fs::read_to_string(world).with_context(|| world.display().to_string())?;
        let world: World = serde_json::from_str(&text)
            .with_context(|| say::install::bad_world(world.display()))?;
        let (policy, policy_text) = env::policy(policy)?;
        let mut count = 0;
        let ids = Ids::new(|| {
            count += 1;
            Uuid::random([count; 16])
        });
        let inputs = Inputs {
            policy: &policy,
            policy_text: &policy_text,
            keys: &[],
            said: &Statements::NONE,
            world: &world,
            now: UnixTime(0),
            brings_back: None,
        };
        match assess(&inputs, &ids) {
            Assessment::Ready { plan, binding, .. }
            | Assessment::AppliancePresent { plan, binding, .. } => Ok((*plan, binding)),
            Assessment::Resume { journal, binding } => Ok((journal.plan, binding)),
            Assessment::Refused(refusal) => Err(Refusal::operation(Impossible(refusal)).into()),
        }
    })
}

#[cfg(test)]
mod tests;
