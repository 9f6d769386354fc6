//! `zshield upgrade`: a new version installed, shown, confirmed, taken back; and what systemd runs of it at each start.

mod apply;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::upgrade::abort::{self, Outcome};
use zshield_operations::upgrade::status::{self, UnderWay};
use zshield_operations::upgrade::{confirm, gate, look, settle};
use zshield_operations::{Env, Result, text};
use zshield_plan::plan::Operation;
use zshield_plan::upgrade::look::Found;
use zshield_plan::upgrade::record::{self, Ended, Phase};

use super::Subcommand;
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield upgrade`.
pub(super) enum Upgrade {
    /// `zshield upgrade FILE|URL`.
    Apply(apply::Apply),
    /// `zshield upgrade status`.
    Status { root: PathBuf, json: bool },
    /// `zshield upgrade confirm`.
    Confirm { root: PathBuf, act: Act },
    /// `zshield upgrade abort`.
    Abort { act: Act },
    /// `zshield upgrade look`.
    Look { root: PathBuf },
    /// What systemd runs.
    Unit(Unit),
}

/// What systemd runs at each start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// `zshield upgrade gate`.
    Gate,
    /// `zshield upgrade gate-failed`.
    GateFailed,
    /// `zshield upgrade settle`.
    Settle,
}

impl Subcommand for Upgrade {
    fn define(command: Command) -> Command {
        let status = Command::new("status")
            .about(say::gate::status_about())
            .arg(args::root())
            .arg(args::json());
        let confirm = Command::new("confirm")
            .about(say::gate::confirm_about())
            .arg(args::root())
            .arg(args::json());
        let abort = Command::new("abort").about(say::gate::abort_about()).arg(args::yes());
        let look = Command::new("look").about(say::upgrade::look_about()).arg(args::root());
        let unit = |name, about| Command::new(name).about(about).hide(true);
        apply::define(command)
            .about(say::gate::about())
            .args_conflicts_with_subcommands(true)
            .subcommand_precedence_over_arg(true)
            .arg_required_else_help(true)
            .subcommands([status, confirm, abort, look])
            .subcommands([
                unit("gate", say::gate::gate_about()),
                unit("gate-failed", say::gate::gate_failed_about()),
                unit("settle", say::gate::settle_about()),
            ])
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let Some((name, values)) = values.subcommand() else {
            return apply::parse(values).map(Self::Apply);
        };
        Some(match name {
            "status" => Self::Status { root: values.path("root"), json: values.flag("json") },
            "confirm" => Self::Confirm { root: values.path("root"), act: Act::of(values) },
            "abort" => Self::Abort { act: Act::of(values) },
            "look" => Self::Look { root: values.path("root") },
            "gate" => Self::Unit(Unit::Gate),
            "gate-failed" => Self::Unit(Unit::GateFailed),
            "settle" => Self::Unit(Unit::Settle),
            _ => return None,
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Apply(apply) => apply.run(),
            Self::Status { root, json } => show(&Env::at(root), json),
            Self::Confirm { root, act } => confirm_it(&Env::at(root), act),
            Self::Abort { act } => abort_it(act),
            Self::Look { root } => look_now(&Env::at(root)),
            Self::Unit(unit) => run_unit(unit),
        }
    }
}

fn show(env: &Env, json: bool) -> Result<ExitCode> {
    let status = status::read(env)?;
    if json {
        out!("{:#}", serde_json::to_value(&status)?);
        return Ok(ExitCode::SUCCESS);
    }
    if status.now.is_none() && status.history.is_empty() {
        out!("{}", say::gate::none());
    }
    for line in status.now.iter().flat_map(under_way) {
        out!("{line}");
    }
    for line in status.history.iter().flat_map(ended) {
        out!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The one that is under way, line by line.
fn under_way(now: &UnderWay) -> Vec<String> {
    let mut lines = vec![summary(&now.upgrade)];
    match (&now.upgrade.phase, now.starts) {
        (Phase::Trial, Some(most)) => lines.push(format!(
            "    {}",
            say::gate::Starts { count: u64::from(now.tries), most: u64::from(most) }
        )),
        (Phase::GoingBack { why }, _) => {
            lines.push(format!("    {}", say::gate::why(why.to_string())));
        }
        (Phase::Trial | Phase::Applying | Phase::Settling, _) => {}
    }
    lines
}

/// The one that is under way, in a line.
pub(super) fn summary(upgrade: &record::Upgrade) -> String {
    let (from, to) = (upgrade.from.version.clone(), upgrade.to.version.clone());
    let (phase, time) = (upgrade.phase.to_string(), text::time(upgrade.since));
    say::gate::Now { from, phase, time, to }.to_string()
}

/// One that has ended, line by line.
pub(super) fn ended(ended: &Ended) -> Vec<String> {
    let tried = &ended.upgrade;
    let (from, to) = (tried.from.version.clone(), tried.to.version.clone());
    let time = text::time(ended.ended);
    match &ended.outcome {
        record::Outcome::Confirmed => {
            vec![say::gate::EndedConfirmed { from, time, to }.to_string()]
        }
        record::Outcome::GoneBack { why, evidence } => {
            let line = say::gate::EndedBack { from, time, to, why: why.to_string() }.to_string();
            let log = evidence.as_ref().map(|path| format!("    {}", say::gate::log(path)));
            [Some(line), log].into_iter().flatten().collect()
        }
    }
}

fn look_now(env: &Env) -> Result<ExitCode> {
    for line in look::look(env)?.found.iter().map(found) {
        out!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What is at the policy's address, in a line.
pub(super) fn found(found: &Found) -> String {
    match found {
        Found::NoNewer { version } => say::upgrade::look_none(version),
        Found::Unfit { why } => say::upgrade::look_unfit(why),
        Found::New(offer) => {
            let (size, version) = (offer.size.to_string(), offer.version.as_str());
            say::upgrade::LookNew { size, version }.to_string()
        }
    }
}

fn confirm_it(env: &Env, act: Act) -> Result<ExitCode> {
    let prepared = confirm::prepare(env)?;
    let version = prepared.version.clone();
    let shown = Shown::steps(Operation::Backup, act.json);
    let told = || err!("{}", say::gate::confirmed(&version));
    let goes_on = say::backup::goes_on;
    interrupted::to_its_end(&shown, goes_on, || prepared.run(&shown, told))??;
    shown.finish();
    if !act.json {
        out!("{}", say::gate::complete(&version));
    }
    Ok(ExitCode::SUCCESS)
}

fn abort_it(act: Act) -> Result<ExitCode> {
    let prepared = abort::prepare(&Env::at("/"))?;
    question::agree(prepared.question(), act)?;
    let old = prepared.old.clone();
    prepared.run(|outcome| {
        out!(
            "{}",
            match outcome {
                Outcome::Restarts => say::gate::aborted(&old),
                Outcome::Noted => say::gate::aborted_noted(&old),
            }
        );
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What a start does about a version on trial, for one that needs none.
fn judge_now(env: &Env) -> Result<()> {
    gate::run(env, &|text: &str| out!("{text}"))?;
    settle_now(env)
}

fn settle_now(env: &Env) -> Result<()> {
    let shown = Shown::steps(Operation::Backup, false);
    let goes_on = say::backup::goes_on;
    interrupted::to_its_end(&shown, goes_on, || settle::at_start(env, &shown))??;
    Ok(())
}

fn run_unit(unit: Unit) -> Result<ExitCode> {
    let env = Env::at("/");
    let tell = |text: &str| out!("{text}");
    match unit {
        Unit::Gate => gate::run(&env, &tell)?,
        Unit::GateFailed => gate::failed(&env, &tell)?,
        Unit::Settle => settle_now(&env)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn a_yes_stands_for_the_question_of_an_abort_alone() {
        let Upgrade::Abort { act } = parsed("upgrade abort --yes") else { panic!() };
        assert!(act.yes);
        let Upgrade::Confirm { act, .. } = parsed("upgrade confirm --json") else { panic!() };
        assert!(act.json && !act.yes);
        let Upgrade::Status { json, .. } = parsed("upgrade status --json") else { panic!() };
        assert!(json);
    }

    #[test]
    fn the_units_run_what_there_is() {
        for (words, unit) in [
            ("upgrade gate", Unit::Gate),
            ("upgrade gate-failed", Unit::GateFailed),
            ("upgrade settle", Unit::Settle),
        ] {
            assert!(matches!(parsed(words), Upgrade::Unit(found) if found == unit));
        }
    }
}
