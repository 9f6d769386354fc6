//! A backup: the latest one is renewed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use zshield_alarm::alarm::AlarmId;
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::store::Store;
use zshield_golden::Digest;
use zshield_golden::slot::MANIFEST;
use zshield_host::appliance::{self, Found};
use zshield_host::backup_mounts;
use zshield_host::context::ExecContext;
use zshield_host::execute::{self, ExecuteError, FactoryFault};
use zshield_host::live;
use zshield_host::lock;
use zshield_messages::{Said, list, say};
use zshield_plan::backup as plan;
use zshield_plan::factory;
use zshield_plan::ledger::Ledger;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::policy::Policy;
use zshield_plan::saved::{self, BootSetMeta};
use zshield_units::Bytes;

use crate::backups;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::execution::{ensure_valid, with_outcome};
use crate::installed::Golden;
use crate::progress::{Progress, Steps};
use crate::question::{Answer, Question};
use crate::text;

/// What a caller decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it gives way to everything else.
    pub scheduled: bool,
    /// The reason for a backup although open alarms hold it.
    pub despite: Option<String>,
}

/// A backup that can be run.
pub struct Prepared {
    env: Env,
    policy: Policy,
    planned: Planned,
    saved: BootSetMeta,
    despite: Option<Despite>,
    /// The directories that backups are mounted on: they are unmounted first, if nobody uses them.
    pub mounted: Vec<PathBuf>,
    _held: Arc<lock::Held>,
}

/// The plan of a backup, and what it is made from.
struct Planned {
    plan: Plan,
    binding: Binding,
    golden: Option<Golden>,
    /// Why no factory state is made, where the appliance lacks one and the image can't be opened.
    no_image: Option<anyhow::Error>,
}

/// Alarms that hold the backup, and the reason for one all the same.
struct Despite {
    store: Store,
    alarms: Vec<AlarmId>,
    reason: String,
}

/// Looks at the appliance, and plans the backup. It changes nothing but mounts that an operation
/// has left.
pub fn prepare(env: &Env, options: Options) -> Result<Prepared> {
    let held = before_it_began(|| {
        env::needs_root()?;
        Ok(Arc::new(lock::hold(lock::Operation::Backup).map_err(Refusal::Busy)?))
    })?;
    prepare_holding(env, options, &held)
}

/// The same as a part of an operation that holds the lock.
pub(crate) fn prepare_holding(
    env: &Env,
    options: Options,
    held: &Arc<lock::Held>,
) -> Result<Prepared> {
    before_it_began(|| {
        if options.scheduled {
            env::lower_priority();
        }
        let policy = env.policy()?;
        execute::unmount_left()?;
        let found = appliance::running(&env.root, &policy.storage.group, false)?;
        let now = (env.clock)();
        let (version, image) = (found.ledger.version.clone(), found.ledger.image.clone());
        let saved = BootSetMeta::new(now.timestamp().into(), version, image)
            .ahead_of_utc(now.offset().seconds());
        let store = env.alarms(&policy);
        let (holding, despite) = divided(store.read()?.holding(), options.despite);
        let planned = planned(env, &policy, found, &saved, &holding)?;
        Ok(Prepared {
            mounted: backup_mounts::found(&policy.storage.group)?,
            env: env.clone(),
            policy,
            planned,
            saved,
            despite: despite.map(|(alarms, reason)| Despite { store, alarms, reason }),
            _held: Arc::clone(held),
        })
    })
}

fn planned(
    env: &Env,
    policy: &Policy,
    found: Found,
    saved: &BootSetMeta,
    holding: &[String],
) -> anyhow::Result<Planned> {
    let (golden, no_image) = image_needed(&env.root, &found);
    let plan = plan_with(env, policy, &found, golden.as_ref(), saved, holding)?;
    ensure_valid(&plan, &found.appliance)?;
    Ok(Planned { plan, binding: found.appliance.binding, golden, no_image })
}

