//! `zshield key`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_golden::key;
use zshield_messages::say;
use zshield_operations::keys::{self, Origin};
use zshield_operations::{Env, Refusal, Result, interruption};

use super::Subcommand;
use crate::cli::args::{self, Values as _};
use crate::question;

/// `zshield key`.
pub(super) enum Key {
    Generate { secret: PathBuf, with_password: bool },
    List { root: PathBuf, json: bool },
}

impl Subcommand for Key {
    fn define(command: Command) -> Command {
        let generate = Command::new("generate")
            .about(say::key::generate_about())
            .arg(args::path("file").required(true).help(say::key::argument_file()))
            .arg(args::flag("no-password", say::key::option_no_password()));
        let list =
            Command::new("list").about(say::key::list_about()).arg(args::root()).arg(args::json());
        command
            .about(say::key::about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(generate)
            .subcommand(list)
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (name, values) = values.subcommand()?;
        Some(match name {
            "generate" => Self::Generate {
                secret: values.path("file"),
                with_password: !values.flag("no-password"),
            },
            "list" => Self::List { root: values.path("root"), json: values.flag("json") },
            _ => return None,
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Generate { secret, with_password } => generate(&secret, with_password),
            Self::List { root, json } => list(&Env::at(root), json),
        }
    }
}

fn list(env: &Env, json: bool) -> Result<ExitCode> {
    let found = keys::list(env)?;
    if json {
        out!("{:#}", serde_json::to_value(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    for trusted in &found.trusted {
        let key = trusted.key.to_string();
        let line = match trusted.origin {
            Origin::Delivered => say::key::delivered(key),
            Origin::Introduced => say::key::introduced(key),
        };
        out!("{line}");
    }
    for key in &found.revoked {
        out!("{}", say::key::revoked(key.to_string()));
    }
    if found.trusted.is_empty() {
        out!("{}", say::key::none());
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(secret: &Path, with_password: bool) -> Result<ExitCode> {
    let public = beside(secret);
    // Nobody thinks of a password for nothing.
    key::ensure_new([secret, &public]).map_err(Refusal::operation)?;
    let password = if with_password { Some(new_password()?) } else { None };
    interruption::begin();
    let id = key::generate(secret, &public, password.as_deref())?;
    out!(
        "{}",
        say::key::Made { id: id.to_string(), public: public.display(), secret: secret.display() }
    );
    Ok(ExitCode::SUCCESS)
}

/// The public key's file: `vendor.pub` beside `vendor.key`.
fn beside(secret: &Path) -> PathBuf {
    secret.with_extension("pub")
}

fn new_password() -> Result<String> {
    let first = question::password(&say::key::new_password())?;
    let second = question::password(&say::key::password_again())?;
    if first != second || first.is_empty() {
        return Err(Refusal::Caller(say::key::passwords_differ()).into());
    }
    Ok(first)
}
