//! `zshield key generate`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_golden::key;
use zshield_messages::say;
use zshield_operations::{Refusal, Result, interruption};

use super::Subcommand;
use crate::cli::args::{self, Values as _};
use crate::question;

/// `zshield key generate`.
pub(super) struct Key {
    secret: PathBuf,
    with_password: bool,
}

impl Subcommand for Key {
    fn define(command: Command) -> Command {
        let generate = Command::new("generate")
            .about(say::key::generate_about())
            .arg(args::path("file").required(true).help(say::key::argument_file()))
            .arg(args::flag("no-password", say::key::option_no_password()));
        command
            .about(say::key::about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(generate)
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (_, values) = values.subcommand()?;
        Some(Self { secret: values.path("file"), with_password: !values.flag("no-password") })
    }

    fn run(self) -> Result<ExitCode> {
        generate(&self.secret, self.with_password)
    }
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
