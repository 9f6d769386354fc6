//! `zshield vault fetch`: a backup from a place off the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use zeroize::Zeroizing;
use zshield_messages::say;
use zshield_operations::vault::{self, FetchedFrom, WantedBack};
use zshield_operations::{Env, Refusal, Result, text};
use zshield_vault::RecoveryKey;

use super::{line, megabytes, print};
use crate::cli::args::Act;
use crate::progress::Shown;
use crate::{interrupted, question};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    /// The place, as it was typed.
    pub(super) from: String,
    /// The backup; nothing where they are listed.
    pub(super) wanted: Option<String>,
    /// The file with the recovery key.
    pub(super) key: Option<PathBuf>,
    pub(super) act: Act,
}

pub(super) fn fetch(env: &Env, asked: &Fetch) -> Result<ExitCode> {
    let from = FetchedFrom::parse(&asked.from);
    let key = recovery_key(asked.key.as_deref())?;
    let Some(wanted) = &asked.wanted else { return list(env, &from, &key, asked) };
    let prepared = vault::prepare_fetch(env, &from, &key, &WantedBack::parse(wanted))?;
    if asked.act.dry_run && asked.act.json {
        return Ok(print(&serde_json::to_value(prepared.would_fetch())?));
    }
    if asked.act.dry_run {
        out!("{}", prepared.question().text);
        return Ok(ExitCode::SUCCESS);
    }
    question::agree(prepared.question(), asked.act)?;
    let shown = Shown::parts();
    let done = interrupted::or_ended(say::vault::fetch_goes_on, || prepared.run(&shown))??;
    shown.finish();
    if asked.act.json {
        print(&serde_json::to_value(&done)?);
    } else {
        let said = say::vault::Fetched {
            host: done.generation.host.clone(),
            time: text::time(done.generation.taken),
            id: done.generation.short.clone(),
            size: megabytes(done.bytes),
        };
        out!("{said}");
    }
    for path in &done.damaged {
        err!("{}", say::vault::fetched_damaged(path.display()));
    }
    Ok(if done.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(env: &Env, from: &FetchedFrom, key: &RecoveryKey, asked: &Fetch) -> Result<ExitCode> {
    let found = vault::list_at(env, from, key)?;
    if asked.act.json {
        return Ok(print(&serde_json::to_value(&found)?));
    }
    for generation in &found.generations {
        out!("{} ({})", line(generation), generation.host);
    }
    for id in &found.damaged {
        out!("{}", say::vault::list_damaged(id.get(..8).unwrap_or(id)));
    }
    out!(
        "{}",
        if found.generations.is_empty() {
            say::vault::fetch_nothing_listed(&asked.from)
        } else {
            say::vault::fetch_choose(&asked.from)
        }
    );
    Ok(ExitCode::SUCCESS)
}

/// The recovery key in a file, or as a person types it.
fn recovery_key(file: Option<&Path>) -> Result<RecoveryKey> {
    let typed = Zeroizing::new(match file {
        Some(path) => fs::read_to_string(path).with_context(|| path.display().to_string())?,
        None => question::password(&say::vault::recovery_key_asked())?,
    });
    let mistyped = || Refusal::Caller(say::vault::recovery_key_mistyped());
    Ok(RecoveryKey::parse(&typed).ok_or_else(mistyped)?)
}

pub(super) fn forget(env: &Env) -> Result<ExitCode> {
    let forget = || vault::forget_fetched(env);
    let said = if interrupted::or_ended(say::vault::forget_ended, forget)?? {
        say::vault::forgotten()
    } else {
        say::vault::forgotten_nothing()
    };
    out!("{said}");
    Ok(ExitCode::SUCCESS)
}
