//! `zshield install`: from the command line, or as a plan for a machine in a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ArgMatches;
use zshield_golden::signature::Requirement;
use zshield_host::observe;
use zshield_messages::say;
use zshield_plan::choice::{Considered, PassedOver};
use zshield_plan::id::Uuid;
use zshield_plan::install::{Assessment, Ids, Inputs, Loss, Refusal, assess};
use zshield_plan::journal::Journal;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::role::Role;
use zshield_plan::world::World;
use zshield_units::UnixTime;

use super::running::{Lines, print_plan, start_log};
use super::{path, question};
use crate::report::refused;
use zshield_operations::env;
use zshield_operations::installer::Installer;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let json = matches.get_flag("json");
    if let Some(world) = matches.get_one::<PathBuf>("world") {
        let (plan, binding) = plan_for_file(matches, world)?;
        return print_plan(&plan, &binding, json);
    }
    start_log();
    let slot = path(matches, "slot");
    let partition = observe::partition_of(&slot)?;
    let requirement = if matches.get_flag("insecure-unsigned") {
        Requirement::UnsignedAccepted
    } else {
        Requirement::Signed
    };
    let installer = Installer::open(&slot, partition, &path(matches, "keys"), requirement)?;
    let (world, assessment) = installer.look()?;
    let dry_run = matches.get_flag("dry-run");
    let yes = matches.get_flag("yes");
    let keep = matches.get_flag("keep-data");
    let (journal, binding) = match assessment {
        Assessment::Refused(refusal) => return Err(refused(explained(&refusal))),
        Assessment::Resume { journal, binding } => {
            err!("{}", say::install::goes_on(journal.next() + 1));
            (*journal, binding)
        }
        Assessment::AppliancePresent { rebuild, binding, .. } if dry_run && keep => {
            let plan = rebuild.map_err(|why| refused(why.to_string()))?;
            return print_plan(&plan, &binding, json);
        }
        Assessment::Ready { plan, binding, .. }
        | Assessment::AppliancePresent { plan, binding, .. }
            if dry_run =>
        {
            return print_plan(&plan, &binding, json);
        }
        Assessment::AppliancePresent { rebuild, binding, .. } if keep => {
            let plan = rebuild.map_err(|why| refused(why.to_string()))?;
            err!("{}", say::install::will_rebuild());
            if !yes && !question::agreed(&say::install::agree())? {
                return Err(refused(say::install::not_agreed()));
            }
            (Journal::new(*plan), binding)
        }
        Assessment::Ready { plan, binding, losses } => {
            show_losses(&plan, &binding, &losses);
            if !yes && !question::agreed(&say::install::agree())? {
                return Err(refused(say::install::not_agreed()));
            }
            (Journal::new(*plan), binding)
        }
        Assessment::AppliancePresent { plan, binding, losses, .. } => {
            show_losses(&plan, &binding, &losses);
            // No switch answers this one: it asks for a person who types the word.
            if !question::typed(&say::install::appliance_lost("ERASE"), "ERASE")? {
                return Err(refused(say::install::not_agreed()));
            }
            (Journal::new(*plan), binding)
        }
    };
    if dry_run {
        return print_plan(&journal.plan, &binding, json);
    }
    let operation = journal.plan.operation;
    let record = installer.install(&world, journal, binding, None, &Lines::of(operation, json))?;
    if json {
        out!("{:#}", serde_json::to_value(&record)?);
    } else {
        out!("{}", say::install::done());
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan for a machine that a file describes. Its ids are examples.
fn plan_for_file(matches: &ArgMatches, file: &PathBuf) -> Result<(Plan, Binding)> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let world: World =
        serde_json::from_str(&text).with_context(|| say::install::bad_world(file.display()))?;
    let name = path(matches, "policy");
    let (policy, policy_text) = env::policy(&name)?;
    let mut count = 0;
    let ids = Ids::new(|| {
        count += 1;
        Uuid::random([count; 16])
    });
    let inputs = Inputs {
        policy: &policy,
        policy_text: &policy_text,
        keys: &[],
        world: &world,
        now: UnixTime(0),
    };
    match assess(&inputs, &ids) {
        Assessment::Ready { plan, binding, .. }
        | Assessment::AppliancePresent { plan, binding, .. } => Ok((*plan, binding)),
        Assessment::Resume { journal, binding } => Ok((journal.plan, binding)),
        Assessment::Refused(refusal) => Err(refused(explained(&refusal))),
    }
}

fn show_losses(plan: &Plan, binding: &Binding, losses: &[Loss]) {
    err!("{}", say::install::will_erase());
    for role in Role::ALL {
        let identity = plan.disks.of(role);
        err!(
            "  {role} {}  {}  {}  {}",
            binding.disks.of(role).device(),
            identity.model,
            identity.serial,
            identity.size
        );
    }
    for loss in losses {
        err!("    {loss}");
    }
}

/// A refusal with every disk and why it was passed over.
fn explained(refusal: &Refusal) -> String {
    let Refusal::Disks(_, considered) = refusal else { return refusal.to_string() };
    let reasons = |passed: &[PassedOver]| {
        let texts: Vec<String> = passed.iter().map(ToString::to_string).collect();
        if texts.is_empty() { say::install::fits() } else { texts.join("; ") }
    };
    let row = |disk: &Considered| {
        format!(
            "  {}  {}  {}  {}\n    SSD: {}\n    HDD: {}",
            disk.name.device(),
            disk.identity.model,
            disk.identity.serial,
            disk.identity.size,
            reasons(&disk.passed.ssd),
            reasons(&disk.passed.hdd),
        )
    };
    let rows = considered.iter().map(row);
    std::iter::once(refusal.to_string()).chain(rows).collect::<Vec<_>>().join("\n")
}
