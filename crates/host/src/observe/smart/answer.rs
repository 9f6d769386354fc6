//! An answer of `smartctl -j`. Each field is read by itself: one in another form than that of smartctl
//! 7.x says nothing, and hides no other.

use serde_json::Value;
use zshield_plan::health::{DiskHealth, Warning};

use super::super::json::number;
use super::{Asked, NOT_UNDERSTOOD};

/// The disk could not be opened, or did not say what it is.
const NOT_ANSWERED: i32 = 1 << 1;
/// The disk is failing.
const FAILING: i32 = 1 << 3;
/// A self-test failed.
const SELF_TEST: i32 = 1 << 7;

/// Attributes whose normalised value counts down from 100 as an SSD wears. Other makers have other things
/// under the same numbers.
const LIFE_LEFT: [(u64, &str); 7] = [
    (169, "Remaining_Lifetime_Perc"),
    (177, "Wear_Leveling_Count"),
    (202, "Percent_Lifetime_Remain"),
    (202, "Percent_Lifetime_Used"),
    (202, "Perc_Rated_Life_Used"),
    (231, "SSD_Life_Left"),
    (233, "Media_Wearout_Indicator"),
];

pub(in super::super) fn parse(json: &[u8]) -> Asked {
    // Ended before it had said anything, it has waited for the disk.
    let Ok(answer @ Value::Object(_)) = serde_json::from_slice(json) else { return Asked::Silent };
    let status = number(answer.pointer("/smartctl/exit_status")).unwrap_or(0);
    let status = i32::try_from(status).unwrap_or(0);
    if status & NOT_ANSWERED != 0 && !is_array(&answer) {
        return Asked::Silent;
    }
    let disk = text(&answer, "/serial_number").trim();
    if status & NOT_UNDERSTOOD != 0 || disk.is_empty() {
        return Asked::Mute;
    }
    let rows = Attribute::table(&answer);
    let below = || rows.iter().filter(|row| row.is_below);
    let sum = |counts: fn(&&Attribute<'_>) -> bool| {
        rows.iter().filter(counts).fold(0, |sum: u64, row| sum.saturating_add(row.raw))
    };
    let critical = number(answer.pointer("/nvme_smart_health_information_log/critical_warning"));
    let mut warnings = critical.map(of_nvme).unwrap_or_default();
    let is_hot = below().any(Attribute::is_heat) || is_hot_scsi(&answer);
    warnings.extend(is_hot.then_some(Warning::Hot));
    Asked::Told(DiskHealth {
        disk: disk.to_owned(),
        passed: verdict(&answer, status, critical),
        below_threshold: below().filter(|row| !row.is_heat()).map(|row| row.name.into()).collect(),
        self_test_failed: status & SELF_TEST != 0,
        pending: sum(|row| row.is_pending()),
        uncorrectable: sum(|row| row.is_uncorrectable()).saturating_add(lost(&answer)),
        worn: worn(&answer, &rows),
        warnings,
    })
}

/// An array is no disk. Those of some cards are not opened, and their disks are asked by themselves.
fn is_array(answer: &Value) -> bool {
    let messages = answer.pointer("/smartctl/messages").and_then(Value::as_array);
    messages.into_iter().flatten().any(|one| text(one, "/string").contains("megaraid,N"))
}

/// The disk's own verdict, without what only says that it is hot.
fn verdict(answer: &Value, status: i32, critical: Option<u64>) -> Option<bool> {
    if let Some(critical) = critical {
        return Some(critical & !KNOWN == 0);
    }
    if is_hot_scsi(answer) {
        return Some(true);
    }
    let passed = answer.pointer("/smart_status/passed").and_then(Value::as_bool);
    if status & FAILING != 0 { Some(false) } else { passed }
}

/// The byte of critical warnings of `NVMe`: NVM Express Base Specification, SMART / Health Information.
const SPARE_LOW: u64 = 1;
const HOT: u64 = 1 << 1;
const READ_ONLY: u64 = 1 << 3;
const CACHE_UNPROTECTED: u64 = 1 << 4;
/// Those with words of their own. All others are the disk's verdict that it can't be relied upon.
const KNOWN: u64 = SPARE_LOW | HOT | READ_ONLY | CACHE_UNPROTECTED;

