//! Which disks an image is written to, and which are refused.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use zshield_image::write::{Disk, Host, Refusal};

/// A made-up `/sys` and `/proc` with a stick `sdb` of 8 GiB and its partition.
struct System {
    directory: TempDir,
    host: Host,
}

impl System {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (sys, proc) = (directory.path().join("sys"), directory.path().join("proc"));
        let system = Self { host: Host::described(sys, proc), directory };
        let usb = "devices/pci0/usb2/2-1";
        let device = format!("{usb}/2-1:1.0/host6/target/6:0:0:0");
        let disk = format!("{device}/block/sdb");
        for (file, text) in [
            (format!("{usb}/idVendor"), "0781\n"),
            (format!("{usb}/serial"), "4C5300\n"),
            (format!("{device}/vendor"), "SanDisk \n"),
            (format!("{device}/model"), "Ultra Fit       \n"),
            (format!("{disk}/dev"), "8:16\n"),
            (format!("{disk}/size"), "16777216\n"),
            (format!("{disk}/removable"), "1\n"),
            (format!("{disk}/ro"), "0\n"),
            (format!("{disk}/queue/logical_block_size"), "512\n"),
            (format!("{disk}/holders/.keep"), ""),
            (format!("{disk}/sdb1/partition"), "1\n"),
            (format!("{disk}/sdb1/dev"), "8:17\n"),
            ("dev/block/.keep".into(), ""),
            ("class/block/.keep".into(), ""),
        ] {
            system.set(&file, text);
        }
        let sys = system.directory.path().join("sys");
        fs::remove_file(sys.join(&disk).join("holders/.keep")).unwrap();
        symlink(sys.join(&device), sys.join(&disk).join("device")).unwrap();
        symlink(sys.join(&disk), sys.join("dev/block/8:16")).unwrap();
        symlink(sys.join(&disk).join("sdb1"), sys.join("dev/block/8:17")).unwrap();
        system.proc("self/mountinfo", "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
        system.proc("swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
        system
    }

    const DISK: &'static str = "devices/pci0/usb2/2-1/2-1:1.0/host6/target/6:0:0:0/block/sdb";

    fn set(&self, file: &str, text: &str) {
        let path = self.directory.path().join("sys").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn set_disk(&self, file: &str, text: &str) {
        self.set(&format!("{}/{file}", Self::DISK), text);
    }

    fn proc(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.directory.path().join("proc").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn disk(&self) -> Result<Disk, Refusal> {
        self.host.disk((8, 16), "/dev/sdb".into())
    }
}

#[test]
fn an_idle_stick_is_taken_with_all_that_is_known_of_it() {
    let disk = System::new().disk().unwrap();
    assert_eq!((disk.name.as_str(), disk.size, disk.is_removable), ("sdb", 8 << 30, true));
    assert_eq!((disk.model.as_str(), disk.serial.as_str()), ("SanDisk Ultra Fit", "4C5300"));
    assert_eq!(disk.accepts(8 << 30, false), Ok(()));
    let needs = (8 << 30) + 1;
    assert_eq!(disk.accepts(needs, true), Err(Refusal::Small { needs, has: 8 << 30 }));
}

#[test]
fn a_disk_in_use_is_refused() {
    let mounts = [
        ("30 1 8:16 / /media/x rw - vfat /dev/sdb rw", "sdb", "/media/x"),
        ("30 1 8:17 / /mnt rw - ext4 /dev/disk/by-label/x rw", "sdb1", "/mnt"),
        ("30 1 0:41 /@ /data rw - btrfs /dev/sdb1 rw", "sdb1", "/data"),
    ];
    for (line, device, place) in mounts {
        let system = System::new();
        system.proc("self/mountinfo", line);
        let refusal = Refusal::Mounted { device: device.into(), place: place.into() };
        assert_eq!(system.disk(), Err(refusal));
    }
    // A share with a name in another encoding hides no other mount.
    let system = System::new();
    let line = b"30 1 0:50 / /mnt/\xb1\xb8 rw - cifs //nas/x rw\n31 1 8:17 / /mnt/a rw - ext4 /dev/sdb1 rw";
    system.proc("self/mountinfo", line);
    let refusal = Refusal::Mounted { device: "sdb1".into(), place: "/mnt/a".into() };
    assert_eq!(system.disk(), Err(refusal));
    let system = System::new();
    system.proc("swaps", "Filename Type\n/dev/sdb1 partition\n");
    assert_eq!(system.disk(), Err(Refusal::Swap { device: "sdb1".into() }));
    let system = System::new();
    system.set_disk("sdb1/holders/dm-3/dev", "253:3");
    system.set("class/block/dm-3/dm/name", "vg-root\n");
    let refusal = Refusal::Held { device: "sdb1".into(), holder: "vg-root".into() };
    assert_eq!(system.disk(), Err(refusal));
}

#[test]
fn what_is_no_fit_disk_is_refused() {
    let system = System::new();
    let part = system.host.disk((8, 17), "/dev/sdb1".into());
    assert_eq!(part, Err(Refusal::Partition { disk: "sdb".into() }));
    assert_eq!(system.host.disk((8, 99), "x".into()), Err(Refusal::Absent));
    assert_eq!(system.host.examine(system.directory.path()), Err(Refusal::NoDisk));
    assert_eq!(system.host.examine(Path::new("/nowhere")), Err(Refusal::Absent));
    system.set_disk("ro", "1");
    assert_eq!(system.disk().unwrap().accepts(1, true), Err(Refusal::ReadOnly));
    system.set_disk("ro", "0");
    system.set_disk("queue/logical_block_size", "4096");
    let refused = system.disk().unwrap().accepts(1, true);
    assert_eq!(refused, Err(Refusal::Sectors { bytes: 4096 }));
}

#[test]
fn an_internal_disk_needs_to_be_forced() {
    let system = System::new();
    let disk = system.directory.path().join("sys/devices/pci0/ata1/block/sdc");
    for (file, text) in [
        ("dev", "8:32"),
        ("size", "16777216"),
        ("removable", "0"),
        ("ro", "0"),
        ("queue/logical_block_size", "512"),
    ] {
        fs::create_dir_all(disk.join(file).parent().unwrap()).unwrap();
        fs::write(disk.join(file), text).unwrap();
    }
    symlink(&disk, system.directory.path().join("sys/dev/block/8:32")).unwrap();
    let disk = system.host.disk((8, 32), "/dev/sdc".into()).unwrap();
    assert_eq!(disk.accepts(1, false), Err(Refusal::Internal));
    assert_eq!(disk.accepts(1, true), Ok(()));
}

#[test]
fn a_disk_that_took_the_name_meanwhile_is_not_written() {
    let system = System::new();
    let agreed = system.disk().unwrap();
    assert_eq!(system.host.holds_still(&agreed, (8, 16)), Ok(()));
    system.set("devices/pci0/usb2/2-1/serial", "OTHER\n");
    assert_eq!(system.host.holds_still(&agreed, (8, 16)), Err(Refusal::Another));
    assert_eq!(system.host.holds_still(&agreed, (8, 32)), Err(Refusal::Absent));
}

#[test]
fn where_the_mounts_can_not_be_seen_nothing_is_written() {
    let system = System::new();
    let proc = system.directory.path().join("proc");
    // A kernel that can't swap has no list of it.
    fs::remove_file(proc.join("swaps")).unwrap();
    assert!(system.disk().is_ok());
    fs::remove_file(proc.join("self/mountinfo")).unwrap();
    let refused = system.disk();
    assert!(
        matches!(&refused, Err(Refusal::Unseen { file, .. }) if file == "/proc/self/mountinfo"),
        "{refused:?}"
    );
}
