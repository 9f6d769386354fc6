//! A repair of an appliance that does not run: what it is started by is made whole again.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use zshield_golden::manifest::Manifest;
use zshield_host::appliance::Found;
use zshield_host::context::{ExecContext, Image};
use zshield_host::execute;
use zshield_host::whole::{self, Looked, OwnSlot};
use zshield_messages::{list, say};
use zshield_plan::appliance::Appliance;
use zshield_plan::ledger::Ledger;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::role::ByRole;
use zshield_plan::whole::{Damage, Lack, Part, Repair, plan, tables};
use zshield_plan::world::World;

use crate::error::{Result, before_it_began};
use crate::execution::ensure_valid;
use crate::installer::{self, Installer, random_ids};
use crate::progress::{Progress, Steps};
use crate::question::{Answer, Question};
use crate::recover::at_rest;

/// A repair that can be run.
pub struct Prepared<'a> {
    installer: &'a Installer,
    binding: Binding,
    repair: Repair,
    stage: Stage,
}

/// What a repair is about.
enum Stage {
    /// Partition tables: what else is damaged shows when they are whole.
    Tables,
    /// What is seen then.
    Rest(Box<Rest>),
}

struct Rest {
    found: Found,
    /// The machine's own image, where it is whole: by that the rest is mended, whatever the medium brings.
    own: Option<Manifest>,
}

/// Looks at the machine, and plans the repair. It changes nothing.
pub fn prepare(installer: &Installer) -> Result<Prepared<'_>> {
    before_it_began(|| Ok(prepared(installer)?))
}

fn prepared(installer: &Installer) -> anyhow::Result<Prepared<'_>> {
    let (world, disks) = at_rest::disks(installer)?;
    let damaged = whole::damaged_tables(&disks)?;
    if !damaged.ssd && !damaged.hdd {
        return rest(installer, world);
    }
    let names = ByRole { ssd: disks.ssd.name, hdd: disks.hdd.name };
    let binding = Binding { disks: names, group: installer.policy().storage.group.clone() };
    let identities = ByRole { ssd: disks.ssd.identity, hdd: disks.hdd.identity };
    let repair = tables(&world.image, &binding, &identities, &damaged);
    ensure_valid(&repair.plan, &Appliance::unseen(binding.clone(), identities))?;
    Ok(Prepared { installer, binding, repair, stage: Stage::Tables })
}

fn rest(installer: &Installer, world: World) -> anyhow::Result<Prepared<'_>> {
    let (mut world, found) = at_rest::look_into(installer, world)?;
    let Looked { damage, own } = whole::look(&found, installer.image())?;
    if let Some(own) = &own {
        world.image = installer::facts(own);
    }
    let known = known(&found, &damage, own.as_ref());
    let inputs = installer.inputs(&world);
    let repair = plan(&inputs, &found.appliance, &known, &damage, &random_ids()?);
    ensure_valid(&repair.plan, &found.appliance)?;
    let binding = found.appliance.binding.clone();
    Ok(Prepared { installer, binding, repair, stage: Stage::Rest(Box::new(Rest { found, own })) })
}

/// What is known of the machine. A ledger that is made again does not know what lies in the slot; a whole image that
/// a key of the machine's own has signed says so itself.
fn known(found: &Found, damage: &Damage, own: Option<&Manifest>) -> Ledger {
    let known = found.ledger.clone();
    let is_lost = damage.parts.contains(&Part::Ledger);
    match own.filter(|_| is_lost && !found.keys.is_empty()) {
        Some(own) => known.with_golden(own.digest().to_string()),
        None => known,
    }
}

/// What the caller has to agree to.
pub fn question() -> Question {
    Question {
        text: say::whole::agree(),
        answer: Answer::Yes,
        declined: say::install::not_agreed(),
    }
}

impl<'a> Prepared<'a> {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.repair.plan, &self.binding)
    }

    /// What is made whole. Where it is nothing, nothing is written.
    pub const fn mended(&self) -> &BTreeSet<Part> {
        &self.repair.mended
    }

    /// Whether more may show when that is whole, which is mended then too.
    pub const fn shows_more(&self) -> bool {
        matches!(self.stage, Stage::Tables)
    }

    /// What stays damaged, and why.
    pub fn left(&self) -> &[(Part, Lack)] {
        &self.repair.left
    }

    /// Does it, and looks again; what shows then is mended too. Says what stays damaged.
    pub fn run(self, progress: &dyn Progress) -> Result<Vec<(Part, Lack)>> {
        let again = self.execute(progress)?;
        if again.mended().is_empty() { Ok(again.repair.left) } else { again.run(progress) }
    }

    /// Does it, and looks again.
    fn execute(self, progress: &dyn Progress) -> anyhow::Result<Prepared<'a>> {
        let Self { installer, binding, repair, stage } = self;
        execute::clear(&binding)?;
        let rest = match &stage {
            Stage::Tables => None,
            Stage::Rest(rest) => Some(rest),
        };
        let own = rest.and_then(|rest| Some((&rest.found, rest.own.as_ref()?)));
        let slot = own.map(|(found, _)| OwnSlot::of(found)).transpose()?;
        let mut context = ExecContext::of(binding);
        context.image = Some(match (&slot, own) {
            (Some(slot), Some((_, manifest))) => Image { slot: slot.path(), manifest },
            (None, _) | (_, None) => installer.image(),
        });
        execute::execute_unjournaled(&repair.plan, &context, &Steps::of(progress))?;
        drop(context);
        drop(slot);
        let again = prepared(installer).with_context(say::whole::not_seen_again)?;
        let left = again.left().iter().map(|(part, _)| part);
        let now = again.mended().iter().chain(left);
        let still: Vec<&Part> = now.filter(|part| repair.mended.contains(part)).collect();
        ensure!(still.is_empty(), say::whole::still_damaged(list(still)));
        Ok(again)
    }
}
