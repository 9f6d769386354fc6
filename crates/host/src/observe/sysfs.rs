//! Disks and their partitions, as sysfs shows them.

#[cfg(test)]
mod forms;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zshield_plan::id::{DiskName, Identity};
use zshield_plan::policy::Transport;
use zshield_plan::world::{Disk, Partition};
use zshield_units::{Bytes, Sectors};

use crate::fail_point;
use zshield_linux::IoError;

/// Block devices that are made of others, or of nothing: no disk that anything is installed on.
const NO_DISKS: [&str; 9] = ["loop", "ram", "dm-", "md", "zram", "sr", "fd", "nbd", "mtdblock"];

/// Every disk below this sysfs, by name.
pub(super) fn disks(sys: &Path) -> Result<Vec<Disk>, IoError> {
    let block = sys.join("block");
    let mut disks = Vec::new();
    for entry in fs::read_dir(&block).map_err(IoError::at(&block))? {
        let path = entry.map_err(IoError::at(&block))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let size = number(&path.join("size")).unwrap_or(0);
        // A way to an NVMe disk that others lead to as well: it has no node, the disk itself has.
        let hidden = number(&path.join("hidden")) == Some(1);
        if size == 0 || hidden || is_made(name) {
            continue;
        }
        disks.push(disk(&path, name, Sectors(size).bytes())?);
    }
    disks.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(disks)
}

/// Whether a device is made of others, or of nothing, or is a part of an eMMC for what starts a board.
fn is_made(name: &str) -> bool {
    let of_emmc = |rest: &str| !rest.bytes().all(|byte| byte.is_ascii_digit());
    if name.strip_prefix("mmcblk").is_some_and(of_emmc) {
        return true;
    }
    NO_DISKS.iter().any(|prefix| name.starts_with(prefix)) && !fail_point::stands_for_a_disk(name)
}

fn disk(path: &Path, name: &str, size: Bytes) -> Result<Disk, IoError> {
    let device = fs::canonicalize(path.join("device")).ok();
    let flag = |file: &str| number(&path.join(file)) == Some(1);
    let of_device = |file: &str| text(&path.join("device").join(file)).unwrap_or_default();
    let mut partitions = partitions(path, name)?;
    partitions.sort_by_key(|partition| partition.number);
    Ok(Disk {
        name: DiskName(name.to_owned()),
        identity: Identity {
            model: model(name, of_device),
            serial: serial(path, device.as_deref()),
            size,
        },
        vendor: of_device("vendor"),
        sector: number(&path.join("queue/logical_block_size"))
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or(512),
        rotational: flag("queue/rotational"),
        transport: transport(name, device.as_deref()),
        driver: device.as_deref().and_then(driver),
        removable: flag("removable"),
        zoned: text(&path.join("queue/zoned")).is_some_and(|zoned| zoned != "none"),
        read_only: flag("ro"),
        unreadable: None,
        in_use: Vec::new(),
        partitions,
        content: None,
        journal: None,
    })
}

/// The model; an eMMC calls it its name.
fn model(name: &str, of_device: impl Fn(&str) -> String) -> String {
    of_device(if name.starts_with("mmcblk") { "name" } else { "model" })
}

fn partitions(disk: &Path, name: &str) -> Result<Vec<Partition>, IoError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(disk).map_err(IoError::at(disk))? {
        let path = entry.map_err(IoError::at(disk))?.path();
        let ours = path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
        let number = number(&path.join("partition")).and_then(|number| u32::try_from(number).ok());
        if let (true, Some(number)) = (ours, number) {
            let size = Sectors(self::number(&path.join("size")).unwrap_or(0)).bytes();
            let uevent = fs::read_to_string(path.join("uevent")).unwrap_or_default();
            let label = uevent.lines().find_map(|line| line.strip_prefix("PARTNAME="));
            let label = label.map(str::to_owned);
            found.push(Partition { number, size, id: None, label, content: None });
        }
    }
    Ok(found)
}

