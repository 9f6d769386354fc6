//! What follows once a new version is confirmed and its backup is made: the floor, the Golden Image and the factory
//! state. Before that: the new image in the inactive slot.

use anyhow::Context as _;
use zshield_bundle::index::Index;
use zshield_bundle::new_slot::{NewSlot, SlotOfBundle};
use zshield_bundle::open::Bundle;
use zshield_bundle::source::Source;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_host::appliance::{self, Found};
use zshield_host::context::ExecContext;
use zshield_host::execute;
use zshield_host::keys;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_host::{lock, upgrade_record};
use zshield_messages::{Said, say};
use zshield_plan::plan::{Operation, Plan};
use zshield_plan::policy::Policy;
use zshield_plan::step::{Step, SwitchSlot};
use zshield_plan::upgrade_plan::{golden, settle as plan};
use zshield_plan::volumes::GOLDEN;

use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::execution::{ensure_valid, with_outcome};
use crate::installed::{Golden, Installed};
use crate::progress::{Progress, Steps};

/// The new slot that a bundle leads to from this appliance's; nothing where the factory state stays what it is. The
/// new manifest must be signed by one of these keys: the machine's, and those that the bundle introduces. A machine
/// without any takes it by its digest, which the bundle's signature covers.
pub fn new_slot<'a, S: Source>(
    found: &Found,
    bundle: &'a Bundle<S>,
    index: &'a Index,
    keys: &TrustedKeys,
) -> anyhow::Result<Option<SlotOfBundle<'a, S>>> {
    let partition = found.appliance.binding.path(&GOLDEN);
    // The old one is the one that the ledger names, whoever has signed it.
    let old = Installed::by_digest(&partition, &found.ledger)?;
    let requirement =
        if keys.is_empty() { Requirement::UnsignedAccepted } else { Requirement::Signed };
    Ok(SlotOfBundle::open(bundle, index, &old.manifest, keys, requirement)?)
}

/// Puts the new image together in the inactive slot. The caller holds the lock, and no upgrade is under way. On
/// a failure the active slot is what it was.
pub fn build(found: &Found, new: &dyn NewSlot, progress: &dyn Progress) -> anyhow::Result<()> {
    let image = new.manifest().digest().to_string();
    let plan = golden::build(&found.appliance, &found.ledger, &image);
    ensure_valid(&plan, &found.appliance)?;
    let mut context = ExecContext::of(found.appliance.binding.clone());
    context.new_slot = Some(new);
    Ok(execute::execute_unjournaled(&plan, &context, &Steps::of(progress))?)
}

/// A confirmed upgrade that can be completed.
pub struct Prepared {
    env: Env,
    policy: Policy,
    found: Found,
    switch: Plan,
    _held: lock::Held,
}

/// Looks at the appliance, and plans what follows. It changes nothing but mounts that an operation has left.
pub fn prepare(env: &Env) -> Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let held = lock::hold(lock::Operation::Settle).map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        let found = look(env, &policy)?;
        let root = env.root.to_string_lossy();
        let switch = plan::switch(&found.appliance, &found.ledger, &root);
        let switch = switch.map_err(Refusal::operation)?;
        ensure_valid(&switch, &found.appliance)?;
        Ok(Prepared { env: env.clone(), policy, found, switch, _held: held })
    })
}

fn look(env: &Env, policy: &Policy) -> anyhow::Result<Found> {
    Ok(appliance::running(&env.root, &policy.storage.group, true)?)
}

impl Prepared {
    /// The plan of the first part. That of the second needs the new slot to be the active one.
    pub const fn plan(&self) -> &Plan {
        &self.switch
    }

    /// Does it, and writes last into the record that nothing is open any more. Cut off or failed, it is done again
    /// from its beginning, until that stands there.
    pub fn run(&self, progress: &dyn Progress) -> Result<()> {
        with_outcome(&self.env.root, Operation::Settle, || {
            let settled = self.switch(progress).and_then(|()| self.renew(progress));
            settled
                .and_then(|()| self.note())
                .with_context(|| Said::of(say::upgrade::settle_failed))
        })?;
        Ok(())
    }

    /// The first part alone: the floor, and the new slot as the active one.
    pub fn switch(&self, progress: &dyn Progress) -> anyhow::Result<()> {
        let Self { env, found, switch, .. } = self;
        switched_to(switch).map_or(Ok(()), |to| ensure_sound(env, found, to))?;
        let context = ExecContext::of(found.appliance.binding.clone());
        Ok(execute::execute_unjournaled(switch, &context, &Steps::of(progress))?)
    }

    /// The second part, where the factory state moves along: the boot loader and the factory state of the slot that is
    /// the active one by then.
    pub fn renew(&self, progress: &dyn Progress) -> anyhow::Result<()> {
        let Some((plan, found, golden)) = self.renewed()? else { return Ok(()) };
        let mut context = ExecContext::of(found.appliance.binding);
        context.image = Some(golden.installer.image());
        Ok(execute::execute_unjournaled(&plan, &context, &Steps::of(progress))?)
    }

    /// Its plan, once the first part is done; nothing where there is none.
    pub fn renewal(&self) -> anyhow::Result<Option<Plan>> {
        Ok(self.renewed()?.map(|(plan, ..)| plan))
    }

    fn renewed(&self) -> anyhow::Result<Option<(Plan, Found, Golden)>> {
        let Self { env, policy, switch, .. } = self;
        if switched_to(switch).is_none() {
            return Ok(None);
        }
        let found = look(env, policy)?;
        let golden = Golden::open(&env.root, &found)?;
        let plan = {
            let inputs = golden.inputs();
            plan::renew(&found.appliance, &found.ledger, &golden.anew(&inputs))?
        };
        ensure_valid(&plan, &found.appliance)?;
        Ok(Some((plan, found, golden)))
    }

    fn note(&self) -> anyhow::Result<()> {
        let record = upgrade_record::read(&self.env.boot())?.settle(self.env.now())?;
        Ok(upgrade_record::write(&self.env.boot(), &record)?)
    }
}

/// The slot that a plan switches to.
fn switched_to(plan: &Plan) -> Option<&SwitchSlot> {
    plan.steps.iter().find_map(|step| if let Step::SwitchSlot(it) = step { Some(it) } else { None })
}

/// What becomes the active slot has to be signed by a key of the system that was confirmed.
fn ensure_sound(env: &Env, found: &Found, to: &SwitchSlot) -> anyhow::Result<()> {
    let golden = ReadOnlyMount::golden(&found.appliance.binding.path(&GOLDEN), "golden")?;
    let slot = golden.root().join(to.slot.directory());
    let keys = keys::of_system(&env.root, golden.root())?.trusted();
    signature::open_installed(&slot, &keys, &to.image)?;
    Ok(())
}
