//! `zshield recover`: back to a backup, while the system runs or at the next start.

mod live;
mod shown;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use zshield_golden::signature::Requirement;
use zshield_host::BOOT_DIRECTORY;
use zshield_host::appliance::{self, Found};
use zshield_host::{execute, live as host, lock, observe, order};
use zshield_messages::say;
use zshield_plan::live::may_go_on;
use zshield_plan::model::Target;
use zshield_plan::plan::Operation;
use zshield_plan::policy::{GroupName, Policy, VolumeName};
use zshield_plan::recover::{RestoreSource, restore_source};

use self::live::Live;
use super::running::{self, Lines};
use super::{path, question};
use crate::report::refused;
use zshield_operations::exit::RESTART_NEEDED;
use zshield_operations::installer::Installer;
use zshield_operations::recover::at_rest;
use zshield_operations::{Env, Error, env, text};

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    env::needs_root()?;
    running::start_log();
    let name = matches.get_one::<String>("target").map_or("", String::as_str);
    let Some(target) = Target::parse(name) else { return Ok(ExitCode::from(2)) };
    let _held = lock::hold("recover").map_err(|busy| refused(busy.to_string()))?;
    execute::unmount_left()?;
    if matches.contains_id("slot") {
        return at_once(matches, target);
    }
    let root = path(matches, "root");
    let policy = Env::at(root.as_path()).policy();
    let found = appliance::running(&root, &group(&root, &policy)?, true)?;
    let source = restore_source(&found.appliance, target).map_err(|why| {
        refused(
            say::recover::Refused { target: target.to_string(), why: why.to_string() }.to_string(),
        )
    })?;
    let only = live::only(&root, matches)?;
    if let RestoreSource::CopyBack { snapshot, .. } = &source
        && !matches.get_flag("offline")
        && may_go_on(&found.appliance, target, &only)
    {
        let snapshot = VolumeName::new(*snapshot).context("snapshot")?;
        let policy = policy.or_else(|why| policy_of_backup(&found, &snapshot, &why))?;
        return Live { root: &root, policy, found: &found, target, snapshot, only }.run(matches);
    }
    if matches.contains_id("only") {
        return Err(refused(say::live::only_live()));
    }
    offline(matches, &root, found.appliance.begun, target, &source)
}

/// This machine's group, whatever has become of its policy.
fn group(root: &Path, policy: &Result<Policy>) -> Result<GroupName> {
    match policy {
        Ok(policy) => Ok(policy.storage.group.clone()),
        Err(why) => appliance::group_of(root)?.ok_or_else(|| refused(text::chain(why))),
    }
}

/// The policy of the system that comes back, in place of one that can't be read.
fn policy_of_backup(found: &Found, snapshot: &VolumeName, why: &anyhow::Error) -> Result<Policy> {
    err!("{}", say::live::policy_of_backup(text::chain(why)));
    let text = host::text_of(&found.appliance.binding, snapshot, env::POLICY)?;
    let policy = Policy::parse(&text, Path::new(env::POLICY));
    policy.map_err(|error| refused(error.to_string()))
}

/// Has the next start return there.
fn offline(
    matches: &ArgMatches,
    root: &Path,
    begun: Option<Target>,
    target: Target,
    source: &RestoreSource<'_>,
) -> Result<ExitCode> {
    let dry_run = matches.get_flag("dry-run");
    if matches.get_flag("json") {
        out!("{}", serde_json::json!({ "target": target, "way": shown_for_scripts(source) }));
    } else {
        out!("{}", text(source, target));
        if let Some(begun) = begun {
            out!("{}", say::recover::replaces(begun.to_string()));
        }
    }
    if dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if !matches.get_flag("yes") && !question::agreed(&say::recover::agree())? {
        return Err(refused(say::recover::not_agreed()));
    }
    order::schedule_restore(&root.join(BOOT_DIRECTORY), begun, target)?;
    if matches.get_flag("restart") {
        err!("{}", say::recover::restarting(target.to_string()));
        running::restart()?;
    } else {
        err!("{}", say::recover::armed(target.to_string()));
    }
    Ok(ExitCode::from(RESTART_NEEDED))
}

/// What the rescue system does, for one that is not led by its dialog.
fn at_once(matches: &ArgMatches, target: Target) -> Result<ExitCode> {
    let slot = path(matches, "slot");
    let partition = observe::partition_of(&slot)?;
    let installer = Installer::open(&slot, partition, &path(matches, "keys"), Requirement::Signed)?;
    if !matches.get_flag("yes") && !question::agreed(&say::recover::agree())? {
        return Err(refused(say::recover::not_agreed()));
    }
    let lines = Lines::of(Operation::Recover(target), matches.get_flag("json"));
    at_rest::prepare(&installer, target)
        .and_then(|it| it.run(&lines))
        .map_err(Error::into_anyhow)?;
    Ok(ExitCode::SUCCESS)
}

fn text(source: &RestoreSource<'_>, target: Target) -> String {
    let (head, lost) = match source {
        RestoreSource::CopyBack { facts, .. } => {
            let version = facts.saved.as_ref().map_or("", |saved| &saved.version);
            let time = text::time(facts.created);
            let head =
                say::recover::WaySnapshot { target: target.to_string(), time, version }.to_string();
            (head, say::recover::lost())
        }
        RestoreSource::Unpack(why) => (
            say::recover::WayUnpack { target: target.to_string(), why: why.to_string() }
                .to_string(),
            say::recover::lost_factory_snapshot(),
        ),
    };
    format!("{head}\n{lost}")
}

fn shown_for_scripts(source: &RestoreSource<'_>) -> serde_json::Value {
    match source {
        RestoreSource::CopyBack { snapshot, facts } => {
            serde_json::json!({ "copy-back": { "snapshot": snapshot, "facts": facts } })
        }
        RestoreSource::Unpack(_) => serde_json::json!("unpack"),
    }
}
