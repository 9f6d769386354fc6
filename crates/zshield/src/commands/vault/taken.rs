//! Files out of the vault.

use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;

use zshield_messages::say;
use zshield_operations::interruption;
use zshield_operations::vault;
use zshield_operations::{Env, Result};
use zshield_vault::get::Existing;

use super::{megabytes, print};
use crate::interrupted;

pub(super) fn get(
    env: &Env,
    (id, path): (&str, &Path),
    into: &Path,
    existing: Existing,
    json: bool,
) -> Result<ExitCode> {
    let get = || vault::get(env, id, path.as_os_str(), into, existing);
    let taken = interrupted::or_ended(say::vault::get_ended, get)??;
    if json {
        return Ok(print(&serde_json::to_value(&taken)?));
    }
    let (names, size) = (taken.names.to_string(), megabytes(taken.bytes));
    out!("{}", say::vault::Taken { names, size });
    for path in &taken.damaged {
        out!("{}", say::vault::taken_damaged(path.display()));
    }
    Ok(if taken.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Until a signal comes.
pub(super) fn mount(env: &Env, id: &str, directory: &Path) -> Result<ExitCode> {
    let (asked, end) = mpsc::channel();
    // Who asks twice has asked.
    let told = |_| _ = asked.send(());
    let damaged = interruption::meanwhile(told, || {
        vault::mount(env, id, directory, || {
            out!("{}", say::vault::mounted(directory.display()));
            // The sender lives as long as this does.
            let _ = end.recv();
        })
    })??;
    for path in &damaged {
        err!("{}", say::vault::mount_damaged(path.display()));
    }
    Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
