//! `zshield recover`: back to a backup, while the system runs or at the next start.

mod shown;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use zshield_golden::signature::Requirement;
use zshield_messages::say;
use zshield_operations::installer::Installer;
use zshield_operations::recover::at_rest::AskedBy;
use zshield_operations::recover::preview::{OfflinePreview, Way};
use zshield_operations::recover::{
    self, Goal, Identity, Options, Prepared, at_rest, live, offline,
};
use zshield_operations::{Env, Result, boot, exit, text};
use zshield_plan::recover::RestoreSource;

use super::{Subcommand, print_plan};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield recover`.
pub(super) enum Recover {
    /// In the running system, or at the next start.
    Running { root: PathBuf, options: Options, restart: bool, act: Act },
    /// `zshield recover --slot`, in the rescue system.
    AtRest { slot: PathBuf, keys: PathBuf, goal: Goal, act: Act },
    /// `zshield recover --cancel`.
    Cancel { root: PathBuf },
}

impl Subcommand for Recover {
    fn define(command: Command) -> Command {
        command
            .about(say::recover::about())
            .long_about(say::recover::long_about())
            .arg(
                Arg::new("target")
                    .value_name("factory|latest|vault:ID")
                    .value_parser(goal)
                    .required_unless_present("cancel")
                    .help(say::recover::argument_target()),
            )
            .arg(args::flag("offline", say::recover::option_offline()))
            .arg(
                args::flag("take-over", say::recover::option_take_over())
                    .conflicts_with_all(["deep", "slot"]),
            )
            .arg(
                args::option("only", say::recover::option_only())
                    .value_name("PATH")
                    .num_args(1..)
                    .conflicts_with_all(["offline", "take-over"]),
            )
            .arg(args::flag("deep", say::recover::option_deep()).conflicts_with("offline"))
            .arg(args::flag("cancel", say::recover::option_cancel()).conflicts_with_all([
                "target",
                "offline",
                "only",
                "deep",
                "slot",
                "restart",
                "take-over",
            ]))
            .arg(args::root())
            .arg(args::option("slot", say::cli::slot()).hide(true))
            .arg(args::option("keys", say::cli::keys_directory()).hide(true).requires("slot"))
            .arg(args::flag("restart", say::recover::option_restart()))
            .arg(args::dry_run())
            .arg(args::yes())
            .arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        if values.flag("cancel") {
            return Some(Self::Cancel { root: values.path("root") });
        }
        let goal = values.get_one::<Goal>("target")?.clone();
        let act = Act::of(values);
        if let Some(slot) = values.optional_path("slot") {
            return Some(Self::AtRest { slot, keys: values.path("keys"), goal, act });
        }
        let options = Options {
            goal,
            offline: values.flag("offline"),
            only: values.paths("only"),
            deep: values.flag("deep"),
            identity: if values.flag("take-over") { Identity::ComesBack } else { Identity::Stays },
        };
        let (root, restart) = (values.path("root"), values.flag("restart"));
        Some(Self::Running { root, options, restart, act })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Running { root, options, restart, act } => {
                run(&Env::at(root), &options, restart, act)
            }
            Self::AtRest { slot, keys, goal, act } => at_rest(&slot, &keys, &goal, act),
            Self::Cancel { root } => cancel(&Env::at(root)),
        }
    }
}

fn goal(typed: &str) -> std::result::Result<Goal, String> {
    Goal::parse(typed).ok_or_else(say::recover::expected_target)
}

fn run(env: &Env, options: &Options, restart: bool, act: Act) -> Result<ExitCode> {
    match recover::prepare(env, options)? {
        Prepared::Live(prepared) => live(&prepared, restart, act),
        Prepared::Offline(prepared) => offline(&prepared, restart, act),
    }
}

/// Takes an order for the next start back.
fn cancel(env: &Env) -> Result<ExitCode> {
    match recover::cancel(env)? {
        Some(target) => out!("{}", say::recover::cancelled(target.to_string())),
        None => out!("{}", say::recover::nothing_ordered()),
    }
    Ok(ExitCode::SUCCESS)
}

/// While the system runs.
fn live(prepared: &live::Prepared, restart: bool, act: Act) -> Result<ExitCode> {
    if let Some(note) = prepared.note_of_tools() {
        err!("{note}");
    }
    if let Some(why) = &prepared.policy_of_backup {
        err!("{}", say::live::policy_of_backup(text::chain(why)));
    }
    if let Some(why) = &prepared.owners_unknown {
        err!("{}", say::live::owners_unknown(text::chain(why)));
    }
    let preview = prepared.preview();
    let (plan, binding) = prepared.plan();
    if !act.json {
        out!("{}", shown::text(&preview));
    }
    if act.dry_run || prepared.is_nothing() {
        if act.json {
            out!("{:#}", serde_json::to_value(preview.report(None))?);
        } else if act.dry_run {
            return print_plan(plan, binding, false);
        }
        return Ok(ExitCode::SUCCESS);
    }
    question::agree(prepared.question()?, act)?;
    let following = Shown::steps(plan.operation, act.json);
    let done = prepared.run(&following);
    let warnings = following.finish();
    if done.is_err() {
        for warning in warnings {
            err!("{warning}");
        }
    }
    let remains = done?;
    if act.json {
        out!("{:#}", serde_json::to_value(preview.report(Some(&remains)))?);
    } else {
        let target = preview.target.to_string();
        let exceptions = !remains.warnings.is_empty();
        let done = if exceptions { say::live::done_except } else { say::live::done };
        out!("{}", done(target));
        for line in shown::remains(&remains) {
            out!("{line}");
        }
    }
    if !remains.restart_needed() {
        return Ok(ExitCode::SUCCESS);
    }
    if restart {
        boot::restart()?;
    }
    Ok(ExitCode::from(exit::RESTART_NEEDED))
}

/// At the next start.
fn offline(prepared: &offline::Prepared, restart: bool, act: Act) -> Result<ExitCode> {
    if let Some(note) = prepared.note_of_tools() {
        err!("{note}");
    }
    let preview = prepared.preview()?;
    if act.json {
        out!("{}", serde_json::to_value(&preview)?);
    } else {
        out!("{}", described(&preview));
        if let Some(begun) = preview.begun {
            out!("{}", say::recover::replaces(begun.to_string()));
        }
    }
    if act.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    question::agree(prepared.question(), act)?;
    prepared.run()?;
    let target = preview.target.to_string();
    if restart {
        err!("{}", say::recover::restarting(target));
        boot::restart()?;
    } else {
        err!("{}", say::recover::armed(target));
        if prepared.needs_restart_by_hand() {
            err!("{}", say::recover::restart_by_hand());
        }
    }
    Ok(ExitCode::from(exit::RESTART_NEEDED))
}

/// What the rescue system does, for one that is not led by its dialog.
fn at_rest(slot: &Path, keys: &Path, goal: &Goal, act: Act) -> Result<ExitCode> {
    let _held = recover::hold()?;
    let installer = Installer::mounted(slot, keys, Requirement::Signed)?;
    let prepared = at_rest::prepare(&installer, goal, AskedBy::Order)?;
    let (plan, binding) = prepared.plan();
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    question::agree(prepared.question(), act)?;
    let shown = Shown::steps(plan.operation, act.json);
    interrupted::to_its_end(&shown, say::live::goes_on, || prepared.run(&shown))?
        .map_err(|error| error.leaving(say::live::failed))?;
    shown.finish();
    Ok(ExitCode::SUCCESS)
}

fn described(preview: &OfflinePreview<'_>) -> String {
    let target = preview.target;
    let (head, lost) = match &preview.way {
        Way::Unseen(why) => {
            let (target, why) = (target.to_string(), *why);
            (say::recover::WayUnseen { target, why }.to_string(), say::recover::lost())
        }
        Way::Known(RestoreSource::CopyBack { facts, .. }) => {
            let version = facts.saved.as_ref().map_or("", |saved| &saved.version);
            let time = text::time(facts.created);
            let head =
                say::recover::WaySnapshot { target: target.to_string(), time, version }.to_string();
            (head, say::recover::lost())
        }
        Way::Known(RestoreSource::Files { saved, .. }) => {
            let (target, version) = (target.to_string(), &saved.version);
            let time = text::time(saved.created);
            let head = say::recover::WaySnapshot { target, time, version }.to_string();
            (head, say::recover::lost())
        }
        Way::Known(RestoreSource::Unpack(why)) => (
            say::recover::WayUnpack { target: target.to_string(), why: why.to_string() }
                .to_string(),
            say::recover::lost_factory_snapshot(),
        ),
    };
    format!("{head}\n{lost}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn an_order_is_taken_back_without_a_target() {
        assert!(
            matches!(parsed("recover --cancel"), Recover::Cancel { root } if root == Path::new("/"))
        );
    }

    #[test]
    fn a_recovery_is_one_at_rest_where_its_slot_is_named() {
        let Recover::AtRest { slot, keys, goal, .. } =
            parsed("recover latest --slot /m/a --keys /k")
        else {
            panic!()
        };
        let latest = Goal::Backup(zshield_plan::model::Target::Latest);
        assert_eq!((slot, keys, goal), ("/m/a".into(), "/k".into(), latest));
        let Recover::Running { options, restart, .. } =
            parsed("recover latest --only /etc/x /etc/y --deep --restart")
        else {
            panic!()
        };
        assert_eq!(options.only, [PathBuf::from("/etc/x"), "/etc/y".into()]);
        assert!(options.deep && restart && !options.offline);
    }
}
