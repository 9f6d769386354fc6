//! The command line. Built at run time, since its texts are in the language of whoever asks.

pub(crate) mod help;
pub(crate) mod parse;

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, ArgAction, Command, value_parser};
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

fn path(name: &'static str) -> Arg {
    Arg::new(name).value_name(name.to_uppercase()).value_parser(value_parser!(std::path::PathBuf))
}

fn option(name: &'static str, help: String) -> Arg {
    path(name).long(name).help(help)
}

fn flag(name: &'static str, help: String) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn json() -> Arg {
    flag("json", say::cli::json())
}

fn keys() -> Arg {
    option("key", say::cli::public_key()).action(ArgAction::Append)
}

/// The whole command line, with its help in the current language.
pub(crate) fn command() -> Command {
    help::translated(whole())
}

fn whole() -> Command {
    Command::new("zshield")
        .version(env!("CARGO_PKG_VERSION"))
        .about(say::cli::about())
        .after_help(say::cli::statuses())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new("lang")
                .long("lang")
                .global(true)
                .value_name("zh|en")
                .value_parser(["zh", "en"])
                .help(say::cli::lang()),
        )
        .subcommand(image())
        .subcommand(key())
        .subcommand(install())
        .subcommand(backup())
        .subcommand(check())
        .subcommand(recover())
        .subcommand(status())
        .subcommand(alarm())
        .subcommand(Command::new("daemon").about(say::cli::daemon()))
        .subcommand(Command::new("boot-complete").hide(true).about(say::cli::boot_complete()))
        .subcommand(boot_menu())
        .subcommand(init())
        .subcommand(generate())
        .subcommand(enter())
}

fn image() -> Command {
    let build = Command::new("build")
        .about(say::cli::image_build())
        .arg(path("policy").required(true).help(say::cli::policy()))
        .arg(option("output", say::cli::output()).short('o').required(true))
        .arg(option("key", say::cli::secret_key()))
        .arg(flag("insecure-unsigned", say::cli::insecure_unsigned()))
        .arg(option("init", say::cli::init_program()).hide(true))
        .arg(json());
    let verify = Command::new("verify")
        .about(say::cli::image_verify())
        .arg(path("image").required(true).help(say::cli::image_or_disk()))
        .arg(keys())
        .arg(json());
    let write = Command::new("write")
        .about(say::cli::image_write())
        .arg(path("image").required(true).help(say::cli::image()))
        .arg(path("disk").required(true).help(say::cli::target_disk()))
        .arg(flag("force", say::cli::force_disk()))
        .arg(flag("yes", say::cli::yes()))
        .arg(flag("dry-run", say::cli::dry_run()));
    Command::new("image")
        .about(say::cli::image_about())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([build, verify, write])
}

fn key() -> Command {
    let generate = Command::new("generate")
        .about(say::cli::key_generate())
        .arg(path("file").required(true).help(say::cli::key_file()))
        .arg(flag("no-password", say::cli::no_password()));
    Command::new("key")
        .about(say::cli::key_about())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(generate)
}

fn install() -> Command {
    Command::new("install")
        .about(say::cli::install())
        .long_about(say::cli::install_long())
        .arg(option("slot", say::cli::slot()).default_value("/run/zshield/medium/a"))
        .arg(option("keys", say::cli::keys_directory()).default_value("/etc/zshield/keys"))
        .arg(flag("insecure-unsigned", say::cli::accept_unsigned()))
        .arg(option("world", say::cli::world()).requires("dry-run"))
        .arg(option("policy", say::cli::policy_for_world()).requires("world"))
        .arg(flag("keep-data", say::cli::keep_data()))
        .arg(flag("dry-run", say::cli::dry_run()))
        .arg(flag("yes", say::cli::yes_install()))
        .arg(json())
}

/// Where the appliance's system is mounted, for one that is not running.
fn root() -> Arg {
    option("root", say::cli::root()).default_value("/").hide(true)
}

