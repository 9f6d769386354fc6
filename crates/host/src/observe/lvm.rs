//! Volume groups and snapshots, as LVM reports them in JSON. All its values are strings.

use std::collections::BTreeMap;

use serde::Deserialize;
use zshield_plan::command::{Command, lvm_filter};
use zshield_plan::id::DiskName;
use zshield_plan::model::{Binding, SnapshotState};
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::world::{Disk, Volume, VolumeGroup};
use zshield_units::{Bytes, UnixTime};

use super::ObserveError;
use crate::command;

/// One report of `pvs`, `vgs` or `lvs`.
#[derive(Debug, Deserialize)]
pub struct Report<Row> {
    report: Vec<Section<Row>>,
}

impl<Row: for<'de> Deserialize<'de>> Report<Row> {
    /// The report in what LVM printed. Where it found metadata that a power cut has left torn, it
    /// says “Retrying metadata scan.” in the middle of its JSON: what begins no JSON is left out.
    pub fn read(output: &str) -> serde_json::Result<Self> {
        let is_json = |line: &&str| line.trim_start().starts_with(['{', '}', '[', ']', '"', ',']);
        let lines: Vec<&str> = output.lines().filter(is_json).collect();
        serde_json::from_str(&lines.join("\n"))
    }
}

impl<Row> Report<Row> {
    /// Its rows.
    pub fn rows(self) -> Vec<Row> {
        self.report.into_iter().flat_map(|section| section.rows).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Section<Row> {
    #[serde(alias = "pvseg", alias = "lv", alias = "pv", alias = "seg", alias = "vg")]
    rows: Vec<Row>,
}

/// A piece of a physical volume.
#[derive(Debug, Deserialize)]
pub(super) struct Segment {
    pv_name: String,
    vg_name: String,
    vg_uuid: String,
    lv_name: String,
    lv_size: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Snapshot {
    lv_name: String,
    #[serde(flatten)]
    state: Fill,
}

const FORMAT: [&str; 5] = ["--reportformat", "json", "--units", "b", "--nosuffix"];

fn lvm<Row: for<'de> Deserialize<'de>>(arguments: &[&str]) -> Result<Vec<Row>, ObserveError> {
    let command: Command = command::words("lvm", &[arguments, &FORMAT].concat());
    rows(&command::run(&command)?)
}

pub(super) fn rows<Row: for<'de> Deserialize<'de>>(output: &str) -> Result<Vec<Row>, ObserveError> {
    let report: Report<Row> =
        Report::read(output).map_err(|source| ObserveError::Output { tool: "lvm", source })?;
    Ok(report.rows())
}

/// Every volume group on these disks.
pub(super) fn groups(disks: &[Disk]) -> Result<Vec<VolumeGroup>, ObserveError> {
    let columns = "pv_name,vg_name,vg_uuid,lv_name,lv_size";
    let segments = lvm(&["pvs", "--segments", "-o", columns])?;
    Ok(gather(&segments, disks))
}

pub(super) fn gather(segments: &[Segment], disks: &[Disk]) -> Vec<VolumeGroup> {
    let mut groups: BTreeMap<&str, VolumeGroup> = BTreeMap::new();
    for segment in segments {
        let Some(name) = GroupName::new(&segment.vg_name) else { continue };
        let id = segment.vg_uuid.clone();
        let group = groups.entry(&segment.vg_uuid).or_insert_with(|| VolumeGroup {
            name,
            id,
            disks: Vec::new(),
            volumes: Vec::new(),
        });
        if let Some(disk) = disk_of(&segment.pv_name, disks)
            && !group.disks.contains(&disk)
        {
            group.disks.push(disk);
        }
        // What is in brackets is a part of another volume, and what has no name is free.
        let size = segment.lv_size.parse().map(Bytes).unwrap_or_default();
        if let Some(name) = VolumeName::new(&segment.lv_name)
            && !group.volumes.iter().any(|volume| volume.name == name)
        {
            group.volumes.push(Volume { name, size });
        }
    }
    groups.into_values().collect()
}

fn disk_of(node: &str, disks: &[Disk]) -> Option<DiskName> {
    let ours = |disk: &&Disk| {
        disk.name.device() == node
            || disk.partitions.iter().any(|found| disk.name.partition(found.number) == node)
    };
    disks.iter().find(ours).map(|disk| disk.name.clone())
}

/// A snapshot's state, where there is one of that name; `filter` is LVM's configuration that
/// shows it the appliance's disks alone.
pub fn snapshot_state(
    group: &GroupName,
    snapshot: &VolumeName,
    filter: &str,
) -> Result<Option<SnapshotState>, ObserveError> {
    let columns = "lv_name,origin,lv_snapshot_invalid,snap_percent";
    let rows: Vec<Snapshot> = lvm(&["lvs", "-o", columns, group.as_str(), "--config", filter])?;
    Ok(state_in(&rows, snapshot))
}

/// A volume group as LVM reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Whether it was found.
    pub there: bool,
    /// Whether a physical volume of it is missing.
    pub partial: bool,
    /// The nodes of its physical volumes.
    pub members: Vec<String>,
    /// Its volumes that are no snapshots.
    pub volumes: BTreeMap<VolumeName, Bytes>,
    /// Its snapshots, with the time they were taken, in seconds since 1970.
    pub snapshots: Vec<(VolumeName, SnapshotState, UnixTime)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pv_name: String,
    vg_name: String,
    vg_missing_pv_count: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Logical {
    lv_name: String,
    lv_size: String,
    lv_time: String,
    #[serde(flatten)]
    snapshot: Fill,
}

#[derive(Debug, Deserialize)]
struct Fill {
    origin: String,
    lv_snapshot_invalid: String,
    snap_percent: String,
}

/// The appliance's group on its own two disks. What is not active has no fill and counts as
/// invalid.
pub fn group(binding: &Binding) -> Result<Group, ObserveError> {
    let config = format!("report{{time_format=\"%s\"}} {}", lvm_filter(binding));
    let columns = "pv_name,vg_name,vg_missing_pv_count";
    let members: Vec<Member> = lvm(&["pvs", "-o", columns, "--config", &config])?;
    let ours = |member: &&Member| member.vg_name == binding.group.as_str();
    let members: Vec<&Member> = members.iter().filter(ours).collect();
    if members.is_empty() {
        return Ok(Group::default());
    }
    let columns = "lv_name,lv_size,lv_time,origin,lv_snapshot_invalid,snap_percent";
    let group = binding.group.as_str();
    let volumes: Vec<Logical> = lvm(&["lvs", "-o", columns, group, "--config", &config])?;
    Ok(described(&members, &volumes))
}

pub(super) fn described(members: &[&Member], volumes: &[Logical]) -> Group {
    let mut group = Group { there: true, ..Group::default() };
    group.partial = members.iter().any(|member| member.vg_missing_pv_count != "0");
    group.members = members
        .iter()
        .map(|member| member.pv_name.clone())
        .filter(|name| name.starts_with('/'))
        .collect();
    for volume in volumes {
        let Some(name) = VolumeName::new(&volume.lv_name) else { continue };
        if volume.snapshot.origin.is_empty() {
            let size = volume.lv_size.parse().map(Bytes).unwrap_or_default();
            group.volumes.insert(name, size);
        } else {
            let created = volume.lv_time.trim().parse().unwrap_or(0);
            group.snapshots.push((name, volume.snapshot.state(), UnixTime(created)));
        }
    }
    group
}

impl Fill {
    /// "snapshot invalid", "unknown" and "1" are all no, and so is a store without a fill.
    fn state(&self) -> SnapshotState {
        let percent = self.snap_percent.split_once('.');
        let hundredths = percent.and_then(|(whole, rest)| {
            let rest: String = rest.chars().chain("00".chars()).take(2).collect();
            whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(rest.parse().ok()?)
        });
        match hundredths {
            Some(fill) if self.lv_snapshot_invalid.is_empty() => SnapshotState::Valid { fill },
            _ => SnapshotState::Invalid,
        }
    }
}

pub(super) fn state_in(rows: &[Snapshot], snapshot: &VolumeName) -> Option<SnapshotState> {
    let ours = |row: &&Snapshot| row.lv_name == snapshot.as_str() && !row.state.origin.is_empty();
    rows.iter().find(ours).map(|row| row.state.state())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENTS: &str = include_str!("../../tests/captured/pvs-segments.json");
    const VOLUMES: &str = include_str!("../../tests/captured/lvs-snapshots.json");

    fn disk(name: &str, partition: u32) -> Disk {
        serde_json::from_value(serde_json::json!({
            "name": name, "model": "m", "serial": "s", "size": 1, "rotational": false,
            "transport": "ubd", "partitions": [{"number": partition, "size": 1}]
        }))
        .unwrap()
    }

    #[test]
    fn groups_are_gathered_with_their_disks_and_volumes() {
        let segments: Vec<Segment> = rows(SEGMENTS).unwrap();
        let groups = gather(&segments, &[disk("ubda", 1), disk("ubdb", 1)]);
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        assert_eq!(group.name.as_str(), "vgroup");
        let disks: Vec<&str> = group.disks.iter().map(|disk| disk.0.as_str()).collect();
        assert_eq!(disks, ["ubda", "ubdb"]);
        let names: Vec<&str> = group.volumes.iter().map(|volume| volume.name.as_str()).collect();
        assert!(names.contains(&"lv-root") && names.contains(&"snap0"), "{names:?}");
        assert!(group.volumes.iter().all(|volume| volume.size > Bytes::ZERO));
    }

    #[test]
    fn a_fill_that_no_number_holds_is_none() {
        let fill = |percent: &str| Fill {
            origin: "lv-root".into(),
            lv_snapshot_invalid: String::new(),
            snap_percent: percent.into(),
        };
        assert_eq!(fill("42949673.50").state(), SnapshotState::Invalid);
        assert_eq!(fill("4294967296.00").state(), SnapshotState::Invalid);
        assert_eq!(fill("12.5").state(), SnapshotState::Valid { fill: 1250 });
    }

    #[test]
    fn a_message_within_a_report_is_no_part_of_it() {
        let mut lines: Vec<&str> = VOLUMES.lines().collect();
        lines.insert(2, "  Retrying metadata scan.");
        let found: Vec<Snapshot> = rows(&lines.join("\n")).unwrap();
        let whole: Vec<Snapshot> = rows(VOLUMES).unwrap();
        assert_eq!(found.len(), whole.len());
        assert!(rows::<Snapshot>("no report").is_err());
    }

    #[test]
    fn a_snapshot_is_valid_invalid_or_absent() {
        let rows: Vec<Snapshot> = rows(VOLUMES).unwrap();
        let state = |name| state_in(&rows, &VolumeName::new(name).unwrap());
        assert!(matches!(state("snap0"), Some(SnapshotState::Valid { .. })));
        assert_eq!(state("snap1"), Some(SnapshotState::Invalid));
        assert_eq!(state("snap2"), None);
        assert_eq!(state("lv-user"), None);
    }
}
