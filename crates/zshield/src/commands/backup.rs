//! `zshield backup`: the latest backup is renewed.

use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::backup::{self, Options};
use zshield_operations::text::chain;
use zshield_operations::{Env, Result};

use super::print_plan;
use crate::cli::parse::Act;
use crate::progress::Shown;
use crate::question;

pub(super) fn run(env: &Env, options: Options, act: Act) -> Result<ExitCode> {
    let prepared = backup::prepare(env, options)?;
    if let Some(why) = &prepared.no_image {
        err!("{}", say::backup::no_image(chain(why)));
    }
    let (plan, binding) = prepared.plan();
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    if let Some(question) = prepared.question() {
        question::agree(question, act)?;
    }
    let shown = Shown::steps(plan.operation, act.json);
    let saved = prepared.run(&shown)?;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(&saved)?);
    } else {
        out!("{}", say::backup::done());
    }
    Ok(ExitCode::SUCCESS)
}