/// The serial number: SCSI's page 0x80 (SATA too), the one of `NVMe` and virtio, or the USB device's.
fn serial(disk: &Path, device: Option<&Path>) -> String {
    let page = fs::read(disk.join("device/vpd_pg80")).ok();
    let page = page.and_then(|page| Some(String::from_utf8_lossy(page.get(4..)?).into_owned()));
    let plain = ["device/serial", "serial"].into_iter().find_map(|file| text(&disk.join(file)));
    let of_usb = || {
        let usb = device?.ancestors().find(|above| above.join("bcdDevice").exists())?;
        text(&usb.join("serial"))
    };
    let clean =
        |text: String| text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned();
    page.or(plain)
        .map(clean)
        .filter(|serial| !serial.is_empty())
        .or_else(of_usb)
        .unwrap_or_default()
}

/// How a disk is attached, by the way that leads to it.
fn transport(name: &str, device: Option<&Path>) -> Transport {
    let Some(device) = device else {
        return if name.starts_with("ubd") { Transport::Ubd } else { Transport::Other };
    };
    let has = |beginning: &str| {
        device.components().any(|part| {
            let rest = part.as_os_str().to_str().and_then(|part| part.strip_prefix(beginning));
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    };
    if has("usb") {
        Transport::Usb
    } else if has("ata") {
        Transport::Sata
    } else if has("nvme") || has("nvme-subsys") {
        Transport::Nvme
    } else if name.starts_with("vd") {
        Transport::Virtio
    } else if name.starts_with("ubd") || has("uml-blkdev.") {
        Transport::Ubd
    } else if has("host") {
        Transport::Scsi
    } else {
        Transport::Other
    }
}

/// The driver of the controller: the first on the way up that is not the disk's own.
fn driver(device: &Path) -> Option<String> {
    device
        .ancestors()
        .filter_map(|above| fs::canonicalize(above.join("driver")).ok())
        .filter_map(|driver| Some(driver.file_name()?.to_str()?.to_owned()))
        .find(|name| !["sd", "mmcblk"].contains(&name.as_str()))
}

fn text(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

fn number(path: &Path) -> Option<u64> {
    text(path)?.parse().ok()
}

/// The device nodes of a disk and its partitions with their numbers, `8:1`, as mounts name them.
pub(super) fn numbers(disk: &Disk) -> io::Result<Vec<(String, PathBuf)>> {
    let base = Path::new("/sys/block").join(&disk.name.0);
    let mut directories = vec![base.clone()];
    for partition in &disk.partitions {
        let node = disk.name.partition(partition.number);
        directories.push(base.join(node.trim_start_matches("/dev/")));
    }
    directories
        .into_iter()
        .map(|directory| {
            Ok((fs::read_to_string(directory.join("dev"))?.trim().to_owned(), directory))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A sysfs with a disk, laid out as on a QEMU machine with `ich9-ahci` and `megasas-gen2`.
    fn sysfs(directory: &Path, name: &str, way: &str, driver: &str, files: &[(&str, &str)]) {
        let device = directory.join("devices").join(way);
        let block = device.join("block").join(name);
        fs::create_dir_all(block.join("queue")).unwrap();
        for (file, content) in files {
            fs::write(block.join(file), content).unwrap();
        }
        symlink(&device, block.join("device")).unwrap();
        let drivers = directory.join("bus/drivers");
        for (at, name) in
            [(device.clone(), "sd"), (directory.join("devices/pci0000:00/0000:00:03.0"), driver)]
        {
            fs::create_dir_all(drivers.join(name)).unwrap();
            let _ = symlink(drivers.join(name), at.join("driver"));
        }
        fs::create_dir_all(directory.join("block")).unwrap();
        symlink(&block, directory.join("block").join(name)).unwrap();
    }

    #[test]
    fn a_sata_ssd_is_known_by_what_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let way = "pci0000:00/0000:00:03.0/ata1/host0/target0:0:0/0:0:0:0";
        let files = [
            ("size", "125000000\n"),
            ("queue/rotational", "0\n"),
            ("removable", "0\n"),
            ("ro", "0\n"),
            ("queue/logical_block_size", "512\n"),
        ];
        sysfs(directory.path(), "sda", way, "ahci", &files);
        let device = directory.path().join("devices").join(way);
        fs::write(device.join("model"), "LAB-SSD         \n").unwrap();
        fs::write(device.join("vendor"), "ATA     \n").unwrap();
        fs::write(device.join("vpd_pg80"), b"\x00\x80\x00\x14             SSD0001").unwrap();
        let partition = device.join("block/sda/sda5");
        fs::create_dir(&partition).unwrap();
        fs::write(partition.join("partition"), "5\n").unwrap();
        fs::write(partition.join("size"), "2048\n").unwrap();
        fs::write(partition.join("uevent"), "DEVNAME=sda5\nPARTN=5\nPARTNAME=zs-ssd\n").unwrap();
        let found = disks(directory.path()).unwrap();
        let [disk] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(disk.identity.serial, "SSD0001");
        assert_eq!(disk.identity.model, "LAB-SSD");
        assert_eq!(disk.identity.size, Bytes(64_000_000_000));
        assert_eq!((disk.transport, disk.driver.as_deref()), (Transport::Sata, Some("ahci")));
        assert!(!disk.rotational);
        assert_eq!(disk.partitions[0].number, 5);
        assert_eq!(disk.partitions[0].label.as_deref(), Some("zs-ssd"));
        assert_eq!(disk.partitions[0].size, Bytes::mib(1));
    }

    #[test]
    fn a_disk_behind_a_card_is_scsi_with_the_cards_driver() {
        let directory = tempfile::tempdir().unwrap();
        let way = "pci0000:00/0000:00:03.0/host6/target6:2:0/6:2:0:0";
        let files = [("size", "976562500\n"), ("queue/rotational", "1\n")];
        sysfs(directory.path(), "sdb", way, "megaraid_sas", &files);
        let found = disks(directory.path()).unwrap();
        assert_eq!(found[0].transport, Transport::Scsi);
        assert_eq!(found[0].driver.as_deref(), Some("megaraid_sas"));
        assert!(found[0].rotational);
        assert_eq!(found[0].identity.serial, "");
    }

    #[test]
    fn of_an_nvme_disk_with_several_ways_only_the_disk_counts() {
        let directory = tempfile::tempdir().unwrap();
        let size = ("size", "8\n");
        let way = "pci0000:00/0000:00:03.0/nvme/nvme0";
        sysfs(directory.path(), "nvme0c0n1", way, "nvme", &[size, ("hidden", "1\n")]);
        let shared = "virtual/nvme-subsystem/nvme-subsys0";
        sysfs(directory.path(), "nvme0n1", shared, "nvme", &[size, ("hidden", "0\n")]);
        let found = disks(directory.path()).unwrap();
        let [disk] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((disk.name.0.as_str(), disk.transport), ("nvme0n1", Transport::Nvme));
    }

    #[test]
    fn no_size_is_too_large() {
        let directory = tempfile::tempdir().unwrap();
        let files = [("size", "18446744073709551615\n")];
        sysfs(directory.path(), "sdb", "pci0000:00/sdb", "ahci", &files);
        let partition = directory.path().join("devices/pci0000:00/sdb/block/sdb/sdb1");
        fs::create_dir(&partition).unwrap();
        fs::write(partition.join("partition"), "1\n").unwrap();
        fs::write(partition.join("size"), "18446744073709551615\n").unwrap();
        let found = disks(directory.path()).unwrap();
        assert_eq!(found[0].identity.size, Bytes(u64::MAX));
        assert_eq!(found[0].partitions[0].size, Bytes(u64::MAX));
    }

    #[test]
    fn what_is_made_of_others_or_empty_is_no_disk() {
        let directory = tempfile::tempdir().unwrap();
        sysfs(directory.path(), "loop0", "virtual/loop0", "x", &[("size", "8\n")]);
        sysfs(directory.path(), "sdc", "pci0000:00/usb1/sdc", "y", &[("size", "0\n")]);
        assert_eq!(disks(directory.path()).unwrap().len(), 0);
    }
}
