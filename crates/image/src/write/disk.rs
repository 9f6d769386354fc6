//! The disk to be written: what it is, and whether anything uses it.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use zshield_formats::mountinfo;
use zshield_messages::say;

use crate::table::SECTOR;

/// Why a disk is not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such device.
    #[error("{}", say::medium::refused_absent())]
    Absent,
    /// It is a file, a character device or the like.
    #[error("{}", say::medium::refused_no_disk())]
    NoDisk,
    /// It is a part of a disk.
    #[error("{}", say::medium::refused_partition(disk))]
    Partition {
        /// The whole disk.
        disk: String,
    },
    /// A filesystem on it is mounted.
    #[error("{}", say::medium::RefusedMounted { device, place })]
    Mounted {
        /// The disk or partition.
        device: String,
        /// Where.
        place: String,
    },
    /// It can't be seen whether anything uses it.
    #[error("{}", say::medium::RefusedUnseen { file, why })]
    Unseen {
        /// What can't be read.
        file: String,
        /// What the system said.
        why: String,
    },
    /// The system swaps to it.
    #[error("{}", say::medium::refused_swap(device))]
    Swap {
        /// The disk or partition.
        device: String,
    },
    /// Something is made of it: a logical volume, an array, an encrypted device.
    #[error("{}", say::medium::RefusedHeld { device, holder })]
    Held {
        /// The disk or partition.
        device: String,
        /// What uses it.
        holder: String,
    },
    /// It is neither removable nor on USB. This one can be forced.
    #[error("{}", say::medium::refused_internal())]
    Internal,
    /// It can't be written to.
    #[error("{}", say::medium::refused_read_only())]
    ReadOnly,
    /// Its sectors are not of 512 bytes: the image's partition table would not be found.
    #[error("{}", say::medium::refused_sectors(bytes))]
    Sectors {
        /// What they are.
        bytes: u64,
    },
    /// It is another disk than the one that was agreed to.
    #[error("{}", say::medium::refused_another())]
    Another,
    /// The image does not fit.
    #[error("{}", say::medium::RefusedSmall { has, needs })]
    Small {
        /// Bytes needed.
        needs: u64,
        /// Bytes there are.
        has: u64,
    },
}

const MOUNTS: &str = "self/mountinfo";
const SWAPS: &str = "swaps";

/// A whole disk that nothing uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Its device node.
    pub node: PathBuf,
    /// The kernel's name for it: `sdb`.
    pub name: String,
    /// Vendor and model, as far as they are known.
    pub model: String,
    /// Serial number, as far as it is known.
    pub serial: String,
    /// Bytes.
    pub size: u64,
    /// Whether it is removable or on USB.
    pub is_removable: bool,
    sector: u64,
    is_read_only: bool,
}

impl Disk {
    /// Whether `needs` bytes can be written to it.
    pub fn accepts(&self, needs: u64, internal: bool) -> Result<(), Refusal> {
        match self {
            disk if disk.is_read_only => Err(Refusal::ReadOnly),
            disk if disk.sector != SECTOR => Err(Refusal::Sectors { bytes: disk.sector }),
            disk if disk.size < needs => Err(Refusal::Small { needs, has: disk.size }),
            disk if !disk.is_removable && !internal => Err(Refusal::Internal),
            _ => Ok(()),
        }
    }
}

/// The running system's own accounts of its disks.
pub struct Host {
    sys: PathBuf,
    proc: PathBuf,
}

impl Host {
    /// This system.
    pub fn system() -> Self {
        Self { sys: "/sys".into(), proc: "/proc".into() }
    }

    /// A system described by files, for tests.
    pub fn described(sys: PathBuf, proc: PathBuf) -> Self {
        Self { sys, proc }
    }

    /// The disk of this device node, if it is a whole disk and nothing uses it.
    pub fn examine(&self, node: &Path) -> Result<Disk, Refusal> {
        let metadata = fs::metadata(node).map_err(|_| Refusal::Absent)?;
        if !metadata.file_type().is_block_device() {
            return Err(Refusal::NoDisk);
        }
        let device = metadata.rdev();
        let number = (rustix::fs::major(device), rustix::fs::minor(device));
        self.disk(number, node.to_owned())
    }

