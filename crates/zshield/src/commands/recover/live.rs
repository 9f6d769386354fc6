//! `zshield recover` without a restart: what differs is shown, agreed to, and put right.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::ArgMatches;
use zshield_golden::EntryPath;
use zshield_host::appliance::Found;
use zshield_host::live::{self as host, Seen};
use zshield_host::workplace::Workplace;
use zshield_host::{execute, mounted_within, services as processes};
use zshield_live::Change;
use zshield_messages::say;
use zshield_plan::live::{self, Changed, Left, Room, Running, Services};
use zshield_plan::plan::Plan;
use zshield_plan::policy::{Policy, VolumeName};
use zshield_plan::recover::Target;
use zshield_plan::step::Files;

use super::RESTART_NEEDED;
use super::shown::{self, Outlook};
use crate::commands::question;
use crate::commands::running::{self, Lines};
use crate::report::refused;

/// One recovery of the running system.
pub(super) struct Live<'a> {
    pub(super) root: &'a Path,
    pub(super) policy: Policy,
    pub(super) found: &'a Found,
    pub(super) target: Target,
    pub(super) snapshot: VolumeName,
}

impl Live<'_> {
    pub(super) fn run(&self, matches: &ArgMatches) -> Result<ExitCode> {
        let files = self.files(matches)?;
        let binding = &self.found.appliance.binding;
        let seen = host::look(binding, &self.snapshot, self.root, &files)?;
        let changed = changed(&seen);
        let services = self.services(&changed)?;
        let (plan, json) = (self.plan(&files, &services)?, matches.get_flag("json"));
        let with_boot = live::restores_boot(&files);
        let outlook = Outlook { target: self.target, seen: &seen, services: &services, with_boot };
        let dry_run = matches.get_flag("dry-run");
        if !json {
            out!("{}", outlook.text());
        }
        if dry_run || outlook.is_nothing() {
            if json {
                out!("{:#}", outlook.for_scripts(None)?);
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
        self.carry_out(&plan, json)?;
        let left = left(&changed, &services);
        self.finish(&outlook, &left, matches.get_flag("restart"), json)
    }

    /// Which files it is about.
    fn files(&self, matches: &ArgMatches) -> Result<Files> {
        let asked = matches.get_many::<PathBuf>("only").into_iter().flatten();
        let mut only = asked.map(|path| self.within(path)).collect::<Result<Vec<String>>>()?;
        if only.iter().any(|path| path == ".") {
            // The root is everything.
            only.clear();
        }
        let mounted = mounted_within(self.root)?;
        let mounted: Vec<String> = mounted.iter().map(EntryPath::to_string).collect();
        Ok(live::files(only, &self.policy, &mounted, matches.get_flag("deep")))
    }

    /// A path as the system itself has it: the folders that lead to it may be links, as `/bin` is.
    fn within(&self, path: &Path) -> Result<String> {
        let plain = path.strip_prefix("/").unwrap_or(path);
        let (root, full) = (self.root.canonicalize()?, self.root.join(plain));
        let folder = full.parent().and_then(|folder| folder.canonicalize().ok());
        let real = folder.zip(full.file_name()).map(|(folder, name)| folder.join(name));
        let within = real.as_deref().and_then(|real| real.strip_prefix(&root).ok());
        let path = EntryPath::new(within.unwrap_or(plain).as_os_str().as_encoded_bytes());
        path.map(|path| path.to_string()).map_err(|error| refused(error.to_string()))
    }

    /// What is to be done with services; nothing for a system that does not run.
    fn services(&self, changed: &Changed) -> Result<Services> {
        if self.root != Path::new("/") {
            return Ok(Services::default());
        }
        let all = changed.written.iter().chain(&changed.removed);
        let settings: Vec<String> = all.filter(|path| path.starts_with("/etc/")).cloned().collect();
        Ok(live::services(changed, &processes::facts(&settings)?))
    }

    fn plan(&self, files: &Files, services: &Services) -> Result<Plan> {
        let Found { appliance, ledger } = self.found;
        let root = self.root.to_string_lossy();
        let running = Running { appliance, ledger, root: &root };
        let plan = live::plan(&running, self.target, files, services).map_err(|why| {
            refused(say::recover::refused(self.target.to_string(), why.to_string()))
        })?;
        running::lawful(&plan, appliance)?;
        Ok(plan)
    }

    fn carry_out(&self, plan: &Plan, json: bool) -> Result<()> {
        let binding = self.found.appliance.binding.clone();
        let workplace = Workplace { binding, image: None, record: None, log: None, stick: None };
        running::with_outcome(self.root, plan.operation, || {
            let lines = Lines::of(plan.operation, json);
            execute::carry_out(plan, &workplace, &lines).context(say::live::failed())?;
            lines.warnings().map_or(Ok(()), |why| Err(anyhow!(why)))
        })
    }

    /// Says what is left to do.
    fn finish(
        &self,
        outlook: &Outlook<'_>,
        left: &[Left],
        restart: bool,
        json: bool,
    ) -> Result<ExitCode> {
        let needed = outlook.kernel() || !left.is_empty();
        if json {
            out!("{:#}", outlook.for_scripts(Some(left))?);
        } else {
            out!("{}", say::live::done(self.target.to_string()));
            shown::left(left, needed);
        }
        if needed && restart {
            running::restart()?;
        }
        Ok(if needed { ExitCode::from(RESTART_NEEDED) } else { ExitCode::SUCCESS })
    }
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
