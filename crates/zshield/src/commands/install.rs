//! `zshield install`: from the command line, or as a plan for a machine in a file.

use std::path::Path;
use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::Result;
use zshield_operations::install::{self, Kind, Options, Prepared};
use zshield_plan::role::Role;

use super::print_plan;
use crate::cli::parse::Act;
use crate::progress::Shown;
use crate::question;

pub(super) fn run(options: &Options, act: Act) -> Result<ExitCode> {
    let prepared = install::prepare(options)?;
    let (plan, binding) = prepared.plan();
    if prepared.kind() == Kind::Resume {
        err!("{}", say::install::goes_on(prepared.next_step()));
    }
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    let shown = Shown::steps(plan.operation, act.json);
    match prepared.kind() {
        Kind::Resume => {}
        Kind::Rebuild => err!("{}", say::install::will_rebuild()),
        Kind::Fresh | Kind::Erase => show_losses(&prepared),
    }
    if let Some(question) = prepared.question() {
        question::agree(question, act)?;
    }
    let record = prepared.run(None, &shown)?;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(&record)?);
    } else {
        out!("{}", say::install::done());
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan for a machine that a file describes.
pub(super) fn plan(world: &Path, policy: &Path, json: bool) -> Result<ExitCode> {
    let (plan, binding) = install::plan_for_world(world, policy)?;
    print_plan(&plan, &binding, json)
}

fn show_losses(prepared: &Prepared) {
    let (plan, binding) = prepared.plan();
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
    for loss in prepared.losses() {
        err!("    {loss}");
    }
}