fn plan_with(
    env: &Env,
    policy: &Policy,
    found: &Found,
    golden: Option<&Golden>,
    saved: &BootSetMeta,
    holding: &[String],
) -> anyhow::Result<Plan> {
    // An image is seldom at hand, and the manifest is large.
    let saves_release = golden.is_some_and(|golden| {
        lacks_release(&env.root, &found.ledger) && has_room(&env.root, golden)
    });
    let inputs = golden.map(Golden::inputs);
    let rebuild = golden.zip(inputs.as_ref()).map(|(golden, inputs)| golden.anew(inputs));
    let plan = plan::plan(&plan::Inputs {
        appliance: &found.appliance,
        ledger: &found.ledger,
        policy,
        saved,
        root: &env.root.to_string_lossy(),
        factory: rebuild.as_ref(),
        saves_release,
        holding,
    });
    Ok(plan.map_err(Refusal::operation)?)
}

impl Planned {
    fn run(&self, steps: &Steps<'_>) -> Result<(), ExecuteError> {
        let mut context = ExecContext::of(self.binding.clone());
        context.image = self.golden.as_ref().map(|golden| golden.installer.image());
        execute::execute_unjournaled(&self.plan, &context, steps)
    }
}

/// The alarms that hold the backup, and those that somebody sets aside, with his reason.
fn divided(
    alarms: Vec<AlarmId>,
    reason: Option<String>,
) -> (Vec<AlarmId>, Option<(Vec<AlarmId>, String)>) {
    match reason {
        Some(reason) if !alarms.is_empty() => (Vec::new(), Some((alarms, reason))),
        Some(_) | None => (alarms, None),
    }
}

/// The image, where a factory state has to be made from it, or root lacks what its system is held against. Where it
/// can't be opened there is a backup all the same; the error where that costs the factory state.
fn image_needed(root: &Path, found: &Found) -> (Option<Golden>, Option<anyhow::Error>) {
    let lacks_factory = factory::is_lacking(&found.appliance);
    if !lacks_factory && !lacks_release(root, &found.ledger) {
        return (None, None);
    }
    match Golden::open(root, found) {
        Ok(golden) => (Some(golden), None),
        Err(why) if lacks_factory => (None, Some(why)),
        Err(why) => {
            tracing::warn!("{why:#}");
            (None, None)
        }
    }
}

/// Whether the system at `root` lacks the release that it is of, and the Golden Image is that one. One that was
/// installed by an earlier version has none.
fn lacks_release(root: &Path, ledger: &Ledger) -> bool {
    let manifest = fs::read(root.join(saved::RELEASE).join(MANIFEST));
    let is_there = manifest.is_ok_and(|text| Digest::of(&text).to_string() == ledger.image);
    ledger.golden_image.is_none() && !is_there
}

/// Whether root has room for the release. A backup of a root that is full is worth more than what it is held against.
fn has_room(root: &Path, golden: &Golden) -> bool {
    /// The policy, the signature, and what a filesystem needs for three files.
    const BESIDE: u64 = 1 << 20;
    let needed = Bytes(golden.installer.image().manifest.text().len() as u64 + BESIDE);
    let fits = live::free(root).map(|free| free > needed);
    let fits = fits.inspect_err(|error| tracing::warn!("{error}")).unwrap_or(false);
    if !fits {
        tracing::warn!("root has no room for {}", saved::RELEASE);
    }
    fits
}

/// Whether to make a backup although these alarms hold it.
fn question(alarms: &[AlarmId]) -> Question {
    Question {
        text: say::backup::despite_alarm(alarms.join(", ")),
        answer: Answer::Yes,
        declined: plan::Refusal::Held(alarms.to_vec()).to_string(),
    }
}

