//! The one door to the device mapper, by `dmsetup`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::IoError;
use crate::program::{self, Program, ProgramError};

/// The device mapper, where udev makes the nodes or where dmsetup does it.
#[derive(Clone, Copy, Debug)]
pub struct DeviceMapper {
    has_udev: bool,
}

impl DeviceMapper {
    /// Where udev makes the nodes it is waited for; where there is none, dmsetup sees that itself.
    pub const WITH_UDEV: Self = Self { has_udev: true };
    /// Where there is no udev to talk to.
    pub const WITHOUT_UDEV: Self = Self { has_udev: false };

    fn command(self, words: &[&str]) -> Program<'static> {
        let dmsetup = Program::new("dmsetup", program::CHANGING).args(words);
        if self.has_udev { dmsetup } else { dmsetup.env("DM_DISABLE_UDEV", "1") }
    }

    /// Makes a mapping of this table, known by its name and, where there is one, by this id.
    pub fn create(self, name: &str, id: Option<&str>, table: &str) -> Result<(), ProgramError> {
        let words = id.map_or_else(Vec::new, |id| vec!["--uuid", id]);
        self.created(name, words, table)
    }

    /// Makes a mapping of this table that is only read.
    pub fn create_readonly(
        self,
        name: &str,
        id: Option<&str>,
        table: &str,
    ) -> Result<(), ProgramError> {
        let mut words = id.map_or_else(Vec::new, |id| vec!["--uuid", id]);
        words.push("--readonly");
        self.created(name, words, table)
    }

    fn created(self, name: &str, mut words: Vec<&str>, table: &str) -> Result<(), ProgramError> {
        if !self.has_udev {
            words.push("--noudevsync");
        }
        let create = [&["create", name], words.as_slice()].concat();
        self.command(&create).input(table).succeed().map(drop)
    }

    /// Removes a mapping; one that somebody looks at is tried again for some seconds.
    pub fn remove(self, name: &str) -> Result<(), ProgramError> {
        self.command(&["remove", "--retry", name]).succeed().map(drop)
    }

    /// Removes every mapping that nobody has open, and the nodes of those that are gone.
    pub fn remove_all(self) -> Result<(), ProgramError> {
        for word in ["remove_all", "mknodes"] {
            self.command(&[word]).succeed()?;
        }
        Ok(())
    }

    /// The table of a mapping.
    pub fn table(self, name: &str) -> Result<String, ProgramError> {
        self.command(&["table", name]).text()
    }

    /// The names of the snapshots that the kernel has given up.
    pub fn given_up(self) -> Result<Vec<String>, ProgramError> {
        Ok(invalid(&self.command(&["status", "--target", "snapshot"]).text()?))
    }

    /// All mappings.
    pub fn mappings(self) -> Result<Vec<Mapping>, ProgramError> {
        let shape =
            ["info", "--columns", "--noheadings", "--separator", ":", "-o", "name,uuid,open"];
        Ok(listed(&self.command(&shape).text()?))
    }

    /// The names of the mappings that nobody has open.
    pub fn unused(self) -> Result<Vec<String>, ProgramError> {
        let closed = self.mappings()?.into_iter().filter(|mapping| mapping.open == 0);
        Ok(closed.map(|mapping| mapping.name).collect())
    }

    /// Removes a mapping that nobody has open; whether it is gone. One that is looked at for
    /// a moment, as udev does, is tried again for some seconds.
    pub fn remove_unused(self, name: &str) -> Result<bool, ProgramError> {
        let Err(error) = self.remove(name) else { return Ok(true) };
        match self.mappings()?.into_iter().find(|mapping| mapping.name == name) {
            Some(Mapping { open: 0, .. }) => Err(error),
            found => Ok(found.is_none()),
        }
    }
}

/// A mapping, as the kernel lists it in sysfs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SysfsMapping {
    /// Its name.
    pub name: String,
    /// What it is known by; it may be empty.
    pub id: String,
    /// The names of the mappings that it lies on.
    pub lies_on: Vec<String>,
}

impl SysfsMapping {
    /// Whether it is a snapshot with which the kernel follows its origin. Such a one lies on its own store;
    /// that there is a store says nothing, for LVM may leave it mapped when the snapshot is none any more.
    pub fn is_snapshot(&self) -> bool {
        self.lies_on.contains(&format!("{}-cow", self.name))
    }
}

/// All mappings of this machine: no program is run.
pub fn mappings() -> Result<Vec<SysfsMapping>, IoError> {
    mappings_in(Path::new("/sys/block"))
}

