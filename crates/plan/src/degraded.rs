//! An appliance whose HDD does not turn up, or has snapshots on it that can't be read: whether to
//! wait on, and how to do without.
//!
//! LVM activates no origin whose snapshots' disk is missing, and would rather delete it. So root is
//! mapped as what it is, a piece of the SSD, under an id that is not LVM's. What is written to it
//! then is written behind the back of its snapshots: that is noted first, and as long as the note
//! stands nobody goes back to them.

use serde::{Deserialize, Serialize};
use zshield_units::{Sectors, UnixTime};

/// The format of the note that is written today.
pub const FORMAT: u32 = 1;

/// The note on `/boot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    /// The format.
    pub format: u32,
    /// Since when, in seconds since 1970, UTC.
    pub since: UnixTime,
    /// The digest of root's superblock before it was first mounted so, where that proves anything:
    /// a filesystem at rest that is mounted to be written has it changed before all else.
    pub superblock: Option<String>,
}

/// What is done about a group of which not everything is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootDecision {
    /// Everything is there, or nothing here could help: the system's own start goes on.
    GoOn,
    /// It may still turn up.
    Wait,
    /// Root is mapped without its snapshots.
    DoWithout,
}

/// What has turned up so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskPresence {
    /// The HDD.
    pub hdd: bool,
    /// The SSD. All partitions of a disk turn up together.
    pub ssd: bool,
    /// Whether root is on the SSD, as far as that is there.
    pub root_on_ssd: bool,
}

/// What follows from what is there; `waited` says whether it was waited long enough.
pub const fn decide(there: DiskPresence, waited: bool) -> BootDecision {
    match (there, waited) {
        (DiskPresence { hdd: true, ssd: true, .. }, _) => BootDecision::GoOn,
        (_, false) => BootDecision::Wait,
        (DiskPresence { hdd: false, root_on_ssd: true, .. }, true) => BootDecision::DoWithout,
        // Without the SSD nothing of ours would be running; with root on the HDD there is nothing
        // to do without.
        (_, true) => BootDecision::GoOn,
    }
}

/// Whether LVM of the system's own start may be confined to what is there: no disk that comes later is
/// needed to start.
pub const fn sees_enough(there: DiskPresence, decision: BootDecision) -> bool {
    match decision {
        BootDecision::DoWithout => true,
        BootDecision::GoOn | BootDecision::Wait => there.hdd && there.ssd,
    }
}

/// Whether it is tried, before the system's own start, if LVM can activate root: the start before did
/// not come to its end, or it did without the snapshots. Tried each time it would cost what full
/// stores take to be read.
pub const fn is_in_doubt(tries: u32, noted: bool) -> bool {
    tries > 1 || noted
}

/// What is done about a root that the system's own start would not activate though both disks are
/// there: a sector that can't be read is enough for that, in one snapshot's store or in LVM's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Root is mapped without its snapshots. They may be readable again at the next start.
    DoWithout,
    /// They are removed, and root is LVM's again: it was written without them, and nobody goes back to
    /// them anyway.
    Remove,
    /// It is looked which of them can be read: see [`given_up`].
    DropUnreadable,
}

/// What is done, by whether there is a note that root was written without its snapshots, and whether
/// LVM finds all of the group: where it does not, a system starts no part of it.
pub const fn unreadable(noted: bool, whole: bool) -> Unreadable {
    match (noted, whole) {
        (_, false) => Unreadable::DoWithout,
        (true, true) => Unreadable::Remove,
        (false, true) => Unreadable::DropUnreadable,
    }
}

/// A snapshot of root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotProbe {
    /// The volume's name.
    pub name: String,
    /// Whether its store can be read, as far as the kernel has to.
    pub readable: bool,
}

/// Those that are removed so that another one stays, since to write root without them would cost
/// that one as well; none where there is no other, and root is done without them.
pub fn given_up(snapshots: Vec<SnapshotProbe>) -> Vec<String> {
    if !snapshots.iter().any(|snapshot| snapshot.readable) {
        return Vec::new();
    }
    let lost = snapshots.into_iter().filter(|snapshot| !snapshot.readable);
    lost.map(|snapshot| snapshot.name).collect()
}