impl Prepared {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.planned.plan, &self.planned.binding)
    }

    /// Why no factory state is made, where the appliance lacks one and the image can't be opened.
    pub const fn no_image(&self) -> Option<&anyhow::Error> {
        self.planned.no_image.as_ref()
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Option<Question> {
        self.despite.as_ref().map(|it| question(&it.alarms))
    }

    /// Makes it. Backups that are mounted, and used by nobody, are unmounted before. Who set alarms aside is noted
    /// before anything else.
    pub fn run(self, progress: &dyn Progress) -> Result<BootSetMeta> {
        let Self { env, planned, despite, .. } = &self;
        before_it_began(|| backups::release(&planned.binding.group))?;
        if let Some(Despite { store, alarms, reason }) = despite {
            let entry = Entry {
                at: env.now(),
                did: Did::BackedUp,
                alarms: alarms.clone(),
                paths: Vec::new(),
                reason: reason.clone(),
                who: Who::here(),
            };
            before_it_began(|| Ok(audit::append(store, &entry)?))?;
        }
        with_outcome(&env.root, planned.plan.operation, || {
            let steps = Steps::of(progress);
            let lost = match planned.run(&steps) {
                Ok(()) => None,
                Err(why) => match why.factory_fault() {
                    Some(fault) => Some(self.without_factory(&steps, fault, why)?),
                    None => return Err(why).context(Said::of(say::backup::failed)),
                },
            };
            let warnings = steps.warnings();
            if warnings.is_empty() && lost.is_none() {
                return Ok(());
            }
            let paused = Said::of(|| say::backup::made_but(list(&warnings)));
            let paused = Some(paused).filter(|_| !warnings.is_empty());
            let told: Vec<Said> = lost.into_iter().chain(paused).collect();
            Err(anyhow!(Said::of(|| told
                .iter()
                .map(Said::to_string)
                .collect::<Vec<_>>()
                .join(" "))))
        })?;
        Ok(self.saved)
    }

    /// Ends it without the factory state, since that could not be carried over to the new snapshot or detached: with
    /// the image at hand it is made once more, and the factory state anew; else the new snapshot becomes the latest.
    /// What has become of the factory state.
    fn without_factory(
        &self,
        steps: &Steps<'_>,
        fault: FactoryFault,
        why: ExecuteError,
    ) -> anyhow::Result<Said> {
        let why = text::kept(&why.into());
        tracing::error!("{why}");
        let made_anew = self.end_without_factory(steps, fault);
        let made_anew = made_anew.with_context(|| Said::of(say::backup::failed))?;
        Ok(Said::of(|| match (made_anew, fault) {
            (true, _) => say::backup::factory_made_anew(&why),
            (false, FactoryFault::NotFolded(_) | FactoryFault::Damaged(_)) => {
                say::backup::factory_lost(&why)
            }
            (false, FactoryFault::Unread(_)) => say::backup::factory_unread(&why),
        }))
    }

    /// Whether the factory state is made anew.
    fn end_without_factory(&self, steps: &Steps<'_>, fault: FactoryFault) -> anyhow::Result<bool> {
        let Self { env, policy, planned, saved, .. } = self;
        let mut found = appliance::running(&env.root, &policy.storage.group, false)?;
        found.appliance = found.appliance.with_factory_useless();
        let (golden, no_image) = image_needed(&env.root, &found);
        let plan = match (&golden, fault) {
            (Some(golden), _) => plan_with(env, policy, &found, Some(golden), saved, &[])?,
            (None, FactoryFault::NotFolded(step) | FactoryFault::Unread(step)) => {
                plan::without_factory(&planned.plan, step, false)
            }
            (None, FactoryFault::Damaged(step)) => plan::without_factory(&planned.plan, step, true),
        };
        ensure_valid(&plan, &found.appliance)?;
        let made_anew = golden.is_some();
        Planned { plan, binding: found.appliance.binding, golden, no_image }.run(steps)?;
        Ok(made_anew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_hold_a_backup_unless_somebody_says_why_they_do_not() {
        let alarms = || vec!["integrity".to_owned()];
        assert_eq!(divided(alarms(), None), (alarms(), None));
        let set_aside = divided(alarms(), Some("known".to_owned()));
        assert_eq!(set_aside, (Vec::new(), Some((alarms(), "known".to_owned()))));
        // Where there is none, there is nothing to ask and nobody to note.
        assert_eq!(divided(Vec::new(), Some("known".to_owned())), (Vec::new(), None));
    }

    #[test]
    fn a_no_to_alarms_leaves_the_backup_held_by_them() {
        let held = question(&["integrity".to_owned()]).declined;
        assert!(held.contains("integrity"), "{held}");
    }
}
