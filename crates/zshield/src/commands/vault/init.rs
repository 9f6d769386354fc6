//! `zshield vault init`: a vault on an appliance that has none.

use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::{Env, Result, vault};

use crate::cli::args::Act;
use crate::commands::print_plan;
use crate::progress::Shown;
use crate::{interrupted, question};

pub(super) fn make(env: &Env, act: Act) -> Result<ExitCode> {
    let prepared = vault::prepare_init(env)?;
    let (plan, binding) = prepared.plan();
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    question::agree(prepared.question(), act)?;
    let shown = Shown::steps(plan.operation, act.json);
    let goes_on = say::vault::init_goes_on;
    let made = interrupted::to_its_end(&shown, goes_on, || prepared.run(&shown))??;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(made)?);
    } else {
        out!("{}", say::vault::init_done(made.size.to_string()));
    }
    Ok(ExitCode::SUCCESS)
}
