//! Extended attributes, ACLs and capabilities among them, raw.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{getxattr, lgetxattr, listxattr, listxattr_query, llistxattr, llistxattr_query};
use rustix::io::Errno;

/// The most that Linux takes as one file's list of names, and as one value.
const LARGEST: usize = 64 << 10;

/// How the name of an access list's attribute begins in a squashfs, which holds none of Linux's own
/// name for it, `system.posix_acl_`.
pub const STORED_ACL: &str = "trusted.zshield.posix_acl_";

/// A name as Linux has it.
pub(crate) fn of_stored(name: Vec<u8>) -> Vec<u8> {
    match name.strip_prefix(STORED_ACL.as_bytes()) {
        Some(which) => [b"system.posix_acl_", which].concat(),
        None => name,
    }
}

/// The attribute that `SELinux` goes by.
pub const LABEL: &str = "security.selinux";

/// By this name a filesystem that a vault is mounted as has the label too: of such ones a kernel with a policy shows one
/// label for all that is in them.
pub const SERVED_LABEL: &str = "trusted.zshield.label";

/// Full name and value of each.
pub type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

/// Those of what has this name; none where the filesystem knows of none.
pub fn read(path: &Path) -> io::Result<Xattrs> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let length = llistxattr_query(&*path);
    all(length, |list| llistxattr(&*path, list), |name, value| lgetxattr(&*path, name, value))
}

/// Those of an open file, be it one that was opened only to be named (`O_PATH`).
pub fn read_open(file: impl AsFd) -> io::Result<Xattrs> {
    let path = by_number(file);
    let length = listxattr_query(&*path);
    all(length, |list| listxattr(&*path, list), |name, value| getxattr(&*path, name, value))
}

/// A path by which the kernel finds an open file itself, whatever has its name now.
pub fn by_number(file: impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

fn all(
    length: rustix::io::Result<usize>,
    list: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
    get: impl Fn(&[u8], &mut [u8]) -> rustix::io::Result<usize>,
) -> io::Result<Xattrs> {
    // Nearly always there are none, and then no buffer is needed.
    let length = match length {
        Err(Errno::OPNOTSUPP) | Ok(0) => return Ok(Xattrs::new()),
        other => other?,
    };
    let mut names = vec![0; length.min(LARGEST)];
    let length = list(&mut names)?;
    let mut value = vec![0; LARGEST];
    let mut found = Xattrs::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let served = (name == LABEL.as_bytes()).then(|| get(SERVED_LABEL.as_bytes(), &mut value));
        let length = match served {
            Some(Ok(length)) => length,
            Some(Err(_)) | None => get(name, &mut value)?,
        };
        found.insert(name.to_vec(), value[..length].to_vec());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::fs::{XattrFlags, setxattr};

    use super::*;

    #[test]
    fn a_label_that_is_served_is_the_label() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "").unwrap();
        let set = |name: &str, value: &[u8]| setxattr(&path, name, value, XattrFlags::empty());
        if set(LABEL, b"of the mount").is_err() || set("user.note", b"note").is_err() {
            // Nobody may, or the filesystem has none.
            return;
        }
        let label = |path| read(path).unwrap().remove(LABEL.as_bytes()).unwrap();
        assert_eq!(label(&path), b"of the mount");
        set(SERVED_LABEL, b"of the file").unwrap();
        assert_eq!(label(&path), b"of the file");
        assert_eq!(read(&path).unwrap()[b"user.note".as_slice()], b"note");
    }
}
