//! A new version, put in the place of the one that runs: a whole one, or files or packages over it.
//!
//! All that can be refused is refused before anything is changed: bundle, machine, damage, clashes, room, services. Then a
//! backup is made, which is the way back, and the plan is carried out ([`zshield_plan::upgrade_plan::apply`]). From the
//! moment at which the recovery is armed the machine goes back at its next start, whatever happens, until the last
//! step puts the new version on trial.

mod boot_change;
mod compared;
mod contents;
mod noted;
mod packages;
mod prepare;
mod preview;
mod version;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use zshield_bundle::head::{self, Stage};
use zshield_bundle::source::Source;
use zshield_host::appliance::{self, Found};
use zshield_host::context::ExecContext;
use zshield_host::health::before;
use zshield_host::upgrade::{Content, Program, Ready, Watch};
use zshield_host::{execute, lock, upgrade_record};
use zshield_messages::{Said, say};
use zshield_plan::live::Services;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::{AskedBy, Record};
use zshield_plan::upgrade_plan::apply::{self as steps, Extent, Programs, Restart};
use zshield_units::Bytes;

use self::boot_change::BootFiles;
use self::compared::Compared;
use self::contents::{NewContents, OldContents};
use self::noted::Noted;
use self::packages::Packages;
pub use self::preview::Preview;
use self::version::NewVersion;
pub(super) use self::version::{Host, machine};
use super::gate;
use super::source::{self, Opened};
use crate::backup;
use crate::env::Env;
use crate::error::{Refusal, before_it_began};
use crate::execution::{ensure_valid, with_outcome};
use crate::progress::{Progress, Steps};
use crate::question::Question;
use crate::settle;
use crate::text;

/// Whatever a bundle is read from.
pub type AnySource = Box<dyn Source + Send + Sync>;

/// The directory that an upgrade is staged in, below root.
const STAGING: &str = "var/lib/zshield/upgrade";

/// What a caller decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A file of answers to clashes.
    pub answers: Option<PathBuf>,
    /// Who wants it.
    pub asked_by: AskedBy,
}

/// An upgrade that can be run.
pub struct Prepared {
    env: Env,
    policy: Policy,
    found: Found,
    new: NewVersion,
    old_manifest: zshield_golden::manifest::Manifest,
    old_policy: String,
    compared: Compared,
    boot: BootFiles,
    packages: Option<Packages>,
    services: Services,
    record: Record,
    held: Arc<lock::Held>,
}

/// What comes after an upgrade was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The machine is started again, and then says whether the new version is healthy.
    Restart,
    /// The new version runs, and is looked at now.
    Gate,
}

/// Opens a bundle that was named: a file, or one on a web server, as this machine's policy says.
pub fn open(env: &Env, named: &OsStr) -> crate::Result<Opened> {
    before_it_began(|| Ok(source::open(named, &env.policy()?).map_err(Refusal::operation)?))
}

/// Looks at bundle and machine, and plans the upgrade. It changes nothing but mounts that an operation has left.
pub fn prepare(env: &Env, source: AnySource, options: Options) -> crate::Result<Prepared> {
    before_it_began(|| prepare::prepared(env, source, options))
}

