//! What was kept on disks, and what tools and the kernel say of them.

use std::fmt::Debug;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};
use std::sync::OnceLock;

use serde::{Serialize, de::DeserializeOwned};
use zshield_host::outcome::Outcome;
use zshield_host::{boot_backup, fuzzing};
use zshield_linux::ab_record;
use zshield_plan::journal::Journal;
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::VolumeName;
use zshield_plan::world::Disk;

/// Two copies of a record, of half the bytes each; and a sound copy of all of them beside a copy
/// that is damaged.
fn record<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    ab_record::newest([one, other]);
    let copy = ab_record::copy(1, bytes).expect("a copy");
    let kept = ab_record::newest([bytes, &copy]);
    assert!(kept.is_some());
    let record: T = serde_json::from_slice(bytes).ok()?;
    let printed = serde_json::to_vec(&record).expect("printed");
    assert_eq!(serde_json::from_slice::<T>(&printed).expect("parsed"), record);
    Some(record)
}

pub(crate) fn journal(bytes: &[u8]) {
    let Some(journal) = record::<Journal>(bytes) else { return };
    journal.unfinished();
    journal.at_last_step();
    assert!(journal.next() <= journal.plan.steps.len());
    assert!(journal.lost().count() <= journal.plan.steps.len());
}

pub(crate) fn ledger(bytes: &[u8]) {
    record::<Ledger>(bytes);
}

pub(crate) fn outcome(bytes: &[u8]) {
    record::<Outcome>(bytes);
}

/// A directory that is this process's own. libFuzzer ends without a drop: whoever runs this says where
/// such directories are, and removes them.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a directory")).path()
}

pub(crate) fn boot_set(bytes: &[u8]) {
    fs::write(directory().join("set.json"), bytes).expect("written");
    let Ok(set) = boot_backup::read(directory()) else { return };
    let plain = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    assert!(set.files.keys().all(|path| plain(path)), "a path leads outside");
}

pub(crate) fn lvm(bytes: &[u8]) {
    let snapshot = VolumeName::new("snap1").expect("a name");
    fuzzing::lvm(&String::from_utf8_lossy(bytes), &snapshot, &[]);
}

pub(crate) fn blkid(bytes: &[u8]) {
    fuzzing::blkid(&String::from_utf8_lossy(bytes));
}

pub(crate) fn mounts(bytes: &[u8]) {
    let found = fuzzing::mounts(bytes, "8:1");
    assert!(found.len() <= bytes.split(|byte| *byte == b'\n').count());
}

/// The files of one disk, a line each.
const FILES: [&str; 8] = [
    "size",
    "removable",
    "ro",
    "queue/rotational",
    "device/model",
    "device/vpd_pg80",
    "sda1/partition",
    "sda1/size",
];

pub(crate) fn sysfs(bytes: &[u8]) {
    let disk = directory().join("block/sda");
    for place in ["queue", "devices/host0", "sda1"] {
        fs::create_dir_all(disk.join(place)).expect("a directory");
    }
    // Already there after the first time.
    let _ = symlink("devices/host0", disk.join("device"));
    for (file, content) in FILES.iter().zip(bytes.split(|byte| *byte == b'\n')) {
        fs::write(disk.join(file), content).expect("written");
    }
    let disks: Vec<Disk> = fuzzing::sysfs(directory());
    let printed = serde_json::to_vec(&disks).expect("printed");
    assert_eq!(serde_json::from_slice::<Vec<Disk>>(&printed).expect("parsed"), disks);
}

pub(crate) fn partitions(bytes: &[u8]) {
    let Ok(found) = zshield_formats::gpt::partitions(&mut Cursor::new(bytes), 512) else { return };
    assert!(found.iter().all(|(number, entry)| (1..=128).contains(number) && entry.is_used()));
}

pub(crate) fn smart(bytes: &[u8]) {
    assert!(fuzzing::smart(bytes).is_none_or(|attributes| attributes <= bytes.len()));
}

pub(crate) fn raid(bytes: &[u8]) {
    assert!(fuzzing::raid(bytes).is_none_or(|arrays| arrays <= bytes.len()));
}
