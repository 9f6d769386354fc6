//! Volume groups and snapshots, as LVM reports them in JSON. All its values are strings.

use std::collections::BTreeMap;

use serde::Deserialize;
use zshield_plan::command::Command;
use zshield_plan::id::DiskName;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::size::Bytes;
use zshield_plan::world::{Disk, Volume, VolumeGroup};

use super::ObserveError;
use crate::command;

/// One report of `pvs --segments` or `lvs`.
#[derive(Debug, Deserialize)]
pub struct Report<Row> {
    report: Vec<Section<Row>>,
}

#[derive(Debug, Deserialize)]
struct Section<Row> {
    #[serde(alias = "pvseg", alias = "lv", alias = "pv")]
    rows: Vec<Row>,
}

/// A piece of a physical volume.
#[derive(Debug, Deserialize)]
struct Segment {
    pv_name: String,
    vg_name: String,
    vg_uuid: String,
    lv_name: String,
    lv_size: String,
}

/// Whether a snapshot can be gone back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotState {
    /// Yes; that much of its COW store is used, in percent as LVM prints it.
    Valid(String),
    /// Its store overflowed or could not be read.
    Invalid,
    /// There is no snapshot of that name.
    Absent,
}

#[derive(Debug, Deserialize)]
struct Snapshot {
    lv_name: String,
    origin: String,
    lv_snapshot_invalid: String,
    snap_percent: String,
}

const FORMAT: [&str; 5] = ["--reportformat", "json", "--units", "b", "--nosuffix"];

fn lvm<Row: for<'de> Deserialize<'de>>(arguments: &[&str]) -> Result<Vec<Row>, ObserveError> {
    let command: Command = command::words("lvm", &[arguments, &FORMAT].concat());
    rows(&command::run(&command)?)
}

fn rows<Row: for<'de> Deserialize<'de>>(output: &str) -> Result<Vec<Row>, ObserveError> {
    let report: Report<Row> = serde_json::from_str(output)
        .map_err(|source| ObserveError::Output { tool: "lvm", source })?;
    Ok(report.report.into_iter().flat_map(|section| section.rows).collect())
}

/// Every volume group on these disks.
pub(super) fn groups(disks: &[Disk]) -> Result<Vec<VolumeGroup>, ObserveError> {
    let columns = "pv_name,vg_name,vg_uuid,lv_name,lv_size";
    let segments = lvm(&["pvs", "--segments", "-o", columns])?;
    Ok(gather(&segments, disks))
}

fn gather(segments: &[Segment], disks: &[Disk]) -> Vec<VolumeGroup> {
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

/// Whether a snapshot is there and valid; `filter` is LVM's configuration that
/// shows it the appliance's disks alone.
pub fn snapshot_state(
    group: &GroupName,
    snapshot: &VolumeName,
    filter: &str,
) -> Result<SnapshotState, ObserveError> {
    let columns = "lv_name,origin,lv_snapshot_invalid,snap_percent";
    let rows: Vec<Snapshot> = lvm(&["lvs", "-o", columns, group.as_str(), "--config", filter])?;
    Ok(state_in(&rows, snapshot))
}

fn state_in(rows: &[Snapshot], snapshot: &VolumeName) -> SnapshotState {
    let ours = |row: &&Snapshot| row.lv_name == snapshot.as_str() && !row.origin.is_empty();
    match rows.iter().find(ours) {
        None => SnapshotState::Absent,
        // "snapshot invalid", "unknown" and "1" are all no.
        Some(row) if !row.lv_snapshot_invalid.is_empty() => SnapshotState::Invalid,
        Some(row) if row.snap_percent.is_empty() => SnapshotState::Invalid,
        Some(row) => SnapshotState::Valid(row.snap_percent.clone()),
    }
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
    fn a_snapshot_is_valid_invalid_or_absent() {
        let rows: Vec<Snapshot> = rows(VOLUMES).unwrap();
        let state = |name| state_in(&rows, &VolumeName::new(name).unwrap());
        assert!(matches!(state("snap0"), SnapshotState::Valid(_)));
        assert_eq!(state("snap1"), SnapshotState::Invalid);
        assert_eq!(state("snap2"), SnapshotState::Absent);
        assert_eq!(state("lv-user"), SnapshotState::Absent);
    }
}
