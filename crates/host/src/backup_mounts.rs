//! Backups that somebody has mounted to take files out of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, unmount as unmount_at};
use zshield_formats::mountinfo::{self, Mount};
use zshield_linux::{IoError, mount};
use zshield_plan::model::FACTORY_VIEW;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::{FACTORY, FACTORY_NEXT, LATEST, NEXT, OLD, named};

/// Where operations mount for themselves.
const OWN: &str = "/run/zshield";

/// What has become of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmounted {
    /// It is gone.
    Done,
    /// Somebody uses it.
    InUse,
}

/// The directories on which backups of a group are mounted, the last mounted first. Those of an operation are
/// not among them.
pub fn found(group: &GroupName) -> Result<Vec<PathBuf>, IoError> {
    const INFO: &str = "/proc/self/mountinfo";
    let mounts = mountinfo::parse(&fs::read(INFO).map_err(IoError::at(INFO))?);
    let mapped = |number: &str| {
        let name = fs::read_to_string(format!("/sys/dev/block/{number}/dm/name")).ok()?;
        Some(name.trim_end().to_owned())
    };
    Ok(among(mounts, group, mapped))
}

fn among(
    mounts: Vec<Mount>,
    group: &GroupName,
    mapped: impl Fn(&str) -> Option<String>,
) -> Vec<PathBuf> {
    let names = [FACTORY_VIEW, LATEST, NEXT, OLD, FACTORY, FACTORY_NEXT].map(named);
    let names = names.map(|name: VolumeName| group.mapping(&name));
    let is_backup = |mount: &Mount| {
        let of = |name: String| names.iter().any(|own| own.as_str() == name);
        !mount.point.starts_with(OWN) && mapped(&mount.number).is_some_and(of)
    };
    let found = mounts.into_iter().rev().filter(is_backup);
    found.map(|mount| mount.point).collect()
}

/// Mounts a backup to be read. What is in it has no rights that it does not have here: a program of an earlier
/// version may have had a hole.
pub fn mount(device: &str, directory: &Path) -> Result<(), IoError> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount::ext4_frozen(device.as_ref(), directory, flags).map_err(IoError::at(directory))
}

/// Unmounts one that nobody uses.
pub fn unmount(directory: &Path) -> Result<Unmounted, IoError> {
    match unmount_at(directory, UnmountFlags::NOFOLLOW) {
        Ok(()) => Ok(Unmounted::Done),
        Err(Errno::BUSY) => Ok(Unmounted::InUse),
        Err(error) => Err(IoError::at(directory)(io::Error::from(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_are_told_from_what_else_is_mounted() {
        let mount = |number: &str, point: &str| Mount {
            number: number.into(),
            point: point.into(),
            source: "x".into(),
        };
        let mounts = vec![
            mount("253:0", "/"),
            mount("253:5", "/mnt/old"),
            mount("253:6", "/run/zshield/mnt/look"),
            mount("253:6", "/srv/a"),
            mount("8:1", "/boot"),
        ];
        let mapped = |number: &str| {
            let name = match number {
                "253:0" => "vg-lv--root",
                "253:5" => "vg-snap0--view",
                "253:6" => "vg-snap1",
                _ => return None,
            };
            Some(name.to_owned())
        };
        let group = GroupName::new("vg").unwrap();
        let found = among(mounts.clone(), &group, mapped);
        assert_eq!(found, [Path::new("/srv/a"), Path::new("/mnt/old")]);
        assert!(among(mounts, &GroupName::new("other").unwrap(), mapped).is_empty());
    }

    #[test]
    fn what_is_not_mounted_is_not_unmounted() {
        let directory = tempfile::tempdir().unwrap();
        assert!(unmount(directory.path()).is_err());
    }
}