    /// The same for the device with this number.
    pub fn disk(&self, (major, minor): (u32, u32), node: PathBuf) -> Result<Disk, Refusal> {
        let directory = self.sys.join(format!("dev/block/{major}:{minor}"));
        let directory = directory.canonicalize().map_err(|_| Refusal::Absent)?;
        if directory.join("partition").exists() {
            let disk = directory.parent().map(name_of).unwrap_or_default();
            return Err(Refusal::Partition { disk });
        }
        let mut parts = vec![directory.clone()];
        parts.extend(
            children(&directory).into_iter().filter(|part| part.join("partition").exists()),
        );
        for part in &parts {
            self.is_idle(part)?;
        }
        let number = |name: &str| text(&directory.join(name)).parse::<u64>().unwrap_or(0);
        let device = directory.join("device").canonicalize().unwrap_or_else(|_| directory.clone());
        let on_usb =
            device.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"usb"));
        let model = [text(&device.join("vendor")), text(&device.join("model"))];
        Ok(Disk {
            node,
            name: name_of(&directory),
            model: model.join(" ").trim().to_owned(),
            serial: serial(&device),
            // Always in units of 512 bytes, whatever the disk's sectors are.
            size: number("size") * 512,
            is_removable: number("removable") == 1 || on_usb,
            sector: number("queue/logical_block_size"),
            is_read_only: number("ro") == 1,
        })
    }

    /// Whether the device with this number is the disk that was found before, and idle as it was.
    pub fn holds_still(&self, disk: &Disk, number: (u32, u32)) -> Result<(), Refusal> {
        if self.disk(number, disk.node.clone())? == *disk { Ok(()) } else { Err(Refusal::Another) }
    }

    /// Whether nothing uses this disk or partition.
    fn is_idle(&self, part: &Path) -> Result<(), Refusal> {
        let device = name_of(part);
        if let Some(holder) = children(&part.join("holders")).first() {
            let named = text(&self.sys.join("class/block").join(name_of(holder)).join("dm/name"));
            let holder = if named.is_empty() { name_of(holder) } else { named };
            return Err(Refusal::Held { device, holder });
        }
        let mounts = self.account(MOUNTS)?;
        if let Some(place) = mounted_at(&mounts, &text(&part.join("dev")), &device) {
            return Err(Refusal::Mounted { device, place });
        }
        let swaps = self.account(SWAPS)?;
        let swaps = String::from_utf8_lossy(&swaps);
        let is_swap =
            |line: &str| line.split(' ').next().is_some_and(|path| is_node(path, &device));
        if swaps.lines().any(is_swap) {
            return Err(Refusal::Swap { device });
        }
        Ok(())
    }

    /// What the kernel says of what is in use. A kernel that can't swap has no list of that.
    fn account(&self, file: &str) -> Result<Vec<u8>, Refusal> {
        match fs::read(self.proc.join(file)) {
            Err(why) if file == SWAPS && why.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(|why| Refusal::Unseen {
                file: format!("/proc/{file}"),
                why: why.to_string(),
            }),
        }
    }
}

/// Where a device is mounted: by its number, and by its node since btrfs shows no number.
fn mounted_at(mounts: &[u8], number: &str, name: &str) -> Option<String> {
    let node = Path::new("/dev").join(name);
    let mut mounts = mountinfo::parse(mounts).into_iter();
    let ours = mounts.find(|it| it.number == number || it.source == node);
    Some(ours?.point.display().to_string())
}

/// Whether a path is the device node with the kernel's name.
fn is_node(path: &str, name: &str) -> bool {
    path.strip_prefix("/dev/") == Some(name)
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn name_of(directory: &Path) -> String {
    directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

/// The serial number: the device's own, that of the USB device it is part of, or the page that
/// SCSI and SATA disks answer with.
fn serial(device: &Path) -> String {
    let own = text(&device.join("serial"));
    if !own.is_empty() {
        return own;
    }
    let usb = device.ancestors().find(|directory| directory.join("idVendor").exists());
    if let Some(serial) =
        usb.map(|directory| text(&directory.join("serial"))).filter(|s| !s.is_empty())
    {
        return serial;
    }
    let page = fs::read(device.join("vpd_pg80")).unwrap_or_default();
    String::from_utf8_lossy(page.get(4..).unwrap_or_default()).trim().to_owned()
}
