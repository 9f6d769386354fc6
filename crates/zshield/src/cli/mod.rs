//! The frame of the command line. Built at run time, since its texts are in the language of whoever
//! asks.

pub(crate) mod args;
pub(crate) mod help;

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, Command};
use zshield_messages::say;

/// The names that the specification gives to commands, and what they stand for here.
const ALIASES: [(&str, &str); 5] = [
    ("zshield_manufactory", "install"),
    ("zshield_backup", "backup"),
    ("zshield_recovery", "recover"),
    // What packages call when they have changed a kernel: Debian's and Red Hat's.
    ("zz-zshield", "boot-menu"),
    ("99-zshield.install", "boot-menu"),
];

/// The arguments, with a name of the specification turned into its command.
pub(crate) fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.first().and_then(|first| Path::new(first).file_name());
    let alias = ALIASES.iter().find(|(alias, _)| called.is_some_and(|name| name == *alias));
    if let Some((_, command)) = alias {
        arguments.insert(1, (*command).into());
    }
    arguments
}

/// The whole command line of these commands, with its help in the current language.
pub(crate) fn command_line(commands: impl IntoIterator<Item = Command>) -> Command {
    let lang = Arg::new("lang")
        .long("lang")
        .global(true)
        .value_name("zh|en")
        .value_parser(["zh", "en"])
        .help(say::cli::lang());
    let whole = Command::new("zshield")
        .version(env!("CARGO_PKG_VERSION"))
        .about(say::cli::about())
        .after_help(say::cli::statuses())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(lang)
        .subcommands(commands);
    help::translated(whole)
}
