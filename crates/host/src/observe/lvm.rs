//! Volume groups and snapshots, as LVM reports them in JSON. All its values are strings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use zshield_linux::lvm::{Lvm, LvmError, rows};
use zshield_plan::command::{PIECES, lvm_filter};
use zshield_plan::id::DiskName;
use zshield_plan::model::{Binding, Snapshot, SnapshotState};
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::FACTORY;
use zshield_plan::world::{Disk, Volume, VolumeGroup};
use zshield_units::{Bytes, FillRatio, UnixTime, VolumeId};

use super::ObserveError;

/// A piece of a physical volume.
#[derive(Debug, Deserialize)]
pub(super) struct Segment {
    pv_name: String,
    pv_missing: String,
    vg_name: String,
    vg_uuid: String,
    lv_name: String,
    lv_size: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SnapshotRow {
    lv_name: String,
    #[serde(flatten)]
    state: Fill,
}

/// Every volume group on these disks.
pub(super) fn groups(disks: &[Disk]) -> Result<Vec<VolumeGroup>, ObserveError> {
    let columns = "pv_name,pv_missing,vg_name,vg_uuid,lv_name,lv_size";
    let lvm = Lvm::new(zshield_plan::lvm::config(""));
    let segments = lvm.report(&["pvs", "--segments", "-o", columns])?;
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
        let disk = disk_of(&segment.pv_name, disks);
        group.disks.extend(disk.clone().filter(|disk| !group.disks.contains(disk)));
        // What is in brackets is a part of another volume, and what has no name is free.
        let Some(name) = VolumeName::new(&segment.lv_name) else { continue };
        if !group.volumes.iter().any(|volume| volume.name == name) {
            let size = segment.lv_size.parse().map(Bytes).unwrap_or_default();
            let volume = Volume { name: name.clone(), size, disks: Vec::new(), partial: false };
            group.volumes.push(volume);
        }
        for volume in group.volumes.iter_mut().filter(|volume| volume.name == name) {
            volume.partial |= !is_there(&segment.pv_name, &segment.pv_missing);
            volume.disks.extend(disk.clone().filter(|disk| !volume.disks.contains(disk)));
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

/// LVM that sees the appliance's own two disks and no others.
pub(crate) fn lvm_of(binding: &Binding) -> Lvm {
    Lvm::new(lvm_filter(binding))
}

/// A snapshot's state, where there is one of that name, by LVM's report of all.
pub fn snapshot_state(
    report: &str,
    snapshot: &VolumeName,
) -> Result<Option<SnapshotState>, ObserveError> {
    let rows: Vec<SnapshotRow> = rows(report.as_bytes()).map_err(LvmError::Output)?;
    Ok(state_in(&rows, snapshot))
}

/// Whether a physical volume is there. LVM has a node for each but for one that is missing, and takes one
/// for missing that was away while the group was changed.
fn is_there(node: &str, missing: &str) -> bool {
    node.starts_with('/') && missing.is_empty()
}

/// A piece of a physical volume, of any group.
#[derive(Debug, Deserialize)]
pub(super) struct Piece {
    pv_name: String,
    pv_uuid: String,
    pv_missing: String,
    #[serde(default)]
    pv_free: String,
    vg_name: String,
    vg_missing_pv_count: String,
    lv_name: String,
}

/// What of a volume group is there, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether a physical volume of it is missing.
    pub partial: bool,
    /// The nodes of its physical volumes that are there, and what no volume has of each.
    pub members: BTreeMap<String, Bytes>,
    /// The UUIDs of all of them.
    pub ids: BTreeSet<String>,
    /// What lies on one that is missing, in whole or in part: volumes, and parts of which LVM makes others.
    pub partial_volumes: BTreeSet<String>,
}

impl Presence {
    /// That of a group by LVM's report of the pieces; none where nothing of the group is seen.
    pub fn read(report: &str, group: &GroupName) -> Result<Option<Self>, ObserveError> {
        let pieces: Vec<Piece> = rows(report.as_bytes()).map_err(LvmError::Output)?;
        Ok(Self::of(&pieces, group))
    }

    pub(super) fn of(pieces: &[Piece], group: &GroupName) -> Option<Self> {
        let mut seen = None;
        for piece in pieces.iter().filter(|piece| piece.vg_name == group.as_str()) {
            let seen = seen.get_or_insert_with(Self::default);
            let there = is_there(&piece.pv_name, &piece.pv_missing);
            seen.partial |= !there || piece.vg_missing_pv_count != "0";
            seen.ids.insert(piece.pv_uuid.clone());
            let name = piece.lv_name.trim_matches(['[', ']']);
            if there {
                let free = piece.pv_free.parse().map(Bytes).unwrap_or_default();
                seen.members.insert(piece.pv_name.clone(), free);
            } else if !name.is_empty() {
                seen.partial_volumes.insert(name.to_owned());
            }
        }
        seen
    }
}

/// A volume group as LVM reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Whether it was found.
    pub there: bool,
    /// What of it is there.
    pub presence: Presence,
    /// Its volumes that are no snapshots.
    pub volumes: BTreeMap<VolumeName, Bytes>,
    /// Its snapshots, none of them looked into.
    pub snapshots: BTreeMap<VolumeName, Snapshot>,
    /// The plain volume in the place of the factory snapshot, where there is one.
    pub factory: Option<PlainFactory>,
}

/// A plain volume in the place of the factory snapshot: the factory store, or what is left of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainFactory {
    /// What LVM knows it by.
    pub id: VolumeId,
    /// When the volume was made.
    pub created: UnixTime,
}

