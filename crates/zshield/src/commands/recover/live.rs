//! `zshield recover` without a restart: what differs is shown, agreed to, and put right.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zshield_plan::model::{Files, Target};
use zshield_plan::repair;

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use zshield_golden::EntryPath;
use zshield_host::appliance::Found;
use zshield_host::context::ExecContext;
use zshield_host::live::{self as host, Seen};
use zshield_host::{execute, mounted_within, services as processes};
use zshield_live::Change;
use zshield_messages::say;
use zshield_plan::live::{self, Changed, Left, Room, Running, Services};
use zshield_plan::plan::Plan;
use zshield_plan::policy::{Policy, VolumeName};

use super::shown::{LivePreview, Remains};
use crate::commands::question;
use crate::commands::running::{self, Lines};
use crate::report::refused;
use zshield_operations::execution;
use zshield_operations::exit::RESTART_NEEDED;
use zshield_operations::progress::Steps;
use zshield_operations::recover::pending_restarts;

/// One recovery of the running system.
pub(super) struct Live<'a> {
    pub(super) root: &'a Path,
    pub(super) policy: Policy,
    pub(super) found: &'a Found,
    pub(super) target: Target,
    pub(super) snapshot: VolumeName,
    /// Which files alone.
    pub(super) only: Vec<String>,
}

impl Live<'_> {
    pub(super) fn run(&self, matches: &ArgMatches) -> Result<ExitCode> {
        let files = self.files(matches.get_flag("deep"))?;
        let binding = &self.found.appliance.binding;
        let seen = host::look(binding, &self.snapshot, self.root, &files)?;
        let changed = changed(&seen);
        let services = self.services(&changed)?;
        let (plan, json) = (self.plan(&files, &services)?, matches.get_flag("json"));
        let with_boot = repair::restores_boot(&files);
        let preview =
            LivePreview { target: self.target, seen: &seen, services: &services, with_boot };
        let dry_run = matches.get_flag("dry-run");
        if !json {
            out!("{}", preview.text());
        }
        // One that has begun is still to be proved and ended.
        let is_done = preview.is_nothing() && self.found.appliance.begun.is_none();
        if dry_run || is_done {
            if json {
                out!("{:#}", preview.for_scripts(None)?);
            } else if dry_run {
                out!("{}", plan.shown(binding).trim_end());
            }
            return Ok(ExitCode::SUCCESS);
        }
        if seen.room == Room::Short {
            return Err(refused(say::live::no_room()));
        }
        if !matches.get_flag("yes") && !question::agreed(&say::live::agree())? {
            return Err(refused(say::recover::not_agreed()));
        }
        let warnings = self.execute_unjournaled(&plan, &services, json)?;
        let left = left(&changed, &services);
        let remains = Remains { left, waiting: services.waiting.clone(), warnings };
        self.finish(&preview, &remains, matches.get_flag("restart"), json)
    }

    /// Which files it is about.
    fn files(&self, deep: bool) -> Result<Files> {
        let mounted = mounted_within(self.root)?;
        let mounted: Vec<String> = mounted.iter().map(EntryPath::to_string).collect();
        Ok(live::files(self.only.clone(), &self.policy, &mounted, deep))
    }

    /// Whether it is the system that runs.
    fn runs(&self) -> bool {
        self.root == Path::new("/")
    }

    /// What is to be done with services; nothing for a system that does not run.
    fn services(&self, changed: &Changed) -> Result<Services> {
        if !self.runs() {
            return Ok(Services::default());
        }
        let all = changed.written.iter().chain(&changed.removed);
        let settings: Vec<String> = all.filter(|path| path.starts_with("/etc/")).cloned().collect();
        let services = live::services(changed, &processes::facts(&settings)?);
        if self.found.appliance.begun.is_none() {
            return Ok(services);
        }
        Ok(services.and_pending(pending_restarts::read()?))
    }

    fn plan(&self, files: &Files, services: &Services) -> Result<Plan> {
        let Found { appliance, ledger } = self.found;
        let root = self.root.to_string_lossy();
        let running = Running { appliance, ledger, root: &root };
        let plan = live::plan(&running, self.target, files, services).map_err(|why| {
            refused(
                say::recover::Refused { target: self.target.to_string(), why: why.to_string() }
                    .to_string(),
            )
        })?;
        execution::ensure_valid(&plan, appliance)?;
        Ok(plan)
    }

    /// Does it, and tells which services did not follow.
    fn execute_unjournaled(
        &self,
        plan: &Plan,
        services: &Services,
        json: bool,
    ) -> Result<Vec<String>> {
        let binding = self.found.appliance.binding.clone();
        let context = ExecContext { binding, image: None, record: None, log: None, stick: None };
        let lines = Lines::of(plan.operation, json);
        if self.runs() {
            pending_restarts::note(services)?;
        }
        let done = execution::with_outcome(self.root, plan.operation, || {
            execute::execute_unjournaled(plan, &context, &Steps(&lines))
                .context(say::live::failed())
        });
        let warnings = lines.each_warning();
        if done.is_err() {
            for warning in &warnings {
                err!("{warning}");
            }
        } else if self.runs() {
            pending_restarts::clear()?;
        }
        done.map(|()| warnings)
    }

    /// Says what is left to do.
    fn finish(
        &self,
        preview: &LivePreview<'_>,
        remains: &Remains,
        restart: bool,
        json: bool,
    ) -> Result<ExitCode> {
        let needed = preview.kernel() || !remains.is_nothing();
        if json {
            out!("{:#}", preview.for_scripts(Some(remains))?);
        } else {
            out!("{}", say::live::done(self.target.to_string()));
            remains.say(needed);
        }
        if needed && restart {
            running::restart()?;
        }
        Ok(if needed { ExitCode::from(RESTART_NEEDED) } else { ExitCode::SUCCESS })
    }
}

/// The files that were asked for; none where it is all of them.
pub(super) fn only(root: &Path, matches: &ArgMatches) -> Result<Vec<String>> {
    let asked = matches.get_many::<PathBuf>("only").into_iter().flatten();
    let mut only = asked.map(|path| within(root, path)).collect::<Result<Vec<String>>>()?;
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
    path.map(|path| path.to_string()).map_err(|error| refused(error.to_string()))
}

/// The files whose content changes, as the running system names them.
fn changed(seen: &Seen) -> Changed {
    let mut changed = Changed::default();
    for change in seen.difference.changes.iter().filter(|change| change.replaces()) {
        let path = Path::new("/").join(change.path().as_path()).to_string_lossy().into_owned();
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
    stale.map(|it| Left { pid: it.pid, name: it.name, unit: it.unit }).collect()
}
