//! A recovery without a restart: what differs is shown, agreed to, and put right.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zshield_golden::{EntryPath, PathError};
use zshield_host::appliance::Found;
use zshield_host::context::ExecContext;
use zshield_host::grubenv::Grubenv;
use zshield_host::live::{self as host, Seen};
use zshield_host::tools::Tools;
use zshield_host::{execute, lock, mounted_within, observe, services as processes};
use zshield_live::Change;
use zshield_messages::{Said, say};
use zshield_plan::install::partition_ids;
use zshield_plan::live::{self, Changed, Left, Process, Running, Services};
use zshield_plan::model::{Binding, Files, Target};
use zshield_plan::plan::Plan;
use zshield_plan::policy::Policy;
use zshield_plan::repair;
use zshield_plan::upgrade::floor::Against;
use zshield_plan::way_back::FileSource;

use super::pending_restarts;
use super::preview::{LivePreview, Remains};
use super::refusal::{NotRecovered, unavailable};
use crate::env::Env;
use crate::error::Refusal;
use crate::execution::{ensure_valid, with_outcome};
use crate::floor;
use crate::interruption::{self, Interruption};
use crate::progress::{Progress, Steps};
use crate::question::Question;

/// A recovery that can be run.
pub struct Prepared {
    env: Env,
    found: Found,
    target: Target,
    seen: Seen,
    changed: Changed,
    services: Services,
    with_boot: bool,
    /// Whether `/boot` has lost its ledger.
    lost_ledger: bool,
    plan: Plan,
    /// Why the policy of the backup is used: the one of the running system can't be.
    pub policy_of_backup: Option<anyhow::Error>,
    /// Why the services that use changed settings are not all known.
    pub owners_unknown: Option<anyhow::Error>,
    /// Whose programs are run.
    tools: Tools,
    /// What stands against a state that is too old.
    against: Option<Against>,
    _held: lock::Held,
}

/// What it is about.
pub(super) struct Wanted {
    pub(super) target: Target,
    pub(super) from: FileSource,
    pub(super) policy: Policy,
    pub(super) policy_of_backup: Option<anyhow::Error>,
    /// These files alone; none where it is all of them.
    pub(super) only: Vec<String>,
    pub(super) deep: bool,
    /// Whether `/boot` has lost its ledger.
    pub(super) lost_ledger: bool,
}

/// Compares the running system with the backup, and plans the recovery. It changes nothing.
pub(super) fn prepare(
    env: &Env,
    held: lock::Held,
    tools: Tools,
    found: Found,
    wanted: Wanted,
) -> Result<Prepared> {
    let Wanted { target, from, policy, policy_of_backup, only, deep, lost_ledger } = wanted;
    let mounted = mounted_within(&env.root)?;
    let mounted: Vec<String> = mounted.iter().map(EntryPath::to_string).collect();
    let files = live::files(only, &policy, &mounted, deep);
    let seen = host::look(&found.appliance.binding, from, &env.root, &files)?;
    let changed = changed(&seen);
    let begun = found.appliance.begun.is_some();
    let (services, owners_unknown) = services(env, &changed, &seen.writers, begun)?;
    let plan = plan(env, &found, target, &files, &services)?;
    let against = super::against(&found, target, &plan.version);
    Ok(Prepared {
        env: env.clone(),
        found,
        target,
        seen,
        changed,
        services,
        with_boot: repair::restores_boot(&files),
        plan,
        lost_ledger,
        policy_of_backup,
        owners_unknown,
        tools,
        against,
        _held: held,
    })
}

/// What is to be done with services, and why some of them may be missing; of a system that does not run,
/// only who writes to it. One that has begun still owes them something.
fn services(
    env: &Env,
    changed: &Changed,
    writers: &[Process],
    begun: bool,
) -> Result<(Services, Option<anyhow::Error>)> {
    if !env.runs() {
        let writers = live::services(changed, &processes::only_writers(writers)).writers;
        return Ok((Services { writers, ..Services::default() }, None));
    }
    let all = changed.written.iter().chain(&changed.removed);
    let settings: Vec<String> = all.filter(|path| path.starts_with("/etc/")).cloned().collect();
    let (inventory, unknown) = processes::facts(&settings, writers)?;
    let services = live::services(changed, &inventory);
    let services = if begun { services.and_pending(pending_restarts::read()?) } else { services };
    Ok((services, unknown.map(Into::into)))
}

fn plan(
    env: &Env,
    found: &Found,
    target: Target,
    files: &Files,
    services: &Services,
) -> Result<Plan> {
    let Found { appliance, ledger, .. } = found;
    let root = env.root.to_string_lossy();
    let partitions = partition_ids(&appliance.binding, &observe::disks_with_ids()?, ledger.slot);
    let running = Running { appliance, ledger, root: &root, partitions: partitions.as_ref() };
    let plan =
        live::plan(&running, target, files, services).map_err(|why| unavailable(target, why))?;
    ensure_valid(&plan, appliance)?;
    Ok(plan)
}

impl Prepared {
    /// The plan, and where its disks are now.
    pub const fn plan(&self) -> (&Plan, &Binding) {
        (&self.plan, &self.found.appliance.binding)
    }

