//! Arguments that several commands have: how they are declared, and how their values are read.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use zshield_messages::say;

/// A path by its place.
pub(crate) fn path(name: &'static str) -> Arg {
    Arg::new(name).value_name(name.to_uppercase()).value_parser(value_parser!(PathBuf))
}

/// A path behind `--name`.
pub(crate) fn option(name: &'static str, help: String) -> Arg {
    path(name).long(name).help(help)
}

/// A text behind `--name`.
pub(crate) fn text(name: &'static str, help: String) -> Arg {
    Arg::new(name).long(name).value_name(name.to_uppercase()).help(help)
}

/// `--name` without a value.
pub(crate) fn flag(name: &'static str, help: String) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// `--json`.
pub(crate) fn json() -> Arg {
    flag("json", say::cli::json())
}

/// `--dry-run`.
pub(crate) fn dry_run() -> Arg {
    flag("dry-run", say::cli::dry_run())
}

/// `--yes`.
pub(crate) fn yes() -> Arg {
    flag("yes", say::cli::yes())
}

/// `--scheduled`, with which the daemon calls.
pub(crate) fn scheduled() -> Arg {
    flag("scheduled", say::cli::scheduled()).hide(true)
}

/// Where the appliance's system is mounted, for one that is not running.
pub(crate) fn root() -> Arg {
    option("root", say::cli::root()).default_value("/").hide(true)
}

/// Reads values by their names.
pub(crate) trait Values {
    /// Whether a flag is set; one that the command does not have is not.
    fn flag(&self, name: &str) -> bool;
    /// A path; the parser has seen to it that the required ones are there.
    fn path(&self, name: &str) -> PathBuf;
    /// A path that may be absent.
    fn optional_path(&self, name: &str) -> Option<PathBuf>;
    /// All paths of this name.
    fn paths(&self, name: &str) -> Vec<PathBuf>;
    /// A text that may be absent.
    fn text(&self, name: &str) -> Option<String>;
    /// Every word of an argument that takes several.
    fn texts(&self, name: &str) -> Vec<String>;
}

impl Values for ArgMatches {
    fn flag(&self, name: &str) -> bool {
        matches!(self.try_get_one::<bool>(name), Ok(Some(true)))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.optional_path(name).unwrap_or_default()
    }

    fn optional_path(&self, name: &str) -> Option<PathBuf> {
        self.get_one::<PathBuf>(name).cloned()
    }

    fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.get_many(name).map(|all| all.cloned().collect()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get_one::<String>(name).cloned()
    }
}

/// How an operation is gone about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Act {
    /// The plan alone is printed.
    pub(crate) dry_run: bool,
    /// Questions are answered with yes, as far as a switch may answer them.
    pub(crate) yes: bool,
    /// JSON is printed.
    pub(crate) json: bool,
}

impl Act {
    /// Of a command that has these flags, or some of them.
    pub(crate) fn of(values: &ArgMatches) -> Self {
        Self { dry_run: values.flag("dry-run"), yes: values.flag("yes"), json: values.flag("json") }
    }
}
