//! Mounts, and the payload behind dm-verity.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use zshield_golden::EntryPath;
use zshield_golden::verity::Verity;
use zshield_plan::model::GOLDEN_MAPPING;
use zshield_plan::step::MountAs;

use crate::command;
use crate::ioctl::{self, is_read_only, set_read_only};
use zshield_linux::IoError;
use zshield_linux::device_mapper::DeviceMapper;
use zshield_linux::program::ProgramError;

/// Why the payload could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A loop device or the image can't be used.
    #[error(transparent)]
    Io(#[from] IoError),
    /// `dmsetup` failed.
    #[error(transparent)]
    Command(#[from] ProgramError),
}

/// Mounts a device; the directory is made where it is missing. What is mounted there already is
/// unmounted first. A filesystem that is to be written to and that the kernel does not trust is
/// mended first: a power cut can tear the superblock, which no journal covers.
pub(crate) fn attach(device: &str, at: &Path, kind: MountAs) -> Result<(), IoError> {
    fs::create_dir_all(at).map_err(IoError::at(at))?;
    detach(at)?;
    let (name, flags, data) = match kind {
        MountAs::Ext4 => ("ext4", MountFlags::NOATIME, c"noinit_itable"),
        MountAs::Ext4Frozen => ("ext4", MountFlags::RDONLY | MountFlags::NOATIME, c"noload"),
    };
    tracing::info!("mount {device} on {}", at.display());
    let mounted = || mount(device, at, name, flags, data);
    match kind {
        MountAs::Ext4Frozen => unwritten(device, mounted),
        MountAs::Ext4 => match mounted() {
            Err(Errno::BADMSG | Errno::UCLEAN) => {
                fsck(device);
                mounted().map_err(Into::into)
            }
            result => result.map_err(Into::into),
        },
    }
    .map_err(IoError::at(device))
}

/// Mounts a device while it takes no writes. ext4 frees deleted files that were still open even
/// where it is mounted read-only, and without a journal: of a snapshot whose orphans are in a file
/// nothing could be mounted a second time.
fn unwritten(device: &str, mount: impl FnOnce() -> Result<(), Errno>) -> io::Result<()> {
    let node = File::open(device)?;
    if is_read_only(&node)? {
        return Ok(mount()?);
    }
    set_read_only(&node, true)?;
    let mounted = mount();
    set_read_only(&node, false)?;
    Ok(mounted?)
}

/// Mends a filesystem as far as e2fsck can. What became of it is for the kernel to say, which is
/// asked again.
fn fsck(device: &str) {
    const MENDED: i32 = 1;
    tracing::warn!("{device} is damaged and is mended");
    match command::run(&command::words("e2fsck", &["-y", device])) {
        Err(ProgramError::Failed { status, .. }) if status.code() == Some(MENDED) => {}
        Err(error) => tracing::warn!("{error}"),
        Ok(_) => {}
    }
}

/// Unmounts whatever is mounted at a place; all that was written is on the disk then.
pub(crate) fn detach(at: &Path) -> Result<(), IoError> {
    while mounted_below(at)?.iter().any(|place| place == at) {
        unmount(at, UnmountFlags::empty()).map_err(IoError::at(at))?;
    }
    Ok(())
}

/// Unmounts everything at and below a place, the last mounted first.
pub(crate) fn detach_all(below: &Path) -> Result<(), IoError> {
    for place in mounted_below(below)?.iter().rev() {
        unmount(place, UnmountFlags::empty()).map_err(IoError::at(place))?;
    }
    Ok(())
}

/// What is mounted within the system at `root`, by paths within it.
pub fn mounted_within(root: &Path) -> Result<BTreeSet<EntryPath>, IoError> {
    let places = mounted_below(root)?;
    let within = places.iter().filter_map(|place| place.strip_prefix(root).ok());
    let paths = within.filter_map(|path| EntryPath::new(path.as_os_str().as_bytes()).ok());
    Ok(paths.filter(|path| !path.is_root()).collect())
}

/// The mount points at and below a place, in the order in which they were mounted.
fn mounted_below(place: &Path) -> Result<Vec<PathBuf>, IoError> {
    const INFO: &str = "/proc/self/mountinfo";
    let info = fs::read_to_string(INFO).map_err(IoError::at(INFO))?;
    let points = info.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped);
    Ok(points.filter(|point| point.starts_with(place)).collect())
}

/// A path as mountinfo has it: blanks and backslashes are three octal digits behind a backslash.
fn unescaped(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match digits {
            Some(byte) => {
                plain.push(byte);
                plain.extend_from_slice(&part.as_bytes()[3..]);
            }
            None => plain.extend([b"\\", part.as_bytes()].concat()),
        }
    }
    OsString::from_vec(plain).into()
}

/// Opens the payload behind dm-verity: from here on the kernel hands out no block that is not as
/// the root hash says.
pub(crate) fn open_golden(image: &Path, verity: &Verity) -> Result<(), OpenError> {
    close_golden()?;
    let device = bind_loop(image)?;
    let table = verity.table(&device, &device);
    let created = DeviceMapper::WITH_UDEV.create_readonly(GOLDEN_MAPPING, &table);
    if created.is_err() {
        release_loop(&device)?;
    }
    created?;
    Ok(())
}

/// Closes the payload again, where it is open.
pub(crate) fn close_golden() -> Result<(), OpenError> {
    let node = PathBuf::from("/dev/mapper").join(GOLDEN_MAPPING);
    if !node.exists() {
        return Ok(());
    }
    let mapper = DeviceMapper::WITH_UDEV;
    let table = mapper.table(GOLDEN_MAPPING)?;
    let backing = table.split_whitespace().nth(4).map(device_of_number);
    mapper.remove(GOLDEN_MAPPING)?;
    if let Some(Some(device)) = backing {
        release_loop(&device)?;
    }
    Ok(())
}

/// The node of a device that dmsetup names by its numbers, `7:0`.
fn device_of_number(number: &str) -> Option<String> {
    let link = fs::read_link(format!("/sys/dev/block/{number}")).ok()?;
    Some(format!("/dev/{}", link.file_name()?.to_str()?))
}

fn bind_loop(image: &Path) -> Result<String, IoError> {
    const CONTROL: &str = "/dev/loop-control";
    let file = File::open(image).map_err(IoError::at(image))?;
    let control = OpenOptions::new().read(true).write(true).open(CONTROL);
    let control = control.map_err(IoError::at(CONTROL))?;
    loop {
        let number = ioctl::free_loop(&control).map_err(IoError::at(CONTROL))?;
        let node = format!("/dev/loop{number}");
        let device = File::open(&node).map_err(IoError::at(&node))?;
        match ioctl::bind_loop(&device, &file) {
            // Somebody else took it in between.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            other => return other.map(|()| node.clone()).map_err(IoError::at(&node)),
        }
    }
}

fn release_loop(node: &str) -> Result<(), IoError> {
    let device = File::open(node).map_err(IoError::at(node))?;
    ioctl::unbind_loop(&device).map_err(IoError::at(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_mountinfo_are_blanks() {
        assert_eq!(unescaped("/mnt/a\\040b\\134c"), Path::new("/mnt/a b\\c"));
        assert_eq!(unescaped("/plain\\"), Path::new("/plain\\"));
    }

    #[test]
    fn what_is_mounted_is_named_from_the_root_that_it_is_within() {
        assert!(mounted_within(Path::new("/")).unwrap().contains(&"proc".parse().unwrap()));
        assert!(mounted_within(Path::new("/no/such/root")).unwrap().is_empty());
    }
}
