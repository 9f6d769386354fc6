//! The places off the machine.

use std::path::PathBuf;
use std::process::ExitCode;

use zshield_messages::{list, say};
use zshield_operations::vault::{self, Places, Sent};
use zshield_operations::{Env, Result};

use super::{megabytes, print};
use crate::cli::args::Act;
use crate::{interrupted, question};

/// Ends with 1 where a place failed: the others have theirs.
pub(super) fn send(env: &Env, places: &Places, json: bool) -> Result<ExitCode> {
    let send = || vault::send(env, places, &mut |_, _| {});
    let all = interrupted::or_ended(say::vault::goes_on, send)??;
    let has_failed = all.iter().any(|sent| sent.failed.is_some());
    if json {
        print(&serde_json::to_value(&all)?);
    }
    for sent in all.iter().filter(|_| !json) {
        out!("{}", told(sent));
    }
    warn(all.iter().any(|sent| sent.failed.is_none() && !sent.recovery_key));
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What was sent is of no use to anybody but this machine.
fn warn(nobody_reads_it: bool) {
    if nobody_reads_it {
        err!("{}", say::vault::no_recovery_key());
    }
}

fn told(sent: &Sent) -> String {
    let place = sent.place.clone();
    match &sent.failed {
        Some(_) if !sent.damaged.is_empty() => {
            say::vault::SentDamaged { place, what: list(&sent.damaged) }.to_string()
        }
        Some(why) => say::vault::SendFailed { place, why: why.to_string() }.to_string(),
        None if sent.objects == 0 => say::vault::sent_nothing(place),
        None => {
            let (objects, size) = (sent.objects.to_string(), megabytes(sent.bytes));
            say::vault::Sent { place, objects, size }.to_string()
        }
    }
}

/// Likewise.
pub(super) fn test(env: &Env, places: &Places, json: bool) -> Result<ExitCode> {
    let all = vault::test(env, places)?;
    let has_failed = all.iter().any(|tested| tested.failed.is_some());
    if json {
        print(&serde_json::to_value(&all)?);
    }
    for tested in all.iter().filter(|_| !json) {
        let place = tested.place.clone();
        let said = match &tested.failed {
            Some(why) => say::vault::SendFailed { place, why: why.to_string() }.to_string(),
            None if tested.generations == 0 => say::vault::tested_empty(place),
            None => {
                let generations = tested.generations.to_string();
                say::vault::Tested { place, generations }.to_string()
            }
        };
        out!("{said}");
    }
    warn(all.iter().any(|it| it.failed.is_none() && it.generations > 0 && !it.recovery_key));
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the vault on the HDD has given up is removed at a place. Ends with 1 where that did not let all of it go.
pub(super) fn prune(
    env: &Env,
    place: &str,
    credentials: Option<PathBuf>,
    act: Act,
) -> Result<ExitCode> {
    let prepared = vault::prepare_prune_at(env, place, credentials)?;
    match prepared.question() {
        Some(_) if act.dry_run && act.json => {
            return Ok(print(&serde_json::to_value(prepared.would_remove())?));
        }
        Some(question) if act.dry_run => {
            out!("{}", question.text);
            return Ok(ExitCode::SUCCESS);
        }
        Some(question) => question::agree(question, act)?,
        None => {}
    }
    let done = interrupted::or_ended(say::vault::prune_ended, || prepared.run())??;
    let (size, refused) = (megabytes(done.bytes), done.refused);
    if act.json {
        print(&serde_json::to_value(&done)?);
    } else if done.objects == 0 && refused == 0 {
        out!("{}", say::vault::pruned_nothing_at(done.place.clone()));
    } else {
        let (place, objects) = (done.place.clone(), done.objects.to_string());
        out!("{}", say::vault::PrunedAt { place, objects, size });
    }
    if refused == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    err!("{}", say::vault::PruneRefused { place: done.place, objects: refused.to_string() });
    Ok(ExitCode::FAILURE)
}
