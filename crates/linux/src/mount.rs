//! Mounts.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};
use zshield_formats::mountinfo;

use crate::error::IoError;
use crate::ioctl::{is_read_only, set_read_only};
use crate::program::{self, Program};

/// Mounts an ext4 that is to be written to. One that the kernel does not trust is mended first: a
/// power cut can tear the superblock, which no journal covers. What became of it is for the kernel
/// to say, which is asked again.
pub fn ext4(
    device: &Path,
    at: &Path,
    options: &CStr,
    fsck: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    ext4_beside(device, at, MountFlags::empty(), options, fsck)
}

/// Likewise, with these flags set beside. Where one of them is that nothing is written to its files, the journal is
/// replayed all the same.
pub fn ext4_beside(
    device: &Path,
    at: &Path,
    beside: MountFlags,
    options: &CStr,
    fsck: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let mounted = || mount(device, at, "ext4", MountFlags::NOATIME | beside, options);
    match mounted() {
        Err(Errno::BADMSG | Errno::UCLEAN) => {
            fsck()?;
            Ok(mounted()?)
        }
        result => Ok(result?),
    }
}

/// Mounts an ext4 as it is, its journal included, while its device takes no writes. ext4 frees
/// deleted files that were still open even where it is mounted read-only, and without a journal: of
/// a snapshot whose orphans are in a file nothing could be mounted a second time. These flags are set beside.
pub fn ext4_frozen(device: &Path, at: &Path, beside: MountFlags) -> io::Result<()> {
    let flags = MountFlags::RDONLY | MountFlags::NOATIME | beside;
    frozen(device, || mount(device, at, "ext4", flags, c"noload"))
}

/// The same, where a power cut may have torn the superblock; see [`ext4_or_torn`].
pub fn ext4_frozen_or_torn(device: &Path, at: &Path) -> io::Result<()> {
    frozen(device, || ext4_or_torn(device, at, MountFlags::NOATIME))
}

/// Mounts an ext4 to be read, without its journal. Of a superblock that a power cut tore a copy says as well where
/// everything lies, and nothing has to be written first. It is for files that are verified by themselves: where the
/// filesystem itself is what counts, its damage must not be passed over.
pub fn ext4_or_torn(device: &Path, at: &Path, beside: MountFlags) -> rustix::io::Result<()> {
    /// Where the first copy is, in KiB, with blocks of 4, 1 and 2 KiB.
    const COPIES: [&CStr; 3] = [c"noload,sb=131072", c"noload,sb=8193", c"noload,sb=32768"];
    let mounted = |options| mount(device, at, "ext4", MountFlags::RDONLY | beside, options);
    mounted(c"noload").or_else(|refused| {
        let is_torn = refused == Errno::BADMSG;
        let by_copy = || COPIES.iter().find_map(|copy| mounted(*copy).ok());
        is_torn.then(by_copy).flatten().ok_or(refused)
    })
}

/// Mounts while the device takes no writes.
fn frozen(device: &Path, mounted: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<()> {
    let node = File::open(device)?;
    if is_read_only(&node)? {
        return Ok(mounted()?);
    }
    set_read_only(&node, true)?;
    let mounted = mounted();
    set_read_only(&node, false)?;
    Ok(mounted?)
}

/// Mends an ext4 as far as e2fsck can.
pub fn fsck(device: &Path) {
    const MENDED: i32 = 1;
    tracing::warn!("{} is damaged and is mended", device.display());
    match Program::new("e2fsck", program::MENDING).arg("-y").arg(device).succeed() {
        Err(error) if error.code() != Some(MENDED) => tracing::warn!("{error}"),
        Ok(_) | Err(_) => {}
    }
}

/// Shows a directory at another place as well, where nothing can be written to it.
pub fn bind_read_only(from: &Path, at: &Path) -> io::Result<()> {
    fs::create_dir_all(at)?;
    mount_bind(from, at)?;
    Ok(mount_remount(at, MountFlags::BIND | MountFlags::RDONLY, c"")?)
}

/// Unmounts whatever is mounted at a place; all that was written is on the disk then.
pub fn detach(at: &Path) -> Result<(), IoError> {
    while points_below(at)?.iter().any(|place| place == at) {
        unmount(at, UnmountFlags::empty()).map_err(IoError::at(at))?;
    }
    Ok(())
}

/// Unmounts everything at and below a place, the last mounted first.
pub fn detach_all(below: &Path) -> Result<(), IoError> {
    for place in points_below(below)?.iter().rev() {
        unmount(place, UnmountFlags::empty()).map_err(IoError::at(place))?;
    }
    Ok(())
}

/// Takes everything mounted at and below a place out of sight, for a process that is about to end: what it
/// has open there goes with it.
pub fn leave_all(below: &Path) -> Result<(), IoError> {
    for place in points_below(below)?.iter().rev() {
        unmount(place, UnmountFlags::DETACH).map_err(IoError::at(place))?;
    }
    Ok(())
}

/// The mount points at and below a place, in the order in which they were mounted.
pub fn points_below(place: &Path) -> Result<Vec<PathBuf>, IoError> {
    const INFO: &str = "/proc/self/mountinfo";
    let info = fs::read(INFO).map_err(IoError::at(INFO))?;
    let points = mountinfo::parse(&info).into_iter().map(|mount| mount.point);
    Ok(points.filter(|point| point.starts_with(place)).collect())
}

/// Mounts what a process serves through its `/dev/fuse`, to be read by root alone. What is in it has no rights
/// here. It is listed under the name `source`.
pub fn fuse(device: &File, at: &Path, source: &CStr) -> io::Result<()> {
    let flags = MountFlags::RDONLY | MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOATIME;
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0,default_permissions",
        device.as_raw_fd()
    );
    Ok(mount(source, at, "fuse", flags, &*CString::new(options)?)?)
}
