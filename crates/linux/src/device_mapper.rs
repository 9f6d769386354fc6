//! The one door to the device mapper, by `dmsetup`.

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
    pub fn create_readonly(self, name: &str, table: &str) -> Result<(), ProgramError> {
        self.created(name, vec!["--readonly"], table)
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

    /// What the mappings of a kind say of themselves, a line each: `NAME: START LENGTH KIND …`.
    pub fn status(self, kind: &str) -> Result<String, ProgramError> {
        self.command(&["status", "--target", kind]).text()
    }

    /// The names of the mappings that nobody has open.
    pub fn unused(self) -> Result<Vec<String>, ProgramError> {
        let shape = ["info", "--columns", "--noheadings", "--separator", ":", "-o", "name,open"];
        Ok(closed(&self.command(&shape).text()?))
    }
}

fn closed(info: &str) -> Vec<String> {
    let names = info.lines().filter_map(|line| line.trim().strip_suffix(":0"));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_open_is_unused() {
        let info = "hdd:0\nvg-lv--root-real:1\nvg-snap0-cow:0\n";
        assert_eq!(closed(info), ["hdd", "vg-snap0-cow"]);
        assert!(closed("No devices found\n").is_empty());
    }
}