fn of_nvme(critical: u64) -> Vec<Warning> {
    [
        (SPARE_LOW, Warning::SpareLow),
        (HOT, Warning::Hot),
        (READ_ONLY, Warning::ReadOnly),
        (CACHE_UNPROTECTED, Warning::CacheUnprotected),
    ]
    .into_iter()
    .filter(|(bit, _)| critical & bit != 0)
    .map(|(_, warning)| warning)
    .collect()
}

/// SCSI's informational exception "warning, specified temperature exceeded".
fn is_hot_scsi(answer: &Value) -> bool {
    let code = |name| number(answer.pointer(&format!("/smart_status/scsi/{name}")));
    (code("asc"), code("ascq")) == (Some(0x0b), Some(0x01))
}

/// Blocks that `NVMe` and SCSI say were lost.
fn lost(answer: &Value) -> u64 {
    let logs = ["read", "write", "verify"]
        .map(|log| format!("/scsi_error_counter_log/{log}/total_uncorrected_errors"));
    let logs = logs.iter().map(String::as_str);
    logs.chain(["/nvme_smart_health_information_log/media_errors"])
        .filter_map(|pointer| number(answer.pointer(pointer)))
        .fold(0, u64::saturating_add)
}

/// How much of its life is used, in percent: the worst of all that the disk says of it.
fn worn(answer: &Value, rows: &[Attribute<'_>]) -> Option<u64> {
    const SCSI: &str = "/scsi_percentage_used_endurance_indicator";
    let said = [
        number(answer.pointer("/nvme_smart_health_information_log/percentage_used")),
        number(answer.pointer("/endurance_used/current_percent")),
        number(answer.pointer(SCSI)),
        number(answer.pointer(&format!("{SCSI}/percentage_used_endurance_indicator"))),
    ];
    let left = rows.iter().filter(|row| row.is_life_left()).filter_map(|row| row.value);
    let used = left.filter(|left| *left <= 100).map(|left| 100 - left);
    said.into_iter().flatten().chain(used).chain(statistics(answer)).max()
}

/// ATA's device statistics, page 7.
fn statistics(answer: &Value) -> Option<u64> {
    let list = |value: &Value, pointer| value.pointer(pointer).and_then(Value::as_array).cloned();
    let pages = list(answer, "/ata_device_statistics/pages")?;
    let rows = pages.iter().filter_map(|page| list(page, "/table")).flatten();
    let is_valid = |row: &Value| row.pointer("/flags/valid").and_then(Value::as_bool) == Some(true);
    rows.filter(|row| text(row, "/name") == "Percentage Used Endurance Indicator" && is_valid(row))
        .find_map(|row| number(row.pointer("/value")))
}

/// One row of ATA's table.
struct Attribute<'a> {
    id: u64,
    name: &'a str,
    /// Normalised by its maker.
    value: Option<u64>,
    /// Whether it is at or below its maker's threshold now.
    is_below: bool,
    raw: u64,
}

impl<'a> Attribute<'a> {
    fn table(answer: &'a Value) -> Vec<Self> {
        let table = answer.pointer("/ata_smart_attributes/table").and_then(Value::as_array);
        table.into_iter().flatten().filter_map(Self::of).collect()
    }

    fn of(row: &'a Value) -> Option<Self> {
        Some(Self {
            id: number(row.pointer("/id"))?,
            name: text(row, "/name"),
            value: number(row.pointer("/value")),
            is_below: text(row, "/when_failed") == "now",
            // Some makers pack other numbers into the upper half of a raw value.
            raw: number(row.pointer("/raw/value")).unwrap_or(0) & 0xffff_ffff,
        })
    }

    fn is_heat(&self) -> bool {
        self.name.contains("Temp")
    }

    /// Not an ECC count, nor one that smartctl's list of disks knows to be wrong.
    fn is_pending(&self) -> bool {
        self.id == 197
            && self.name.contains("Pend")
            && self.name.contains("Sect")
            && !self.name.starts_with("Bogus")
    }

    fn is_uncorrectable(&self) -> bool {
        self.id == 198 && (self.name.contains("Uncorrect") || self.name.contains("UNC"))
    }

    fn is_life_left(&self) -> bool {
        LIFE_LEFT.contains(&(self.id, self.name))
    }
}

/// The text at this place; empty where there is none.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
