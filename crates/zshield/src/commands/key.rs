//! `zshield key generate`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;
use zshield_golden::key;
use zshield_messages::say;

use super::question;
use crate::report::refused;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let Some(("generate", matches)) = matches.subcommand() else { return Ok(ExitCode::from(2)) };
    let secret = super::path(matches, "file");
    let public = beside(&secret);
    let password = if matches.get_flag("no-password") { None } else { Some(new_password()?) };
    let id = key::generate(&secret, &public, password.as_deref())?;
    out!(
        "{}",
        say::cli::KeyMade {
            id: id.to_string(),
            public: public.display(),
            secret: secret.display()
        }
    );
    Ok(ExitCode::SUCCESS)
}

/// The public key's file: `vendor.pub` beside `vendor.key`.
pub(super) fn beside(secret: &std::path::Path) -> PathBuf {
    secret.with_extension("pub")
}

fn new_password() -> Result<String> {
    let first = question::password(&say::cli::new_password())?;
    let second = question::password(&say::cli::password_again())?;
    if first != second || first.is_empty() {
        return Err(refused(say::cli::passwords_differ()));
    }
    Ok(first)
}
