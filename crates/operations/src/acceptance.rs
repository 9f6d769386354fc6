//! Drift that somebody means to be so: accepted as the last check found it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use zshield_check::accepted::Accepted;
use zshield_check::last::Last;
use zshield_golden::EntryPath;
use zshield_units::UnixTime;

use crate::error::Refusal;

/// What of it.
#[derive(Clone, Copy, Debug)]
pub enum Meant<'a> {
    /// All that the last check found.
    All,
    /// What an alarm is raised for.
    Alarming,
    /// These paths, each of which it must have found.
    These(&'a [EntryPath]),
}

/// The paths that are meant, of those that the last check of the system below `root` found.
pub fn chosen(root: &Path, meant: Meant<'_>) -> Result<BTreeSet<EntryPath>> {
    let Some(last) = Last::read(root)? else { return Ok(BTreeSet::new()) };
    let all = || last.drifting.iter().map(|one| &one.path);
    match meant {
        Meant::All => Ok(all().cloned().collect()),
        Meant::Alarming => Ok(last.alarming().cloned().collect()),
        Meant::These(paths) => match paths.iter().find(|path| all().all(|one| one != *path)) {
            Some(path) => Err(Refusal::NotDrifting(path.clone()).into()),
            None => Ok(paths.iter().cloned().collect()),
        },
    }
}

/// Accepts these of the paths that the last check found; whether nothing that an alarm is raised
/// for is left.
pub fn accept(root: &Path, paths: &BTreeSet<EntryPath>) -> Result<bool> {
    let Some(mut last) = Last::read(root)? else { return Ok(false) };
    let mut accepted = Accepted::read(root)?;
    let now = UnixTime::from(Timestamp::now());
    for one in last.drifting.iter().filter(|one| paths.contains(&one.path)) {
        accepted.accept(one.path.clone(), one.state, now);
    }
    accepted.write(root)?;
    last.accept(paths);
    last.write(root)?;
    Ok(last.alarm.is_none())
}
