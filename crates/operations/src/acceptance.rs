//! Drift that somebody means to be so: accepted as the last check found it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::list::Seen;
use zshield_alarm::store::Store;
use zshield_check::accepted::Accepted;
use zshield_check::last::Last;
use zshield_check::report::DriftAlarm;
use zshield_golden::EntryPath;
use zshield_host::lock;
use zshield_messages::say;
use zshield_plan::health::Condition;
use zshield_units::UnixTime;

use crate::check::{conditions, tell};
use crate::env::{self, Env};
use crate::error::{Refusal, before_it_began};
use crate::interruption;

/// Why nothing is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// The last check did not find this path to differ.
    #[error("{}", say::check::not_drifting(.0.to_string()))]
    NotDrifting(EntryPath),
    /// The last check found nothing that could be accepted.
    #[error("{}", say::check::nothing_to_accept())]
    Nothing,
}

/// An acceptance that can be made.
pub struct Prepared {
    env: Env,
    store: Store,
    paths: BTreeSet<EntryPath>,
    _held: lock::Held,
}

/// Finds what is accepted: these paths, or all that the last check found where there are none.
pub fn prepare(env: &Env, wanted: &[String]) -> crate::Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let store = env.alarms(&env.policy()?);
        // A check that is about to end would write its result over this one's.
        let held = lock::hold(lock::Operation::Check).map_err(Refusal::Busy)?;
        Ok(Prepared {
            env: env.clone(),
            store,
            paths: wanted_paths(&env.root, wanted)?,
            _held: held,
        })
    })
}

fn wanted_paths(root: &Path, wanted: &[String]) -> Result<BTreeSet<EntryPath>> {
    let relative = |text: &String| Ok(text.trim_start_matches('/').parse::<EntryPath>()?);
    let wanted: Vec<EntryPath> = wanted.iter().map(relative).collect::<Result<_>>()?;
    let meant = if wanted.is_empty() { Meant::All } else { Meant::These(&wanted) };
    let paths = chosen(root, meant)?;
    if paths.is_empty() {
        return Err(Refusal::operation(Unacceptable::Nothing).into());
    }
    Ok(paths)
}

/// An acceptance that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How many paths were accepted.
    pub count: usize,
    /// Whether the alarms that it clears are noted where that outlives a restart.
    pub durable: bool,
}

impl Prepared {
    /// Accepts the paths as the last check found them. Who did is noted before it counts.
    pub fn run(self) -> crate::Result<Outcome> {
        interruption::begin();
        let Self { env, store, paths, .. } = &self;
        let entry = Entry {
            at: env.now(),
            did: Did::Accepted,
            alarms: Vec::new(),
            paths: paths.iter().map(ToString::to_string).collect(),
            reason: String::new(),
            who: Who::here(),
        };
        audit::append(store, &entry)?;
        let left = accept(&env.root, paths)?;
        let durable = left.map_or(Ok(true), |left| tell(store, &Seen::by_check(left)))?;
        Ok(Outcome { count: paths.len(), durable })
    }
}

/// What of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meant<'a> {
    /// All that the last check found.
    All,
    /// All that raises this alarm.
    Alarming(DriftAlarm),
    /// These paths, each of which it must have found.
    These(&'a [EntryPath]),
}

/// The paths that are meant, of those that the last check of the system below `root` found.
pub(crate) fn chosen(root: &Path, meant: Meant<'_>) -> Result<BTreeSet<EntryPath>> {
    let Some(last) = Last::read(root)? else { return Ok(BTreeSet::new()) };
    let all = || last.drifting.iter().map(|one| &one.path);
    match meant {
        Meant::All => Ok(all().cloned().collect()),
        Meant::Alarming(alarm) => Ok(last.alarming(alarm).cloned().collect()),
        Meant::These(paths) => match paths.iter().find(|path| all().all(|one| one != *path)) {
            Some(path) => Err(Refusal::operation(Unacceptable::NotDrifting(path.clone())).into()),
            None => Ok(paths.iter().cloned().collect()),
        },
    }
}

/// Accepts these of the paths that the last check found; what alarms are raised for is left, where
/// there was a check.
pub(crate) fn accept(root: &Path, paths: &BTreeSet<EntryPath>) -> Result<Option<Vec<Condition>>> {
    let Some(mut last) = Last::read(root)? else { return Ok(None) };
    let mut accepted = Accepted::read(root)?;
    let now = UnixTime::from(Timestamp::now());
    for one in last.drifting.iter().filter(|one| paths.contains(&one.path)) {
        accepted.accept(one.path.clone(), one.state, now);
    }
    accepted.write(root)?;
    last.accept(paths);
    last.write(root)?;
    Ok(Some(conditions(&last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn refusal(root: &Path, wanted: &[&str]) -> Refusal {
        let wanted: Vec<String> = wanted.iter().map(|&path| path.to_owned()).collect();
        fixture::refusal(wanted_paths(root, &wanted).unwrap_err())
    }

    #[test]
    fn nothing_is_accepted_that_the_last_check_did_not_find() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        assert_eq!(refusal(root, &[]).own(), Some(&Unacceptable::Nothing));
    }
}
