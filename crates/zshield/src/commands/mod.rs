//! The commands. Each is one file: its arguments, its options as plain values, and what it does, which
//! is thin: it asks the library, has a person agree, and prints.

mod alarm;
mod backup;
mod boot_complete;
mod boot_failed;
mod boot_menu;
mod bundle;
mod check;
mod daemon;
mod enter;
mod generate;
mod image;
mod init;
mod install;
mod key;
mod recover;
mod repair;
mod status;
mod upgrade;
mod vault;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::Result;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_units::UnixTime;

use crate::{cli, interrupted, logs};

/// Every command, in the order of the help.
const COMMANDS: &[Row] = &[
    row::<image::Image>("image"),
    row::<bundle::Bundle>("bundle"),
    row::<key::Key>("key"),
    row::<install::Install>("install"),
    row::<backup::Backup>("backup"),
    row::<check::Check>("check"),
    row::<recover::Recover>("recover"),
    row::<upgrade::Upgrade>("upgrade"),
    row::<vault::Vault>("vault"),
    row::<status::Status>("status"),
    row::<alarm::Alarm>("alarm"),
    row::<daemon::Daemon>("daemon"),
    row::<boot_complete::BootComplete>("boot-complete"),
    row::<boot_failed::BootFailed>("boot-failed"),
    row::<boot_menu::BootMenu>("boot-menu"),
    row::<repair::Repair>("repair"),
    row::<init::Init>("init"),
    row::<generate::Generate>("generate"),
    row::<enter::Enter>("enter"),
];

/// A command with its options, as plain values.
trait Subcommand: Sized + 'static {
    /// Adds its texts and its arguments.
    fn define(command: Command) -> Command;

    /// Its options from a command line that the parser has accepted; nothing where a command below
    /// it is missing. Nothing else reads the parser's values.
    fn parse(values: &ArgMatches) -> Option<Self>;

    /// Does it.
    fn run(self) -> Result<ExitCode>;

    /// Opens the log.
    fn open_log() {
        logs::to_stderr();
    }

    /// Hears signals: until an operation begins, one ends the command.
    fn listen() {
        interrupted::listen();
    }
}

/// What the command line asks for, ready to be done.
pub(crate) type Request = Box<dyn FnOnce() -> Result<ExitCode>>;

/// A command in the list.
struct Row {
    name: &'static str,
    define: fn(Command) -> Command,
    request: fn(&ArgMatches) -> Option<Request>,
}

const fn row<C: Subcommand>(name: &'static str) -> Row {
    let request = |values: &ArgMatches| -> Option<Request> {
        let command = C::parse(values)?;
        Some(Box::new(|| {
            C::open_log();
            C::listen();
            command.run()
        }))
    };
    Row { name, define: C::define, request }
}

/// The whole command line, with its help in the current language.
pub(crate) fn command_line() -> Command {
    cli::command_line(COMMANDS.iter().map(|row| (row.define)(Command::new(row.name))))
}

/// The request of a command line that the parser has accepted; nothing where it names no command.
pub(crate) fn request(values: &ArgMatches) -> Option<Request> {
    let (name, values) = values.subcommand()?;
    let row = COMMANDS.iter().find(|row| row.name == name)?;
    (row.request)(values)
}

/// Prints a plan instead of doing it.
fn print_plan(plan: &Plan, binding: &Binding, json: bool) -> Result<ExitCode> {
    if json {
        out!("{:#}", serde_json::to_value(plan)?);
    } else {
        out!("{}", plan.shown(binding).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// `SOURCE_DATE_EPOCH`, where it is set.
fn epoch() -> anyhow::Result<Option<UnixTime>> {
    std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .map(|text| text.parse().map(UnixTime).with_context(|| say::image::bad_epoch(&text)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options that a command reads from a command line.
    pub(super) fn parsed<C: Subcommand>(words: &str) -> C {
        let values = matched(std::iter::once("zshield").chain(words.split(' ')));
        C::parse(values.subcommand().unwrap().1).unwrap()
    }

    fn matched<'a>(words: impl Iterator<Item = &'a str>) -> ArgMatches {
        command_line().try_get_matches_from(words).unwrap()
    }

    /// The shortest command line for each command that has none below it.
    fn lines(command: &Command, words: &[String], found: &mut Vec<Vec<String>>) {
        let words = [words, &[command.get_name().to_owned()]].concat();
        for below in command.get_subcommands() {
            lines(below, &words, found);
        }
        if !command.has_subcommands() {
            // One that is needed unless an option stands there does not say so.
            let is_target = |arg: &clap::Arg| arg.get_id() == "target";
            let is_needed = |arg: &&clap::Arg| arg.is_required_set() || is_target(arg);
            let required = command.get_arguments().filter(is_needed);
            let arguments = required.flat_map(|arg| {
                let value =
                    arg.get_possible_values().first().map(|value| value.get_name().to_owned());
                let name = arg.get_long().map(|name| format!("--{name}"));
                let other = if is_target(arg) { "latest" } else { "x" };
                name.into_iter().chain([value.unwrap_or_else(|| other.to_owned())])
            });
            found.push(words.iter().cloned().chain(arguments).collect());
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        command_line().debug_assert();
    }

    #[test]
    fn every_command_is_a_request() {
        let mut found = Vec::new();
        lines(&command_line(), &[], &mut found);
        assert!(found.len() > 15, "{found:?}");
        for line in found {
            assert!(request(&matched(line.iter().map(String::as_str))).is_some(), "{line:?}");
        }
    }
}
