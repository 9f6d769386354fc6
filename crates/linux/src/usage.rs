//! How full filesystems are.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::statvfs;

/// How much of the filesystem that a directory lies on is used, in percent as `df` rounds it: of its
/// blocks or of its inodes, whichever is more.
pub fn used(directory: &Path) -> io::Result<u8> {
    let found = statvfs(directory)?;
    let blocks = percent(found.f_blocks - found.f_bfree, found.f_bavail);
    let inodes = percent(found.f_files.saturating_sub(found.f_ffree), found.f_favail);
    Ok(blocks.max(inodes))
}

/// How many bytes root can still write to the filesystem that a directory lies on.
pub fn free(directory: &Path) -> io::Result<u64> {
    let found = statvfs(directory)?;
    Ok(found.f_bfree.saturating_mul(found.f_frsize))
}

/// How many bytes the filesystem that a directory lies on has in all.
pub fn size(directory: &Path) -> io::Result<u64> {
    let found = statvfs(directory)?;
    Ok(found.f_blocks.saturating_mul(found.f_frsize))
}

/// What is used of what anybody but root could use.
fn percent(used: u64, available: u64) -> u8 {
    let all = used.saturating_add(available);
    if all == 0 {
        return 0;
    }
    u8::try_from((u128::from(used) * 100).div_ceil(u128::from(all))).unwrap_or(100)
}

/// Whether something of its own is mounted on a directory.
pub fn is_mounted(directory: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
    match (device(directory), directory.parent().map(device)) {
        (Ok(own), Some(Ok(above))) => own.0 != above.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_rounded_up() {
        assert_eq!(percent(0, 100), 0);
        assert_eq!(percent(1, 999), 1);
        assert_eq!(percent(90, 10), 90);
        assert_eq!(percent(901, 99), 91);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(u64::MAX, 0), 100);
    }

    #[test]
    fn a_mount_is_told_from_a_directory() {
        assert!(is_mounted(Path::new("/proc")));
        let directory = tempfile::tempdir().unwrap();
        assert!(!is_mounted(directory.path()));
        assert!(used(directory.path()).unwrap() <= 100);
    }
}
