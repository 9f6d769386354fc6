//! A vault is made on an appliance that has none.

use anyhow::Context as _;
use serde::Serialize;
use zshield_host::appliance;
use zshield_host::context::ExecContext;
use zshield_host::{execute, lock};
use zshield_messages::{Said, say};
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::step::Step;
use zshield_plan::vault as plan;
use zshield_plan::vault_state::PlaceState;
use zshield_units::Bytes;

use super::state;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::execution::{ensure_valid, with_outcome};
use crate::installer::random_id;
use crate::progress::{Progress, Steps};
use crate::question::{Answer, Question};

/// A vault that can be made.
pub struct PreparedInit {
    env: Env,
    plan: Plan,
    binding: Binding,
    _held: lock::Held,
}

/// The vault that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NewVault {
    /// The size of its volume.
    pub size: Bytes,
}

/// Looks at the appliance, and plans its vault. It changes nothing but mounts that an operation has left.
pub fn prepare_init(env: &Env) -> Result<PreparedInit> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let held = lock::hold(lock::Operation::VaultInit).map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        let found = appliance::running(&env.root, &policy.storage.group, false)?;
        let plan = plan::init(&found.appliance, &found.ledger, &policy, random_id()?);
        let plan = plan.map_err(Refusal::operation)?;
        ensure_valid(&plan, &found.appliance)?;
        Ok(PreparedInit { env: env.clone(), plan, binding: found.appliance.binding, _held: held })
    })
}

impl PreparedInit {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.plan, &self.binding)
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        Question {
            text: say::vault::init_question(self.size().to_string()),
            answer: Answer::Yes,
            declined: say::vault::init_declined(),
        }
    }

    /// Makes it. Cut off or failed, it is made anew by the next run, which removes what there is of it.
    pub fn run(self, progress: &dyn Progress) -> Result<NewVault> {
        let Self { env, plan, binding, .. } = &self;
        // What was known is of one that is gone.
        before_it_began(|| {
            Ok(state::note_hdd(&env.root, |place| *place = PlaceState::default())?)
        })?;
        with_outcome(&env.root, plan.operation, || {
            let context = ExecContext::of(binding.clone());
            execute::execute_unjournaled(plan, &context, &Steps::of(progress))
                .with_context(|| Said::of(say::vault::init_failed))
        })?;
        Ok(NewVault { size: self.size() })
    }

    fn size(&self) -> Bytes {
        let sizes = self.plan.steps.iter().filter_map(|step| {
            let Step::CreateVolume(made) = step else { return None };
            Some(made.size)
        });
        sizes.sum()
    }
}