    /// Whose programs are run, where those of the system don't start.
    pub fn note_of_tools(&self) -> Option<String> {
        super::note_of_tools(&self.tools)
    }

    /// What it would change.
    pub const fn preview(&self) -> LivePreview<'_> {
        let Self { target, seen, services, with_boot, .. } = self;
        LivePreview { target: *target, seen, services, with_boot: *with_boot }
    }

    /// Whether there is nothing to run. One that has begun is still to be proved and ended, and a ledger
    /// that is lost is written by one.
    pub fn is_nothing(&self) -> bool {
        let begun = self.found.appliance.begun.is_some();
        self.preview().is_nothing() && !begun && !self.lost_ledger
    }

    /// What the caller has to agree to; a refusal where it can't be done.
    pub fn question(&self) -> Result<Question, Refusal> {
        let question = self.preview().question()?;
        Ok(self.against.as_ref().map_or(question, floor::question))
    }

    /// Does it. What the services did not follow is a warning of the outcome.
    pub fn run(&self, progress: &dyn Progress) -> crate::Result<Remains> {
        self.question()?;
        let context = ExecContext::of(self.found.appliance.binding.clone());
        let steps = Steps::of(progress);
        if self.env.runs() {
            pending_restarts::note(&self.services)?;
        }
        // Half-way nobody is served: neither who closed a terminal nor who asks it to end.
        let told = |what| match what {
            Interruption::HangUp => {}
            Interruption::End => progress.tell(&say::live::goes_on()),
        };
        interruption::meanwhile(told, || {
            with_outcome(&self.env.root, self.plan.operation, || {
                let done = execute::execute_unjournaled(&self.plan, &context, &steps);
                done.with_context(|| Said::of(|| self.state_left()))
            })
        })??;
        if self.env.runs() {
            pending_restarts::clear()?;
        }
        Ok(Remains {
            kernel: self.preview().kernel(),
            left: left(&self.changed, &self.services),
            waiting: self.services.waiting.clone(),
            warnings: steps.warnings().iter().map(Said::to_string).collect(),
        })
    }
}

impl Prepared {
    /// The state that a failure has left, as GRUB's environment has it.
    fn state_left(&self) -> String {
        let environment = Grubenv::in_directory(&self.env.boot()).read();
        let is_armed = environment.map_or(true, |environment| environment.begun().is_some());
        if is_armed { say::live::failed() } else { say::live::failed_before() }
    }
}

/// The files that were asked for; none where it is all of them.
pub(super) fn only(root: &Path, asked: &[PathBuf]) -> Result<Vec<String>> {
    let asked = asked.iter().map(|path| within(root, path));
    let mut only = asked.collect::<Result<Vec<String>>>()?;
    if only.iter().any(|path| path == ".") {
        // The root is everything.
        only.clear();
    }
    Ok(only)
}

/// A path as the system itself has it: the directories that lead to it may be links, as `/bin` is.
fn within(root: &Path, path: &Path) -> Result<String> {
    let plain = path.strip_prefix("/").unwrap_or(path);
    let (real_root, full) = (root.canonicalize()?, root.join(plain));
    let directory = full.parent().and_then(|directory| directory.canonicalize().ok());
    let real = directory.zip(full.file_name()).map(|(directory, name)| directory.join(name));
    let within = real.as_deref().and_then(|real| real.strip_prefix(&real_root).ok());
    let path = EntryPath::new(within.unwrap_or(plain).as_os_str().as_encoded_bytes());
    let refused = |error: PathError| Refusal::operation(NotRecovered::Path(error.to_string()));
    Ok(path.map_err(refused)?.to_string())
}

/// The files whose content changes, as the running system names them.
fn changed(seen: &Seen) -> Changed {
    let mut changed = Changed::default();
    for change in seen.difference.changes.iter().filter(|change| change.replaces()) {
        let path = format!("/{}", change.path());
        let names = match change {
            Change::Remove { .. } => &mut changed.removed,
            Change::Write { .. } | Change::Link { .. } | Change::Attributes { .. } => {
                &mut changed.written
            }
        };
        names.insert(path);
    }
    changed
}

/// Who goes on with files that have lost their names: looked at, not expected.
fn left(changed: &Changed, services: &Services) -> Vec<Left> {
    if services.left.is_empty() && changed.written.is_empty() && changed.removed.is_empty() {
        return Vec::new();
    }
    let own = std::process::id();
    let all = processes::processes().into_iter().filter(|process| process.pid != own);
    let stale = all.filter(|process| process.lost.iter().any(|path| changed.has(path)));
    stale.map(|it| Left::of(&it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn files_are_named_as_the_system_has_them_and_the_root_is_all_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir_all(root.join("usr/bin")).unwrap();
        std::os::unix::fs::symlink("usr/bin", root.join("bin")).unwrap();
        let names =
            |asked: &[&str]| only(root, &asked.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(names(&["/bin/ls", "etc/hosts"]).unwrap(), ["usr/bin/ls", "etc/hosts"]);
        assert!(names(&["/bin/ls", "/"]).unwrap().is_empty());
        let refusal = fixture::refusal(names(&["/bin/../.."]).unwrap_err());
        assert!(matches!(refusal.own(), Some(NotRecovered::Path(_))), "{refusal}");
    }
}