/// All mappings, as the kernel lists its devices in this directory.
fn mappings_in(devices: &Path) -> Result<Vec<SysfsMapping>, IoError> {
    let listed = || {
        let mut found = Vec::new();
        for device in fs::read_dir(devices)? {
            let device = device?.path();
            // It may be gone since, or be no mapping.
            let said = |what| fs::read_to_string(device.join(what)).unwrap_or_default();
            let (name, id) = (said("dm/name").trim_end().to_owned(), said("dm/uuid"));
            if name.is_empty() {
                continue;
            }
            let below = fs::read_dir(device.join("slaves")).into_iter().flatten().flatten();
            let name_of = |path: PathBuf| fs::read_to_string(path.join("dm/name")).ok();
            let lies_on = below.filter_map(|below| name_of(below.path()));
            let lies_on = lies_on.map(|name| name.trim_end().to_owned()).collect();
            found.push(SysfsMapping { name, id: id.trim_end().to_owned(), lies_on });
        }
        Ok(found)
    };
    listed().map_err(IoError::at::<io::Error>(devices))
}

/// A mapping, as the device mapper knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// What it is known by, where there is something.
    pub id: String,
    /// How many have it open.
    pub open: u32,
}

/// Those of what the snapshots say of themselves, a line each: `NAME: START LENGTH KIND …`.
fn invalid(status: &str) -> Vec<String> {
    let lines = status.lines().filter(|line| line.ends_with(" Invalid"));
    lines.filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect()
}

fn listed(info: &str) -> Vec<Mapping> {
    let of = |line: &str| {
        let mut columns = line.trim().rsplitn(3, ':');
        let open = columns.next()?.parse().ok()?;
        let (id, name) = (columns.next()?.to_owned(), columns.next()?.to_owned());
        Some(Mapping { name, id, open })
    };
    info.lines().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_given_up_by_its_own_name() {
        // As dmsetup 1.02.185 prints it.
        let status = "vgroup-snap0: 0 2097152 snapshot 32/2129920 16\n\
                      vgroup-snap1: 0 2097152 snapshot Invalid\n";
        assert_eq!(invalid(status), ["vgroup-snap1"]);
        assert!(invalid("No devices found\n").is_empty());
    }

    #[test]
    fn a_mapping_is_listed_with_what_it_lies_on() {
        use std::os::unix::fs::symlink;
        let devices = tempfile::tempdir().unwrap();
        let mapped = |device: &str, name: &str, slaves: &[&str]| {
            let at = devices.path().join(device);
            fs::create_dir_all(at.join("dm")).unwrap();
            fs::create_dir_all(at.join("slaves")).unwrap();
            fs::write(at.join("dm/name"), format!("{name}\n")).unwrap();
            fs::write(at.join("dm/uuid"), format!("LVM-{device}\n")).unwrap();
            for slave in slaves {
                symlink(devices.path().join(slave), at.join("slaves").join(slave)).unwrap();
            }
        };
        fs::create_dir(devices.path().join("sdb1")).unwrap();
        mapped("dm-0", "vg-snap1-cow", &["sdb1"]);
        mapped("dm-1", "vg-snap1", &["dm-0", "sdb1"]);
        let mut listed = mappings_in(devices.path()).unwrap();
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        let lies_on = vec!["vg-snap1-cow".to_owned()];
        let (name, id) = ("vg-snap1".to_owned(), "LVM-dm-1".to_owned());
        assert_eq!(listed[0], SysfsMapping { name, id, lies_on });
        assert_eq!(listed[1].lies_on, Vec::<String>::new());
    }

    #[test]
    fn a_volume_is_no_snapshot_by_a_store_that_was_left() {
        let mapping = |name: &str, lies_on: &[&str]| SysfsMapping {
            name: name.into(),
            id: String::new(),
            lies_on: lies_on.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert!(mapping("vg-snap0", &["vg-lv--root-real", "vg-snap0-cow"]).is_snapshot());
        for (name, lies_on) in
            [("vg-snap0", &[][..]), ("vg-snap0-cow", &[]), ("vg-snap0", &["vg-snap1-cow"])]
        {
            assert!(!mapping(name, lies_on).is_snapshot(), "{name} {lies_on:?}");
        }
    }

    #[test]
    fn what_nobody_has_open_is_known() {
        let info = "hdd::0\nvg-lv--root-real:LVM-abc-real:1\n  vg-snap0-cow:LVM-def-cow:0\n";
        let found = listed(info);
        assert_eq!(found.iter().map(|one| one.open).collect::<Vec<_>>(), [0, 1, 0]);
        let named = Mapping { name: "vg-snap0-cow".into(), id: "LVM-def-cow".into(), open: 0 };
        assert_eq!((found[0].id.as_str(), &found[2]), ("", &named));
        assert!(listed("No devices found\n").is_empty());
    }
}
