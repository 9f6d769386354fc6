//! `zshield backup`: the latest backup is renewed; backups are listed and mounted.

mod kept;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use zshield_messages::{list, say};
use zshield_operations::backup::{self, Options};
use zshield_operations::text::chain;
use zshield_operations::{Env, Result};
use zshield_plan::model::Target;

use super::{Subcommand, print_plan};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield backup`.
pub(super) enum Backup {
    /// `zshield backup` alone.
    Make { root: PathBuf, options: Options, act: Act },
    /// `zshield backup list`.
    List { root: PathBuf, json: bool },
    /// `zshield backup mount`.
    Mount { root: PathBuf, target: Target, directory: PathBuf },
    /// `zshield backup umount`.
    Umount { root: PathBuf, directory: PathBuf },
}

impl Subcommand for Backup {
    fn define(command: Command) -> Command {
        command
            .about(say::backup::about())
            .long_about(say::backup::long_about())
            .arg(args::scheduled())
            .arg(
                args::flag("despite-alarm", say::backup::option_despite_alarm())
                    .requires("reason")
                    .conflicts_with("scheduled"),
            )
            .arg(args::text("reason", say::backup::option_reason()).requires("despite-alarm"))
            .arg(args::yes().requires("despite-alarm"))
            .arg(args::root())
            .arg(args::dry_run())
            .arg(args::json())
            .args_conflicts_with_subcommands(true)
            .subcommands(below())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        if let Some((name, values)) = values.subcommand() {
            return parse_below(name, values);
        }
        let options = Options {
            scheduled: values.flag("scheduled"),
            despite: values.text("reason").filter(|_| values.flag("despite-alarm")),
        };
        Some(Self::Make { root: values.path("root"), options, act: Act::of(values) })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Make { root, options, act } => run(&Env::at(root), options, act),
            Self::List { root, json } => kept::list(&Env::at(root), json),
            Self::Mount { root, target, directory } => {
                kept::mount(&Env::at(root), target, &directory)
            }
            Self::Umount { root, directory } => kept::umount(&Env::at(root), &directory),
        }
    }
}

/// The commands below it.
fn below() -> [Command; 3] {
    let list =
        Command::new("list").about(say::backup::list_about()).arg(args::root()).arg(args::json());
    let target = Arg::new("target")
        .value_name("latest|factory")
        .value_parser(["latest", "factory"])
        .required(true)
        .help(say::backup::argument_target());
    let directory = |help| args::path("directory").required(true).help(help);
    let mount = Command::new("mount")
        .about(say::backup::mount_about())
        .long_about(say::backup::mount_long_about())
        .arg(target)
        .arg(directory(say::backup::argument_directory()))
        .arg(args::root());
    let umount = Command::new("umount")
        .about(say::backup::umount_about())
        .arg(directory(say::backup::argument_mounted()))
        .arg(args::root());
    [list, mount, umount]
}

fn parse_below(name: &str, values: &ArgMatches) -> Option<Backup> {
    let root = values.path("root");
    Some(match name {
        "list" => Backup::List { root, json: values.flag("json") },
        "mount" => {
            let target = Target::parse(&values.text("target")?)?;
            Backup::Mount { root, target, directory: values.path("directory") }
        }
        "umount" => Backup::Umount { root, directory: values.path("directory") },
        _ => return None,
    })
}

fn run(env: &Env, options: Options, act: Act) -> Result<ExitCode> {
    let prepared = backup::prepare(env, options)?;
    if let Some(why) = prepared.no_image() {
        err!("{}", say::backup::no_image(chain(why)));
    }
    let (plan, binding) = prepared.plan();
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    if !prepared.mounted.is_empty() {
        let directories = prepared.mounted.iter().map(|at| at.display());
        err!("{}", say::backup::will_unmount(list(directories)));
    }
    if let Some(question) = prepared.question() {
        question::agree(question, act)?;
    }
    let shown = Shown::steps(plan.operation, act.json);
    let goes_on = say::backup::goes_on;
    let saved = interrupted::to_its_end(&shown, goes_on, || prepared.run(&shown))??;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(&saved)?);
    } else {
        out!("{}", say::backup::done());
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn a_reason_counts_beside_the_alarm_that_it_sets_aside() {
        let made = parsed("backup --despite-alarm --reason known --yes --json");
        let Backup::Make { root, options, act } = made else { panic!("none is made") };
        assert_eq!((root, options.despite.as_deref()), ("/".into(), Some("known")));
        assert_eq!(act, Act { yes: true, json: true, dry_run: false });
        assert!(!options.scheduled);
    }

    #[test]
    fn backups_are_listed_and_mounted_by_their_targets() {
        assert!(matches!(parsed("backup list --json"), Backup::List { json: true, .. }));
        let Backup::Mount { target, directory, .. } = parsed("backup mount factory /mnt/old")
        else {
            panic!("nothing is mounted")
        };
        assert_eq!((target, directory), (Target::Factory, "/mnt/old".into()));
        let Backup::Umount { directory, .. } = parsed("backup umount /mnt/old") else {
            panic!("nothing is unmounted")
        };
        assert_eq!(directory, PathBuf::from("/mnt/old"));
    }
}