/// A piece of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in that.
    pub start: Sectors,
    /// Its length.
    pub length: Sectors,
    /// The physical volume that it is on.
    pub device: String,
    /// Where it begins there.
    pub offset: Sectors,
}

/// The table for device-mapper; nothing where the pieces leave a gap.
pub fn table(segments: &[Segment]) -> Option<String> {
    let mut end = Sectors(0);
    let mut lines = Vec::new();
    for segment in segments {
        if segment.start != end
            || segment.length == Sectors(0)
            || !segment.device.starts_with("/dev/")
        {
            return None;
        }
        end = end + segment.length;
        let Segment { start, length, device, offset } = segment;
        lines.push(format!("{start} {length} linear {device} {offset}\n"));
    }
    (!lines.is_empty()).then(|| lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_is_not_waited_for_and_what_is_not_is_done_without() {
        let whole = DiskPresence { hdd: true, ssd: true, root_on_ssd: true };
        assert_eq!(decide(whole, false), BootDecision::GoOn);
        let no_hdd = DiskPresence { hdd: false, ..whole };
        assert_eq!(decide(no_hdd, false), BootDecision::Wait);
        assert_eq!(decide(no_hdd, true), BootDecision::DoWithout);
        let on_hdd = DiskPresence { root_on_ssd: false, ..whole };
        assert_eq!(decide(on_hdd, false), BootDecision::GoOn);
        assert_eq!(decide(DiskPresence { hdd: false, ..on_hdd }, true), BootDecision::GoOn);
        let no_ssd = DiskPresence { hdd: true, ssd: false, root_on_ssd: false };
        assert_eq!(decide(no_ssd, false), BootDecision::Wait);
        assert_eq!(decide(no_ssd, true), BootDecision::GoOn);
    }

    #[test]
    fn a_start_that_still_needs_a_disk_is_not_kept_from_it() {
        let whole = DiskPresence { hdd: true, ssd: true, root_on_ssd: true };
        let late = DiskPresence { hdd: false, root_on_ssd: false, ..whole };
        let confined = |there| sees_enough(there, decide(there, true));
        assert!(confined(whole) && confined(DiskPresence { hdd: false, ..whole }));
        assert!(!confined(late) && !confined(DiskPresence { ssd: false, ..whole }));
    }

    #[test]
    fn what_cannot_be_read_is_removed_only_where_nobody_goes_back_to_it() {
        assert_eq!([0, 1, 2, 3].map(|tries| is_in_doubt(tries, false)), [false, false, true, true]);
        assert!(is_in_doubt(0, true));
        assert_eq!(unreadable(true, true), Unreadable::Remove);
        assert_eq!(unreadable(false, true), Unreadable::DropUnreadable);
        for noted in [false, true] {
            assert_eq!(unreadable(noted, false), Unreadable::DoWithout);
        }
    }

    #[test]
    fn one_that_cannot_be_read_is_given_up_for_one_that_can() {
        let lost = |readable: &[bool]| {
            let named = ["snap0", "snap1"].into_iter().zip(readable);
            let snapshot = |(name, readable): (&str, &bool)| SnapshotProbe {
                name: name.to_owned(),
                readable: *readable,
            };
            given_up(named.map(snapshot).collect()).join(" ")
        };
        assert_eq!(lost(&[true, false]), "snap1");
        assert_eq!(lost(&[false, true]), "snap0");
        for nothing in [&[false, false][..], &[true, true], &[false], &[true], &[]] {
            assert_eq!(lost(nothing), "", "{nothing:?}");
        }
    }

    #[test]
    fn a_table_has_no_gaps() {
        let piece = |start, length, offset| Segment {
            start: Sectors(start),
            length: Sectors(length),
            device: "/dev/sda5".into(),
            offset: Sectors(offset),
        };
        let whole = table(&[piece(0, 8192, 2048), piece(8192, 8192, 65536)]);
        let text = "0 8192 linear /dev/sda5 2048\n8192 8192 linear /dev/sda5 65536\n";
        assert_eq!(whole.as_deref(), Some(text));
        assert_eq!(table(&[piece(0, 8192, 2048), piece(16384, 8192, 65536)]), None);
        let missing = Segment { device: "[unknown]".into(), ..piece(0, 8192, 0) };
        assert_eq!(table(&[missing]), None);
        assert_eq!(table(&[]), None);
    }
}
