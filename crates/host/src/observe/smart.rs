//! What disks say of their own health: `smartctl -j`.

use std::io;

use serde::Deserialize;
use zshield_linux::program::{self, Program, ProgramError};
use zshield_plan::health::DiskHealth;

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
    #[serde(default)]
    devices: Vec<Device>,
}

/// `smartctl`'s exit status is a field of bits. With this one it did not understand what was wanted: an
/// option, or what kind of disk it is.
const NOT_UNDERSTOOD: i32 = 1;
/// The disk could not be opened, or did not say what it is.
const NOT_ANSWERED: i32 = 1 << 1;
/// The disk is failing.
const FAILING: i32 = 1 << 3;
/// A self-test failed.
const SELF_TEST: i32 = 1 << 7;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    smartctl: Status,
    serial_number: String,
    smart_status: Option<Passed>,
    ata_smart_attributes: Attributes,
    nvme_smart_health_information_log: Option<Nvme>,
    scsi_error_counter_log: Option<ScsiErrors>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    exit_status: i32,
    messages: Vec<Message>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    string: String,
}

#[derive(Deserialize)]
struct Passed {
    passed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    id: u32,
    name: String,
    #[serde(default)]
    when_failed: String,
    raw: Raw,
}

#[derive(Deserialize)]
struct Raw {
    value: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Nvme {
    critical_warning: u64,
    media_errors: u64,
    percentage_used: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScsiErrors {
    read: Uncorrected,
    write: Uncorrected,
    verify: Uncorrected,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Uncorrected {
    total_uncorrected_errors: u64,
}

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
        Ok(scan) => Ok(scan.devices),
        // smartmontools before 7.0 has no JSON.
        Err(_) if status.is_some_and(|status| status & NOT_UNDERSTOOD != 0) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks a disk.
pub fn ask(device: &Device) -> io::Result<Asked> {
    let mut smartctl = Program::new(TOOL, program::READING);
    smartctl = smartctl.args(["-j", "-H", "-A", "-i", "-l", "selftest"]);
    // What a scan says of others is a guess that asking them makes better.
    if device.kind.contains("megaraid,") {
        smartctl = smartctl.args(["-d", &device.kind]);
    }
    match smartctl.arg(&device.name).run() {
        // The exit status speaks of the disk, and stands in the answer too.
        Ok(output) => Ok(parse(&output.stdout)),
        Err(ProgramError::DeadlineMissed { .. }) => Ok(Asked::Silent),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn parse(json: &[u8]) -> Asked {
    const CURRENT_PENDING: u32 = 197;
    const OFFLINE_UNCORRECTABLE: u32 = 198;
    // Ended before it had said anything, it has waited for the disk.
    let Ok(answer) = serde_json::from_slice::<Answer>(json) else { return Asked::Silent };
    let status = answer.smartctl.exit_status;
    // An array is no disk. Those of some cards are not opened, and their disks are asked by themselves.
    let is_array = answer.smartctl.messages.iter().any(|one| one.string.contains("megaraid,N"));
    if status & NOT_ANSWERED != 0 && !is_array {
        return Asked::Silent;
    }
    if status & NOT_UNDERSTOOD != 0 || answer.serial_number.is_empty() {
        return Asked::Mute;
    }
    let table = &answer.ata_smart_attributes.table;
    // Some makers pack other numbers into the upper half of a raw value.
    let raw =
        |id| table.iter().find(|one| one.id == id).map_or(0, |one| one.raw.value & 0xffff_ffff);
    let failed_now = |one: &&Attribute| one.when_failed == "now";
    let nvme = answer.nvme_smart_health_information_log;
    let warned = nvme.as_ref().is_some_and(|log| log.critical_warning != 0);
    let scsi = answer.scsi_error_counter_log.unwrap_or_default();
    let lost = [&scsi.read, &scsi.write, &scsi.verify];
    let lost = lost.iter().map(|errors| errors.total_uncorrected_errors);
    let media = nvme.as_ref().map_or(0, |log| log.media_errors);
    let passed = answer.smart_status.map(|verdict| verdict.passed);
    let failing = status & FAILING != 0 || warned;
    Asked::Told(DiskHealth {
        disk: answer.serial_number,
        passed: if failing { Some(false) } else { passed },
        below_threshold: table.iter().filter(failed_now).map(|one| one.name.clone()).collect(),
        self_test_failed: status & SELF_TEST != 0,
        pending: raw(CURRENT_PENDING),
        // What a disk says of itself may be any number.
        uncorrectable: lost.chain([media]).fold(raw(OFFLINE_UNCORRECTABLE), u64::saturating_add),
        worn: nvme.map(|log| log.percentage_used),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: i32, more: &str) -> DiskHealth {
        let json = format!(
            r#"{{"json_format_version":[1,0],"smartctl":{{"version":[7,3],"exit_status":{status}}},
            "model_name":"ST500NM0011","serial_number":"Z1M0ABCD"{more}}}"#
        );
        match parse(json.as_bytes()) {
            Asked::Told(health) => health,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn disks_behind_a_card_are_listed_with_its_numbers() {
        let json = r#"{"devices":[{"name":"/dev/sda","info_name":"/dev/sda","type":"scsi"},
            {"name":"/dev/bus/0","info_name":"/dev/bus/0 [megaraid_disk_08]","type":"megaraid,8"}]}"#;
        let scan: Scan = serde_json::from_str(json).unwrap();
        assert_eq!(scan.devices[1].kind, "megaraid,8");
    }

    #[test]
    fn a_tool_that_is_too_old_is_told_from_one_that_failed() {
        let old = b"smartctl 6.6 2017-11-05 r4594\n\n=======> UNRECOGNIZED OPTION: j\n";
        assert_eq!(listed(old, Some(1)).unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_ne!(listed(b"", None).unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_eq!(listed(b"{}", Some(0)).unwrap(), []);
    }

    #[test]
    fn a_disk_that_does_not_answer_is_told_from_one_that_has_nothing_to_say() {
        let failed = |why: &str| {
            format!(
                r#"{{"smartctl":{{"version":[7,3],"messages":[{{"string":"{why}"}}],"exit_status":2}}}}"#
            )
        };
        let no_answer = failed("Read Device Identity failed: Input/output error");
        assert_eq!(parse(no_answer.as_bytes()), Asked::Silent);
        assert_eq!(parse(b""), Asked::Silent);
        let array = failed(
            "Smartctl open device: /dev/sda failed: DELL or MegaRaid controller, please try adding '-d megaraid,N'",
        );
        assert_eq!(parse(array.as_bytes()), Asked::Mute);
    }

    #[test]
    fn a_disk_that_can_not_be_asked_says_nothing() {
        // Captured: a device of a virtual machine, and one that is not there.
        for text in [
            include_str!("../../tests/fixtures/smartctl-unknown.json"),
            include_str!("../../tests/fixtures/smartctl-absent.json"),
        ] {
            assert_eq!(parse(text.as_bytes()), Asked::Mute);
        }
    }

    #[test]
    fn a_sound_disk_is_sound() {
        let health = answer(
            0,
            r#","smart_status":{"passed":true},"ata_smart_attributes":{"revision":10,"table":[
            {"id":194,"name":"Temperature_Celsius","value":31,"worst":45,"thresh":0,
             "when_failed":"","raw":{"value":68719476767,"string":"31"}},
            {"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,
             "when_failed":"","raw":{"value":0,"string":"0"}}]}"#,
        );
        assert_eq!(health.passed, Some(true));
        assert_eq!((health.pending, health.uncorrectable, health.worn), (0, 0, None));
        assert_eq!(health.disk, "Z1M0ABCD");
    }

    #[test]
    fn a_failing_disk_is_told_by_its_attributes_and_by_the_bits_of_the_status() {
        let table = r#","smart_status":{"passed":false},"ata_smart_attributes":{"table":[
            {"id":5,"name":"Reallocated_Sector_Ct","when_failed":"now","raw":{"value":4095}},
            {"id":10,"name":"Spin_Retry_Count","when_failed":"past","raw":{"value":0}},
            {"id":197,"name":"Current_Pending_Sector","raw":{"value":8}},
            {"id":198,"name":"Offline_Uncorrectable","raw":{"value":3}}]}"#;
        let health = answer(FAILING | 1 << 4 | SELF_TEST, table);
        assert_eq!(health.passed, Some(false));
        assert_eq!(health.below_threshold, ["Reallocated_Sector_Ct"]);
        assert!(health.self_test_failed);
        assert_eq!((health.pending, health.uncorrectable), (8, 3));
        // What was below its threshold once, and old errors in a log, are no news.
        let past = answer(1 << 5 | 1 << 6, r#","smart_status":{"passed":true}"#);
        assert_eq!((past.passed, past.below_threshold.len()), (Some(true), 0));
        // A disk that answers in no table can still say so by the status.
        assert_eq!(answer(FAILING, "").passed, Some(false));
    }

    #[test]
    fn what_no_number_holds_is_the_largest() {
        let errors = r#"{"total_uncorrected_errors":18446744073709551615}"#;
        let scsi = format!(r#","scsi_error_counter_log":{{"read":{errors},"write":{errors}}}"#);
        assert_eq!(answer(0, &scsi).uncorrectable, u64::MAX);
        let nvme = r#","nvme_smart_health_information_log":{"media_errors":18446744073709551615}"#;
        assert_eq!(answer(0, &format!("{scsi}{nvme}")).uncorrectable, u64::MAX);
    }

    #[test]
    fn nvme_and_scsi_have_words_of_their_own() {
        let nvme = answer(
            0,
            r#","nvme_smart_health_information_log":{"critical_warning":4,"percentage_used":97,
            "media_errors":2},"smart_status":{"passed":true}"#,
        );
        assert_eq!((nvme.passed, nvme.worn, nvme.uncorrectable), (Some(false), Some(97), 2));
        let scsi = answer(
            0,
            r#","smart_status":{"passed":true},"scsi_error_counter_log":{
            "read":{"total_uncorrected_errors":1},"write":{"total_uncorrected_errors":2}}"#,
        );
        assert_eq!(scsi.uncorrectable, 3);
    }
}
