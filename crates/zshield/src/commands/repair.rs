//! `zshield repair`, which the rescue system's dialog stands for: what a machine is started by, made whole from a stick.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use serde_json::json;
use zshield_golden::signature::Requirement;
use zshield_messages::{explained, say};
use zshield_operations::installer::Installer;
use zshield_operations::{Result, recover, repair};

use super::{Subcommand, print_plan};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::question;

/// `zshield repair`.
pub(super) struct Repair {
    slot: PathBuf,
    keys: PathBuf,
    act: Act,
}

impl Subcommand for Repair {
    fn define(command: Command) -> Command {
        let slot = args::option("slot", say::cli::slot());
        let keys = args::option("keys", say::cli::keys_directory());
        command
            .hide(true)
            .about(say::whole::about())
            .arg(slot.default_value("/run/zshield/medium/a"))
            .arg(keys.default_value("/etc/zshield/keys"))
            .arg(args::dry_run())
            .arg(args::yes())
            .arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (slot, keys) = (values.path("slot"), values.path("keys"));
        Some(Self { slot, keys, act: Act::of(values) })
    }

    fn run(self) -> Result<ExitCode> {
        let Self { slot, keys, act } = self;
        let _held = recover::hold()?;
        let installer = Installer::mounted(&slot, &keys, Requirement::Signed)?;
        let prepared = repair::prepare(&installer)?;
        show(&prepared, act.json);
        let (plan, binding) = prepared.plan();
        if act.dry_run {
            return print_plan(plan, binding, act.json);
        }
        if prepared.mended().is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        question::agree(repair::question(), act)?;
        let shown = Shown::steps(plan.operation, act.json);
        let left = prepared.run(&shown)?;
        shown.finish();
        if !act.json {
            for (part, why) in left {
                out!("{}", say::rescue::repair_not(explained(part, why)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(prepared: &repair::Prepared<'_>, as_json: bool) {
    let mended = prepared.mended().iter().map(ToString::to_string);
    let left = prepared.left().iter().map(|(part, why)| explained(part, why));
    if as_json {
        let (mended, left): (Vec<String>, Vec<String>) = (mended.collect(), left.collect());
        err!("{}", json!({ "repaired": mended, "left": left }));
        return;
    }
    if prepared.mended().is_empty() && prepared.left().is_empty() {
        out!("{}", say::rescue::repair_nothing());
    }
    for part in mended {
        out!("{}", say::whole::damaged(part));
    }
    if prepared.shows_more() {
        out!("{}", say::whole::damaged(say::whole::then_rest()));
    }
    for what in left {
        out!("{}", say::rescue::repair_not(what));
    }
}
