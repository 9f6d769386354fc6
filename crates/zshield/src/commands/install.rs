//! `zshield install`: from the command line, or as a plan for a machine in a file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::install::{self, Kind, Options, Prepared};
use zshield_operations::installer::TornMetadata;
use zshield_operations::vault::WantedBack;
use zshield_operations::{Result, text};
use zshield_plan::role::Role;

use super::{Subcommand, print_plan};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield install`.
pub(super) enum Install {
    /// On this machine.
    Run { options: Options, act: Act },
    /// `zshield install --dry-run --world`.
    Plan { world: PathBuf, policy: PathBuf, json: bool },
}

impl Subcommand for Install {
    fn define(command: Command) -> Command {
        let slot = args::option("slot", say::cli::slot());
        let keys = args::option("keys", say::cli::keys_directory());
        command
            .about(say::install::about())
            .long_about(say::install::long_about())
            .arg(slot.default_value("/run/zshield/medium/a"))
            .arg(keys.default_value("/etc/zshield/keys"))
            .arg(args::flag("insecure-unsigned", say::install::option_insecure_unsigned()))
            .arg(args::option("world", say::install::option_world()).requires("dry-run"))
            .arg(args::option("policy", say::install::option_policy()).requires("world"))
            .arg(args::flag("keep-data", say::install::option_keep_data()))
            .arg(
                args::text("bring-back", say::install::option_bring_back())
                    .value_name("ID|newest")
                    .requires("keep-data"),
            )
            .arg(args::dry_run())
            .arg(args::flag("yes", say::install::option_yes()))
            .arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let act = Act::of(values);
        if let Some(world) = values.optional_path("world") {
            return Some(Self::Plan { world, policy: values.path("policy"), json: act.json });
        }
        let options = Options {
            slot: values.path("slot"),
            keys: values.path("keys"),
            insecure_unsigned: values.flag("insecure-unsigned"),
            keep_data: values.flag("keep-data"),
            brings_back: values.text("bring-back").map(|typed| WantedBack::parse(&typed)),
            torn: if act.dry_run { TornMetadata::Left } else { TornMetadata::RolledBack },
        };
        Some(Self::Run { options, act })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Run { options, act } => run(&options, act),
            Self::Plan { world, policy, json } => plan(&world, &policy, json),
        }
    }
}

fn run(options: &Options, act: Act) -> Result<ExitCode> {
    let prepared = install::prepare(options)?;
    let (plan, binding) = prepared.plan();
    if prepared.kind() == Kind::Resume {
        err!("{}", say::install::goes_on(prepared.next_step()));
    }
    if prepared.lacks_vault() {
        err!("{}", say::install::no_room_for_vault());
    }
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    let shown = Shown::steps(plan.operation, act.json);
    match prepared.kind() {
        Kind::Resume => {}
        Kind::Rebuild => {
            err!("{}", say::install::will_rebuild());
            prepared.losses().iter().for_each(|loss| err!("    {loss}"));
            if let Some(generation) = prepared.brings_back() {
                err!("{}", say::install::brings_back(text::time(generation.taken)));
            }
        }
        Kind::Fresh | Kind::Erase => show_losses(&prepared),
    }
    if let Some(question) = prepared.question() {
        question::agree(question, act)?;
    }
    let goes_on = say::install::goes_on_to_its_end;
    let record = interrupted::to_its_end(&shown, goes_on, || prepared.run(None, &shown))?
        .map_err(|error| error.leaving(say::install::stopped))?;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(&record)?);
    } else {
        out!("{}", say::install::done());
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan for a machine that a file describes.
fn plan(world: &Path, policy: &Path, json: bool) -> Result<ExitCode> {
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
