//! The health of disks: `smartctl -j`.

mod answer;

use std::io;

use serde::Deserialize;
use serde_json::Value;
use zshield_linux::program::{self, Program, ProgramError};
use zshield_plan::health::DiskHealth;

pub(super) use answer::parse;

/// The tool.
pub const TOOL: &str = "smartctl";

/// A disk, as `smartctl --scan` lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Device {
    /// The device to ask.
    pub name: String,
    /// How it is asked: `megaraid,8` is the disk that a RAID card knows as 8.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Deserialize)]
struct Scan {
    /// Each is read by itself: an odd one hides no other.
    #[serde(default)]
    devices: Vec<Value>,
}

/// `smartctl`'s exit status is a field of bits. With this one it did not understand what was wanted: an
/// option, or what kind of disk it is.
const NOT_UNDERSTOOD: i32 = 1;

/// What came of asking a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It has said how it is.
    Told(DiskHealth),
    /// It is none that says anything of its health.
    Mute,
    /// It did not answer.
    Silent,
}

/// The disks of this machine, those behind RAID cards included. An error where there is no such
/// tool; of the kind [`Unsupported`](io::ErrorKind::Unsupported) where it is too old to be asked.
pub fn scan() -> io::Result<Vec<Device>> {
    let output = Program::new(TOOL, program::READING).args(["--scan", "-j"]).run()?;
    listed(&output.stdout, output.status.code())
}

fn listed(json: &[u8], status: Option<i32>) -> io::Result<Vec<Device>> {
    match serde_json::from_slice::<Scan>(json) {
        Ok(scan) => Ok(scan
            .devices
            .into_iter()
            .filter_map(|one| serde_json::from_value(one).ok())
            .collect()),
        // smartmontools before 7.0 has no JSON.
        Err(_) if status.is_some_and(|status| status & NOT_UNDERSTOOD != 0) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks a disk. SAS counts its errors in the log `error`, and tells its wear in the log `ssd`.
pub fn ask(device: &Device) -> io::Result<Asked> {
    let mut smartctl = Program::new(TOOL, program::READING);
    smartctl =
        smartctl.args(["-j", "-H", "-A", "-i", "-l", "selftest", "-l", "error", "-l", "ssd"]);
    // What a scan says of others is a guess that asking them makes better.
    if device.kind.contains(',') {
        smartctl = smartctl.args(["-d", &device.kind]);
    }
    match smartctl.arg(&device.name).run() {
        // The exit status speaks of the disk, and stands in the answer too.
        Ok(output) => Ok(parse(&output.stdout)),
        Err(ProgramError::DeadlineMissed { .. }) => Ok(Asked::Silent),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_behind_a_card_are_listed_with_its_numbers() {
        let json = r#"{"devices":[{"name":"/dev/sda","info_name":"/dev/sda","type":"scsi"},
            {"name":"/dev/bus/0","info_name":"/dev/bus/0 [megaraid_disk_08]","type":"megaraid,8"}]}"#;
        let devices = listed(json.as_bytes(), Some(0)).unwrap();
        assert_eq!(devices[1].kind, "megaraid,8");
        let odd = br#"{"devices":[7,{"name":"/dev/sda"},{"name":"/dev/sdb","type":"sat"}]}"#;
        assert_eq!(listed(odd, Some(0)).unwrap().len(), 1);
    }

    #[test]
    fn a_tool_that_is_too_old_is_told_from_one_that_failed() {
        let old = b"smartctl 6.6 2017-11-05 r4594\n\n=======> UNRECOGNIZED OPTION: j\n";
        assert_eq!(listed(old, Some(1)).unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_ne!(listed(b"", None).unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_eq!(listed(b"{}", Some(0)).unwrap(), []);
    }
}
