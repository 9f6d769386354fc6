//! A copy of the log on the stick, readable on any PC.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::log;
use crate::medium::partition_by_guid;
use zshield_plan::id::Uuid;

/// The name of the stick's partition for logs in its partition table.
const PARTITION: &str = "zs-log";

/// Where it is mounted for as long as the copy takes.
const MOUNT_POINT: &str = "/run/zshield/stick-log";

/// Copies the log to the partition for logs beside the medium's; says the file's name there.
pub(crate) fn copy(medium: &Uuid) -> Option<String> {
    let partition = partition_by_guid(medium)?.sibling(PARTITION)?;
    match onto(&partition) {
        Ok(name) => Some(name),
        Err(error) => {
            log::line(&format!("the log is not on the stick: {error}"));
            None
        }
    }
}

fn onto(partition: &Path) -> io::Result<String> {
    fs::create_dir_all(MOUNT_POINT)?;
    let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
    mount(partition, MOUNT_POINT, "vfat", flags, None)?;
    let copied = into(Path::new(MOUNT_POINT));
    unmount(MOUNT_POINT, UnmountFlags::empty())?;
    copied
}

/// Copies the log into a directory under the first name that is free.
fn into(directory: &Path) -> io::Result<String> {
    /// Somebody looks at the stick long before.
    const MOST: u32 = 99;
    for number in 1..=MOST {
        let name = format!("rescue{number:02}.log");
        match File::create_new(directory.join(&name)) {
            Ok(mut file) => {
                io::copy(&mut File::open(log::PLACE)?, &mut file)?;
                file.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::StorageFull.into())
}
