//! The nodes in `/dev`: made again where they are lost. The kernel says in sysfs which it had made.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use rustix::mount::{MountFlags, mount};

use crate::durable_file;
use crate::error::IoError;
use crate::mount::points_below;

const DEV: &str = "/dev";
const SYS: &str = "/sys";

/// A node that the kernel makes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    /// Its path below `/dev`.
    name: String,
    kind: FileType,
    number: u64,
    mode: u32,
}

/// Makes every node again that is missing, or that is none any more; those of the device mapper by
/// the names that LVM gives them too, which `volume` takes apart. Returns how many.
pub fn make_lost(volume: impl Fn(&str) -> Option<(String, String)>) -> Result<usize, IoError> {
    let dev = Path::new(DEV);
    if !points_below(dev)?.iter().any(|point| point == dev) {
        let mounted = mount("devtmpfs", dev, "devtmpfs", MountFlags::NOSUID, None);
        mounted.map_err(IoError::at(dev))?;
    }
    let mut made = 0;
    for node in nodes(Path::new(SYS))? {
        let path = dev.join(&node.name);
        made += usize::from(node.is_lost(&path) && node.make(&path).map_err(IoError::at(&path))?);
    }
    for mapping in mapped(Path::new(SYS))? {
        let mut links = vec![Path::new("mapper").join(&mapping.name)];
        if mapping.is_volume {
            let found = volume(&mapping.name);
            links.extend(found.map(|(group, volume)| Path::new(&group).join(volume)));
        }
        for path in links.into_iter().map(|link| dev.join(link)) {
            if !path.metadata().is_ok_and(|file| file.file_type().is_block_device()) {
                lead(&path, &mapping.kernel).map_err(IoError::at(&path))?;
                made += 1;
            }
        }
    }
    Ok(made)
}

/// A mapping of the device mapper.
struct Mapping {
    name: String,
    /// The kernel's name of its device.
    kernel: String,
    /// Whether it is a volume of LVM's, and no part of one.
    is_volume: bool,
}

impl Node {
    /// What sysfs says of a device; nothing where the kernel makes no node for it.
    fn of(uevent: &str, kind: FileType) -> Option<Self> {
        let value =
            |key: &str| uevent.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let number = |key| value(key)?.parse().ok();
        let name = value("DEVNAME")?;
        let plain = Path::new(name).components();
        let mut plain = plain.map(|part| matches!(part, std::path::Component::Normal(_)));
        let mode = value("DEVMODE").and_then(|mode| u32::from_str_radix(mode, 8).ok());
        Some(Self {
            name: plain.all(|plain| plain).then(|| name.to_owned())?,
            kind,
            number: makedev(number("MAJOR")?, number("MINOR")?),
            mode: mode.unwrap_or(0o600),
        })
    }

    fn is_lost(&self, path: &Path) -> bool {
        !path.symlink_metadata().is_ok_and(|file| {
            FileType::from_raw_mode(file.mode()) == self.kind && file.rdev() == self.number
        })
    }

    /// Makes it in place of a file of its name; a directory, which somebody made, stays.
    fn make(&self, path: &Path) -> io::Result<bool> {
        if path.is_dir() {
            return Ok(false);
        }
        make_room(path)?;
        mknodat(CWD, path, self.kind, Mode::from_raw_mode(self.mode), self.number)?;
        Ok(true)
    }
}

/// Has a path lead to a node of the device mapper.
fn lead(path: &Path, kernel: &str) -> io::Result<()> {
    make_room(path)?;
    symlink(Path::new("..").join(kernel), path)
}

fn make_room(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    durable_file::remove(path)
}

/// Every node that the kernel has made.
fn nodes(sys: &Path) -> Result<Vec<Node>, IoError> {
    let mut nodes = Vec::new();
    for (kind, directory) in
        [(FileType::CharacterDevice, "dev/char"), (FileType::BlockDevice, "dev/block")]
    {
        for path in entries(&sys.join(directory))? {
            // A device may go meanwhile.
            let uevent = fs::read_to_string(path.join("uevent")).unwrap_or_default();
            nodes.extend(Node::of(&uevent, kind));
        }
    }
    Ok(nodes)
}

/// The mappings of the device mapper.
fn mapped(sys: &Path) -> Result<Vec<Mapping>, IoError> {
    let devices = entries(&sys.join("block"))?.into_iter().filter_map(|path| {
        let read = |file: &str| fs::read_to_string(path.join("dm").join(file)).ok();
        let (name, id) = (read("name")?.trim_end().to_owned(), read("uuid")?);
        let kernel = path.file_name()?.to_str()?.to_owned();
        let is_volume = is_volume(id.trim_end());
        (!name.contains('/')).then_some(Mapping { name, kernel, is_volume })
    });
    Ok(devices.collect())
}

/// Whether an id is that of a volume: the ids of group and volume, and nothing behind them.
fn is_volume(id: &str) -> bool {
    const BOTH: usize = 64;
    id.strip_prefix("LVM-").is_some_and(|ids| ids.len() == BOTH)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, IoError> {
    let entries = fs::read_dir(directory).map_err(IoError::at(directory))?;
    entries.map(|entry| Ok(entry.map_err(IoError::at(directory))?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_as_the_kernel_says() {
        let control = "MAJOR=10\nMINOR=236\nDEVNAME=mapper/control\n";
        let node = Node::of(control, FileType::CharacterDevice).unwrap();
        assert_eq!((node.name.as_str(), node.mode), ("mapper/control", 0o600));
        assert_eq!(node.number, makedev(10, 236));
        let null = "MAJOR=1\nMINOR=3\nDEVNAME=null\nDEVMODE=0666\n";
        assert_eq!(Node::of(null, FileType::CharacterDevice).unwrap().mode, 0o666);
        for other in ["", "MAJOR=1\nMINOR=3\n", "MAJOR=1\nMINOR=3\nDEVNAME=../etc/passwd\n"] {
            assert_eq!(Node::of(other, FileType::CharacterDevice), None, "{other}");
        }
    }

    #[test]
    fn a_part_of_a_volume_is_none() {
        let ids = "0123456789abcdef".repeat(4);
        assert!(is_volume(&format!("LVM-{ids}")));
        for other in [format!("LVM-{ids}-cow"), format!("zshield-{ids}"), "LVM-".into()] {
            assert!(!is_volume(&other), "{other}");
        }
    }

    #[test]
    fn what_is_there_is_not_lost_and_a_file_in_its_place_is() {
        let all = nodes(Path::new(SYS)).unwrap();
        let null = all.iter().find(|node| node.name == "null").unwrap();
        assert!(!null.is_lost(Path::new("/dev/null")));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("null");
        assert!(null.is_lost(&file));
        fs::write(&file, "what a program has written").unwrap();
        assert!(null.is_lost(&file));
    }
}
