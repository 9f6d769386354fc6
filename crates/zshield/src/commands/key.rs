//! `zshield key generate`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use zshield_golden::key;
use zshield_messages::say;
use zshield_operations::{Refusal, Result};

use crate::question;

pub(super) fn generate(secret: &Path, with_password: bool) -> Result<ExitCode> {
    let public = beside(secret);
    let password = if with_password { Some(new_password()?) } else { None };
    let id = key::generate(secret, &public, password.as_deref())?;
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
fn beside(secret: &Path) -> PathBuf {
    secret.with_extension("pub")
}

fn new_password() -> Result<String> {
    let first = question::password(&say::cli::new_password())?;
    let second = question::password(&say::cli::password_again())?;
    if first != second || first.is_empty() {
        return Err(Refusal::Caller(say::cli::passwords_differ()).into());
    }
    Ok(first)
}
