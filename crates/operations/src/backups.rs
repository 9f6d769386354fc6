//! The backups that an appliance has, and files taken out of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zshield_host::appliance;
use zshield_host::backup_mounts::{self, Unmounted};
use zshield_host::factory_view::{self, Closed};
use zshield_host::{execute, lock, way_back};
use zshield_linux::IoError;
use zshield_messages::say;
use zshield_plan::appliance::Appliance;
use zshield_plan::model::{SnapshotState, Target};
use zshield_plan::policy::GroupName;
use zshield_plan::volumes::{FACTORY, named};
use zshield_units::{FillRatio, UnixTime};

use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::status;

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedBackup {
    /// Which.
    pub target: Target,
    /// When it was taken, in seconds since 1970, UTC.
    pub created: UnixTime,
    /// The version of the system in it; nothing where it was not looked into.
    pub version: Option<String>,
    /// How it is kept.
    pub kind: Kind,
    /// How much of its store is used, where that is known.
    pub fill: Option<FillRatio>,
    /// Whether it can be gone back to.
    pub sound: bool,
}

/// How a backup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// As a snapshot with which the kernel follows root.
    Snapshot,
    /// As a store over the latest backup.
    Store,
}

/// The backups, and where they are mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The backups.
    pub backups: Vec<ListedBackup>,
    /// The directories that backups are mounted on.
    pub mounted: Vec<PathBuf>,
}

/// Why a backup is not mounted, unmounted or replaced.
#[derive(Debug, thiserror::Error)]
pub enum MountRefusal {
    /// The directory is none, or not empty.
    #[error("{}", say::backup::not_empty(.0.display()))]
    NotEmpty(PathBuf),
    /// There is no such backup that can be gone back to.
    #[error("{}", say::backup::no_such_backup(.0.to_string()))]
    Absent(Target),
    /// No backup is mounted there.
    #[error("{}", say::backup::not_mounted(.0.display()))]
    NotMounted(PathBuf),
    /// Somebody uses what is mounted there.
    #[error("{}", say::backup::mount_in_use(.0.display()))]
    InUse(PathBuf),
    /// Somebody uses the factory state without a mount.
    #[error("{}", say::backup::view_in_use())]
    ViewInUse,
}

/// What backups there are. They are looked into for the version of their system as long as no operation is
/// under way: one that is mounted can't be replaced.
pub fn list(env: &Env) -> Result<Listing> {
    before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let held = lock::hold(lock::Operation::BackupList).ok();
        if held.is_some() {
            execute::unmount_left()?;
        }
        let found = appliance::running(&env.root, &group, held.is_some())?;
        let backups = Target::BACKUPS.into_iter().rev();
        let backups = backups.filter_map(|target| listed(&found.appliance, target)).collect();
        Ok(Listing { backups, mounted: backup_mounts::found(&group)? })
    })
}

fn listed(appliance: &Appliance, target: Target) -> Option<ListedBackup> {
    let name = match target {
        Target::Factory => FACTORY,
        Target::Latest => appliance.latest()?,
        Target::Vault(_) => return None,
    };
    let snapshot = appliance.snapshots.get(&named(name))?;
    let kind = match snapshot.state {
        SnapshotState::Store { .. } => Kind::Store,
        SnapshotState::Valid { .. } | SnapshotState::Invalid => Kind::Snapshot,
    };
    Some(ListedBackup {
        target,
        created: snapshot.saved.as_ref().map_or(snapshot.created, |saved| saved.created),
        version: snapshot.saved.as_ref().map(|saved| saved.version.clone()),
        kind,
        fill: snapshot.state.fill(),
        sound: status::snapshot(appliance, target).is_some(),
    })
}

/// Mounts a backup on an empty directory, to be read.
pub fn mount(env: &Env, target: Target, directory: &Path) -> Result<()> {
    before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let directory = empty(directory)?;
        let _held = lock::hold(lock::Operation::BackupMount).map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        let appliance = appliance::running(&env.root, &group, false)?.appliance;
        let sound = appliance.way_back(target).filter(|_| !appliance.is_stale());
        let absent = || Refusal::operation(MountRefusal::Absent(target));
        let (way, _) = sound.ok_or_else(absent)?;
        // The mount keeps the view when this is over.
        let state = way_back::open(&group, way)?;
        backup_mounts::mount(state.device(), &directory)?;
        Ok(())
    })
}

/// The directory by its own name, where there is nothing in it.
fn empty(directory: &Path) -> Result<PathBuf> {
    let not_empty = || Refusal::operation(MountRefusal::NotEmpty(directory.to_owned()));
    let absolute = fs::canonicalize(directory).map_err(|_| not_empty())?;
    let is_empty = fs::read_dir(&absolute).is_ok_and(|mut entries| entries.next().is_none());
    Ok(is_empty.then_some(absolute).ok_or_else(not_empty)?)
}

/// Unmounts the backup on a directory.
pub fn umount(env: &Env, directory: &Path) -> Result<()> {
    before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let absolute = absolute(directory)?;
        if !backup_mounts::found(&group)?.contains(&absolute) {
            return Err(Refusal::operation(MountRefusal::NotMounted(directory.to_owned())).into());
        }
        unmount(absolute)?;
        // Another mount or a check may still use it, and one that is left goes with the next operation.
        if let Err(error) = factory_view::close_left(&group) {
            tracing::warn!("{error}");
        }
        Ok(())
    })
}

fn absolute(directory: &Path) -> Result<PathBuf> {
    let found = fs::canonicalize(directory);
    Ok(found.map_err(|error: io::Error| IoError::at(directory)(error))?)
}

fn unmount(directory: PathBuf) -> Result<()> {
    match backup_mounts::unmount(&directory)? {
        Unmounted::Done => Ok(()),
        Unmounted::InUse => Err(Refusal::operation(MountRefusal::InUse(directory)).into()),
    }
}

/// Unmounts the backups that nobody uses: a forgotten mount must not keep the nightly backup from replacing
/// them for ever. Refuses where somebody uses one.
pub(crate) fn release(group: &GroupName) -> Result<()> {
    for directory in backup_mounts::found(group)? {
        tracing::warn!("{} is unmounted: the backup on it is replaced", directory.display());
        unmount(directory)?;
    }
    match factory_view::close_left(group)? {
        Closed::Removed => Ok(()),
        Closed::InUse => Err(Refusal::operation(MountRefusal::ViewInUse).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_directory_is_mounted_on() {
        let directory = tempfile::tempdir().unwrap();
        let own = |directory: &Path| empty(directory).is_ok();
        assert!(own(directory.path()));
        assert!(!own(&directory.path().join("missing")));
        fs::write(directory.path().join("file"), b"").unwrap();
        assert!(!own(directory.path()) && !own(&directory.path().join("file")));
    }

    #[test]
    fn who_keeps_a_backup_from_being_replaced_hears_where_it_is_mounted() {
        let said = MountRefusal::InUse("/mnt/old".into()).to_string();
        assert!(said.contains("zshield backup umount /mnt/old"), "{said}");
        assert!(MountRefusal::NotMounted("/mnt".into()).to_string().contains("/mnt"));
    }
}