fn backup() -> Command {
    Command::new("backup")
        .about(say::cli::backup())
        .long_about(say::cli::backup_long())
        .arg(flag("scheduled", say::cli::scheduled()).hide(true))
        .arg(
            flag("despite-alarm", say::cli::despite_alarm())
                .requires("reason")
                .conflicts_with("scheduled"),
        )
        .arg(text("reason", say::cli::despite_reason()).requires("despite-alarm"))
        .arg(flag("yes", say::cli::yes()).requires("despite-alarm"))
        .arg(root())
        .arg(flag("dry-run", say::cli::dry_run()))
        .arg(json())
}

fn check() -> Command {
    Command::new("check")
        .about(say::cli::check())
        .long_about(say::cli::check_long())
        .arg(flag("deep", say::cli::check_deep()))
        .arg(
            Arg::new("accept")
                .long("accept")
                .value_name("PATH")
                .num_args(0..)
                .conflicts_with_all(["deep", "json"])
                .help(say::cli::check_accept()),
        )
        .arg(flag("scheduled", say::cli::scheduled()).hide(true))
        .arg(root())
        .arg(json())
}

fn status() -> Command {
    Command::new("status").about(say::cli::status()).arg(root()).arg(json())
}

fn text(name: &'static str, help: String) -> Arg {
    Arg::new(name).long(name).value_name(name.to_uppercase()).help(help)
}

fn alarm() -> Command {
    let list = Command::new("list")
        .about(say::cli::alarm_list())
        .arg(flag("all", say::cli::alarm_list_all()))
        .arg(root())
        .arg(json());
    let ack = Command::new("ack")
        .about(say::cli::alarm_ack())
        .arg(Arg::new("id").value_name("ID").required(true).help(say::cli::alarm_id()))
        .arg(text("reason", say::cli::alarm_reason()).required(true))
        .arg(root());
    let test = Command::new("test")
        .about(say::cli::alarm_test())
        .arg(Arg::new("sink").value_name("SINK").help(say::cli::alarm_sink()))
        .arg(root());
    Command::new("alarm")
        .about(say::cli::alarm_about())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([list, ack, test])
}

/// Packages run it with arguments of their own, which say nothing that is needed.
fn boot_menu() -> Command {
    Command::new("boot-menu")
        .hide(true)
        .about(say::cli::boot_menu())
        .arg(root())
        .arg(Arg::new("ignored").num_args(0..).hide(true))
}

fn recover() -> Command {
    Command::new("recover")
        .about(say::cli::recover())
        .long_about(say::cli::recover_long())
        .arg(
            Arg::new("target")
                .value_name("factory|latest")
                .value_parser(["factory", "latest"])
                .required(true)
                .help(say::cli::recover_target()),
        )
        .arg(flag("offline", say::cli::offline()))
        .arg(
            path("only")
                .long("only")
                .value_name("PATH")
                .num_args(1..)
                .conflicts_with("offline")
                .help(say::cli::only()),
        )
        .arg(flag("deep", say::cli::recover_deep()).conflicts_with("offline"))
        .arg(root())
        .arg(option("slot", say::cli::slot()).hide(true))
        .arg(option("keys", say::cli::keys_directory()).hide(true).requires("slot"))
        .arg(flag("restart", say::cli::restart()))
        .arg(flag("dry-run", say::cli::dry_run()))
        .arg(flag("yes", say::cli::yes()))
        .arg(json())
}

fn init() -> Command {
    Command::new("init").about(say::cli::init())
}

fn generate() -> Command {
    Command::new("generate")
        .hide(true)
        .about(say::cli::generate())
        .arg(option("man", say::cli::generate_man()))
        .arg(option("completions", say::cli::generate_completions()))
}

/// Enters a root and becomes a program there; what runs it is an installation's own step.
fn enter() -> Command {
    Command::new("enter").hide(true).about(say::cli::enter()).arg(path("root").required(true)).arg(
        Arg::new("program")
            .required(true)
            .num_args(1..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(value_parser!(OsString)),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command().debug_assert();
    }
}