impl Prepared {
    /// What it would do.
    pub fn preview(&self) -> Preview<'_> {
        Preview {
            from: &self.found.ledger.version,
            head: self.new.bundle.head(),
            decision: &self.compared.decision,
            packages: self.packages.as_ref().map(|packages| packages.found.as_slice()),
            services: &self.services,
            restart: self.restart(),
        }
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        self.preview().question()
    }

    /// The plan, as it would be with the backup that is made first; and where its disks are now.
    pub fn plan(&self) -> crate::Result<(Plan, &Binding)> {
        let plan = self.planned(&self.found)?;
        Ok((plan, &self.found.appliance.binding))
    }

    fn restart(&self) -> Restart {
        match self.new.bundle.head().restart {
            head::Restart::Nothing => Restart::Nothing,
            head::Restart::Services => Restart::Services,
            head::Restart::Machine => Restart::Machine,
        }
    }

    fn planned(&self, found: &Found) -> Result<Plan> {
        let head = self.new.bundle.head();
        let programs = |stage| {
            let of_stage =
                head.hooks.iter().enumerate().filter(move |(_, hook)| hook.stage == stage);
            of_stage.map(|(number, _)| program_name(number)).collect::<Vec<_>>()
        };
        let staged = &self.compared.staged;
        let plan = steps::plan(steps::Inputs {
            appliance: &found.appliance,
            ledger: &found.ledger,
            root: &self.env.root.to_string_lossy(),
            staging: &self.env.root.join(STAGING).to_string_lossy(),
            to: prepare::to(&self.new),
            record: self.record.clone(),
            extent: Extent {
                entries: staged.subset.entries().len(),
                bytes: Bytes(staged.subset.bytes()),
                changes: staged.difference.changes.len(),
            },
            packages: self.packages.as_ref().map(Packages::planned),
            programs: Programs {
                before: programs(Stage::Before),
                after: programs(Stage::After),
                limit: self.policy.backup.hook_limit.0,
            },
            services: &self.services,
            boot: self.boot.change.clone(),
            restart: self.restart(),
            now: self.env.now(),
        });
        Ok(plan.map_err(Refusal::operation)?)
    }

    /// Makes the backup, and applies the new version.
    pub fn run(self, progress: &dyn Progress) -> crate::Result<Next> {
        let made = backup::prepare_holding(&self.env, backup::Options::default(), &self.held)?;
        made.run(progress)?;
        let group = &self.policy.storage.group;
        let found = appliance::running(&self.env.root, group, true)?;
        self.build_slot(&found, progress)?;
        let plan = self.planned(&found)?;
        ensure_valid(&plan, &found.appliance)?;
        if self.env.runs() {
            before::write(&self.env.root)?;
        }
        let next = match self.restart() {
            Restart::Machine => Next::Restart,
            Restart::Nothing | Restart::Services => Next::Gate,
        };
        with_outcome(&self.env.root, plan.operation, || self.apply(&plan, &found, progress))?;
        Ok(next)
    }

    /// Puts the new Golden Image together in the inactive slot, where the factory state moves along. The active one is
    /// what it was, whatever comes of it.
    fn build_slot(&self, found: &Found, progress: &dyn Progress) -> Result<()> {
        let NewVersion { bundle, index, .. } = &self.new;
        match bundle.head().factory {
            head::Factory::Stays => return Ok(()),
            head::Factory::Follows => {}
        }
        let new = settle::new_slot(found, bundle, index, &self.new.keyring.trusted())?;
        let built = new.map_or(Ok(()), |new| settle::build(found, &new, progress));
        built.context(Said::of(say::upgrade::failed_before_change))
    }

    fn apply(&self, plan: &Plan, found: &Found, progress: &dyn Progress) -> Result<()> {
        let Self { new, compared, .. } = self;
        // The new manifest was made of the one below before.
        let manifests = [&self.old_manifest, &self.old_manifest];
        let old = OldContents::of(&self.env.root, manifests, &self.old_policy)?;
        let (bundle, index, texts) = (&new.bundle, &new.index, &compared.staged.texts);
        let contents = NewContents { old: &old, bundle, index, texts };
        let programs = bundle.head().hooks.iter().enumerate().map(|(number, hook)| {
            let size = index.content(&hook.blake3).map_or(0, |content| content.size);
            Program { name: program_name(number), content: Content { digest: hook.blake3, size } }
        });
        let noted = Noted {
            env: &self.env,
            policy: &self.policy,
            release: &new.release,
            number: new.layer,
            place: self.record.now().and_then(|now| gate::place(&self.env, &self.policy, now)),
            before: Mutex::default(),
        };
        let watch = |packages: &Packages| (packages.files.clone(), &noted as &dyn Watch);
        let packages = self.packages.as_ref().map(watch);
        // What packages will have changed is noted when they have.
        let release = if packages.is_some() { Vec::new() } else { new.release.clone() };
        let ready = Ready {
            staged: &compared.staged,
            contents: &contents,
            boot: self.boot.files.clone(),
            programs: programs.collect(),
            packages,
            release,
            accept: &|paths| compared::accept(&self.env, paths),
        };
        let mut context = ExecContext::of(found.appliance.binding.clone());
        context.upgrade = Some(&ready);
        let steps = Steps::of(progress);
        let done = execute::execute_unjournaled(plan, &context, &steps);
        done.map_err(|why| self.left(why.into()))
    }

    /// An upgrade that failed: where it had begun, the record says so before anybody reads it, and the machine goes
    /// back at its next start.
    fn left(&self, why: anyhow::Error) -> anyhow::Error {
        let boot = self.env.boot();
        let is_begun = |record: &Record| record.now().is_some();
        let armed = zshield_host::grubenv::Grubenv::in_directory(&boot)
            .read()
            .is_ok_and(|environment| environment.begun().is_some());
        let record = upgrade_record::read(&boot).ok().filter(is_begun);
        let Some(record) = record.filter(|_| armed) else {
            return why.context(Said::of(say::upgrade::failed_before_change));
        };
        let reason = Reason::Step { step: step_of(&why), why: text::kept(&why) };
        let noted = record.go_back(reason, self.env.now()).map_err(anyhow::Error::from);
        let noted = noted.and_then(|record| Ok(upgrade_record::write(&boot, &record)?));
        if let Err(error) = noted {
            tracing::error!("{error:#}");
        }
        why.context(Said::of(say::upgrade::failed_goes_back))
    }
}

/// The name of the step that failed.
fn step_of(why: &anyhow::Error) -> String {
    match why.downcast_ref::<execute::ExecuteError>() {
        Some(execute::ExecuteError::Step { name, .. }) => (*name).to_owned(),
        Some(execute::ExecuteError::Journal(_) | execute::ExecuteError::Clear(_)) | None => {
            String::new()
        }
    }
}

/// The file of a bundle's program.
fn program_name(number: usize) -> String {
    format!("{number:02}")
}
