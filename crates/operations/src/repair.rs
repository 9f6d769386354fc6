//! A repair of an appliance that does not run: what it is started by is made whole again.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use zshield_golden::manifest::Manifest;
use zshield_host::appliance::Found;
use zshield_host::context::{ExecContext, Image};
use zshield_host::execute;
use zshield_host::whole::{self, Looked, OwnSlot};
use zshield_messages::{list, say};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::whole::{Damage, Lack, Part, Repair, plan};

use crate::error::{Result, before_it_began};
use crate::execution::ensure_valid;
use crate::installer::{self, Installer, random_ids};
use crate::progress::{Progress, Steps};
use crate::question::{Answer, Question};
use crate::recover::at_rest;

/// A repair that can be run.
pub struct Prepared<'a> {
    installer: &'a Installer,
    found: Found,
    /// The machine's own image, where it is whole: by that the rest is mended, whatever the medium brings.
    own: Option<Manifest>,
    repair: Repair,
}

/// Looks at the machine, and plans the repair. It changes nothing.
pub fn prepare(installer: &Installer) -> Result<Prepared<'_>> {
    before_it_began(|| Ok(prepared(installer)?))
}

fn prepared(installer: &Installer) -> anyhow::Result<Prepared<'_>> {
    let (mut world, found) = at_rest::look(installer)?;
    let Looked { damage, own } = whole::look(&found, installer.image())?;
    if let Some(own) = &own {
        world.image = installer::facts(own);
    }
    let known = known(&found, &damage, own.as_ref());
    let inputs = installer.inputs(&world);
    let repair = plan(&inputs, &found.appliance, &known, &damage, &random_ids()?);
    ensure_valid(&repair.plan, &found.appliance)?;
    Ok(Prepared { installer, found, own, repair })
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

impl Prepared<'_> {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.repair.plan, &self.found.appliance.binding)
    }

    /// What is made whole. Where it is nothing, nothing is written.
    pub const fn mended(&self) -> &BTreeSet<Part> {
        &self.repair.mended
    }

    /// What stays damaged, and why.
    pub fn left(&self) -> &[(Part, Lack)] {
        &self.repair.left
    }

    /// Does it, and looks again.
    pub fn run(self, progress: &dyn Progress) -> Result<()> {
        Ok(self.execute(progress)?)
    }

    fn execute(self, progress: &dyn Progress) -> anyhow::Result<()> {
        let Self { installer, found, own, repair } = self;
        execute::clear(&found.appliance.binding)?;
        let slot = own.is_some().then(|| OwnSlot::of(&found)).transpose()?;
        let mut context = ExecContext::of(found.appliance.binding.clone());
        context.image = Some(match (&slot, &own) {
            (Some(slot), Some(manifest)) => Image { slot: slot.path(), manifest },
            (None, _) | (_, None) => installer.image(),
        });
        execute::execute_unjournaled(&repair.plan, &context, &Steps::of(progress))?;
        drop(context);
        drop(slot);
        let again = prepared(installer).with_context(say::whole::not_seen_again)?.repair;
        let left = again.left.iter().map(|(part, _)| part);
        let still: Vec<&Part> =
            again.mended.iter().chain(left).filter(|part| repair.mended.contains(part)).collect();
        ensure!(still.is_empty(), say::whole::still_damaged(list(still)));
        Ok(())
    }
}