#[derive(Debug, Deserialize)]
pub(super) struct Logical {
    lv_name: String,
    lv_uuid: String,
    lv_size: String,
    lv_time: String,
    segtype: String,
    chunk_size: String,
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
    let lvm = lvm_of(binding);
    let pieces: Vec<Piece> = lvm.report(&PIECES)?;
    let Some(presence) = Presence::of(&pieces, &binding.group) else {
        return Ok(Group::default());
    };
    let columns = "lv_name,lv_uuid,lv_size,lv_time,segtype,chunk_size,origin,lv_snapshot_invalid,\
                   snap_percent";
    let group = binding.group.as_str();
    let volumes: Vec<Logical> = lvm.report(&["lvs", "-o", columns, group])?;
    Ok(described(presence, &volumes))
}

pub(super) fn described(presence: Presence, volumes: &[Logical]) -> Group {
    let mut group = Group { there: true, presence, ..Group::default() };
    // A volume has a row for each of its segments.
    for volume in volumes {
        let name = VolumeName::new(&volume.lv_name).zip(VolumeId::new(&volume.lv_uuid));
        let Some((name, id)) = name else { continue };
        let created = UnixTime(volume.lv_time.trim().parse().unwrap_or(0));
        let size = |text: &str| text.parse().map(Bytes).unwrap_or_default();
        if volume.snapshot.origin.is_empty() {
            if name.as_str() == FACTORY && volume.segtype == "linear" {
                group.factory = Some(PlainFactory { id, created });
            }
            group.volumes.insert(name, size(&volume.lv_size));
        } else {
            let (chunk, state) = (size(&volume.chunk_size), volume.snapshot.state());
            group.snapshots.insert(name, Snapshot { id, chunk, state, created, saved: None });
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
            Some(fill) if self.lv_snapshot_invalid.is_empty() => {
                SnapshotState::Valid { fill: FillRatio(fill) }
            }
            _ => SnapshotState::Invalid,
        }
    }
}

pub(super) fn state_in(rows: &[SnapshotRow], snapshot: &VolumeName) -> Option<SnapshotState> {
    let ours =
        |row: &&SnapshotRow| row.lv_name == snapshot.as_str() && !row.state.origin.is_empty();
    rows.iter().find(ours).map(|row| row.state.state())
}

#[cfg(test)]
mod tests {
    use zshield_linux::lvm::rows;

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
        let segments: Vec<Segment> = rows(SEGMENTS.as_bytes()).unwrap();
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
    fn a_volume_knows_its_disks_and_whether_one_of_them_is_missing() {
        let row = |pv: &str, lv: &str| Segment {
            pv_name: pv.into(),
            pv_missing: String::new(),
            vg_name: "vgroup".into(),
            vg_uuid: "x".into(),
            lv_name: lv.into(),
            lv_size: "4194304".into(),
        };
        let rows = [
            row("/dev/ubda1", "lv-user"),
            row("/dev/ubda1", "lv-user"),
            row("/dev/ubdb1", "lv-user"),
            row("[unknown]", "lv-db"),
            row("/dev/ubdb1", "lv-db"),
            row("/dev/ubdb1", "lv-audit"),
            row("/dev/ubdb1", ""),
        ];
        let groups = gather(&rows, &[disk("ubda", 1), disk("ubdb", 1)]);
        let volumes = groups[0].volumes.iter().map(|it| {
            let disks: Vec<&str> = it.disks.iter().map(|disk| disk.0.as_str()).collect();
            (it.name.as_str(), disks, it.partial)
        });
        assert_eq!(
            volumes.collect::<Vec<_>>(),
            [
                ("lv-user", vec!["ubda", "ubdb"], false),
                ("lv-db", vec!["ubdb"], true),
                ("lv-audit", vec!["ubdb"], false),
            ]
        );
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
        assert_eq!(fill("12.5").state(), SnapshotState::Valid { fill: FillRatio(1250) });
    }

    #[test]
    fn a_snapshot_is_valid_invalid_or_absent() {
        let rows: Vec<SnapshotRow> = rows(VOLUMES.as_bytes()).unwrap();
        let state = |name| state_in(&rows, &VolumeName::new(name).unwrap());
        assert!(matches!(state("snap0"), Some(SnapshotState::Valid { .. })));
        assert_eq!(state("snap1"), Some(SnapshotState::Invalid));
        assert_eq!(state("snap2"), None);
        assert_eq!(state("lv-user"), None);
    }
}
