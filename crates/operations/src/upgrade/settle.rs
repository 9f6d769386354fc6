//! What follows a version that was confirmed: the latest backup holds it, and the Golden Image moves along where the bundle
//! says so. Until then the record says *settling*, and each start goes on with it.
//!
//! Everything here is found done, or done again: a backup that was made meanwhile is not made twice.

use std::time::{Duration, Instant};

use zshield_host::{appliance, execute};
use zshield_messages::{Said, say};
use zshield_plan::model::{Snapshot, Target};
use zshield_plan::upgrade::record::{Next, Record, Upgrade};

use super::found::Found;
use super::gate::hold_until;
use crate::backup;
use crate::env::{self, Env};
use crate::error::{Error, Refusal, Result};
use crate::progress::Progress;
use crate::status;

/// Whoever is at work has so long to end it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Goes on with what a confirmed version is waiting for, where one is; whether it has come to its end. What fails or is
/// refused is asked for again.
pub fn at_start(env: &Env, progress: &dyn Progress) -> Result<bool> {
    env::needs_root()?;
    let found = Found::read(&env.boot())?;
    match found.next() {
        Next::Settle => settle(env, &found.record, progress).map(|()| true),
        Next::Nothing
        | Next::NoteGoneBack(_)
        | Next::NoteTrial
        | Next::Judge
        | Next::OrderRecovery
        | Next::NoteSettled => Ok(false),
    }
}

/// Brings the confirmed version of this record to its end.
pub fn settle(env: &Env, record: &Record, progress: &dyn Progress) -> Result<()> {
    let Some(upgrade) = record.now() else { return Ok(()) };
    let version = upgrade.to.version.clone();
    renew_backup(env, upgrade, progress).map_err(|error| not_settled(error, &version))?;
    // It notes last that nothing is open any more.
    crate::settle::prepare(env)?.run(progress)
}

/// The version stays whatever kept its backup from being made.
fn not_settled(error: Error, version: &str) -> Error {
    let context = || say::gate::not_settled(version);
    match error {
        Error::Refused(refusal) => Error::Refused(refusal),
        Error::NotBegun(why) | Error::Failed(why) => Error::Failed(why.context(Said::of(context))),
    }
}

fn renew_backup(env: &Env, upgrade: &Upgrade, progress: &dyn Progress) -> Result<()> {
    if is_backed_up(env, upgrade)? {
        return Ok(());
    }
    let made = backup::prepare(env, backup::Options::default())?.run(progress);
    match made {
        Ok(_) => Ok(()),
        // A backup is made and proved though a program of the customer failed after it.
        Err(why) if is_backed_up(env, upgrade)? => {
            tracing::warn!("{why}");
            Ok(())
        }
        Err(why) => Err(why),
    }
}

/// Whether the latest backup is one of the new version.
fn is_backed_up(env: &Env, upgrade: &Upgrade) -> Result<bool> {
    let policy = env.policy()?;
    let _held = hold_until(Instant::now() + PATIENCE).map_err(Refusal::Busy)?;
    execute::unmount_left()?;
    let found = appliance::running(&env.root, &policy.storage.group, true)?;
    let latest = status::snapshot(&found.appliance, Target::Latest);
    Ok(latest.is_some_and(|latest| holds(latest, upgrade)))
}

/// Whether a backup holds the new version. Where the image stays what it is, one from after the confirmation does.
fn holds(backup: &Snapshot, upgrade: &Upgrade) -> bool {
    let Some(saved) = &backup.saved else { return false };
    let is_since = backup.created.since(upgrade.since) >= 0;
    saved.image == upgrade.to.image && (upgrade.from.image != upgrade.to.image || is_since)
}

#[cfg(test)]
mod tests {
    use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, System};
    use zshield_units::UnixTime;

    use super::*;
    use crate::fixture::{invalid, valid};

    fn confirmed(images: [&str; 2]) -> Upgrade {
        let systems = images.map(|image| System { version: "v".into(), image: image.into() });
        let (bundle, by, at) = (Bundle("b".into()), AskedBy::Person, UnixTime(50));
        let begun = Record::default().begin(bundle, systems, Golden::Stays, by, at).unwrap();
        let record = begun.try_out(at).unwrap().confirm(UnixTime(100)).unwrap();
        record.now().cloned().unwrap()
    }

    #[test]
    fn a_backup_holds_the_new_version_by_its_image_or_by_its_time_where_that_stays() {
        // The fixture's backups are of an image of this name.
        let (new, other) = (confirmed(["old", "digest"]), confirmed(["digest", "new"]));
        assert!(holds(&valid(10), &new) && !holds(&valid(200), &other));
        let same = confirmed(["digest", "digest"]);
        assert!(!holds(&valid(99), &same) && holds(&valid(100), &same));
        // One that can't be looked into.
        assert!(!holds(&invalid(200), &same));
    }
}
