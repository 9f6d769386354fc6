//! The kernel's list of mounts, `/proc/self/mountinfo`. Source of the format: proc(5).
//!
//! Names of mount points are bytes: any user's FUSE or a share with names in another encoding puts
//! some there that are no UTF-8.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The number of its device, `8:1`.
    pub number: String,
    /// The directory that it is mounted at.
    pub point: PathBuf,
    /// What is mounted: the node of a device, or any other word.
    pub source: PathBuf,
}

/// The mounts of a list, in its order: that in which they were mounted. A line that is none is left
/// out.
pub fn parse(list: &[u8]) -> Vec<Mount> {
    list.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let number = String::from_utf8(fields.nth(2)?.to_vec()).ok()?;
    let point = unescaped(fields.nth(1)?);
    // Behind some optional fields stands a dash; the type of the filesystem and its source follow.
    let source = fields.skip_while(|field| *field != b"-").nth(2).map(unescaped)?;
    Some(Mount { number, point, source })
}

/// A path as the list has it: blanks and backslashes are three octal digits behind a backslash.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut parts = text.split(|byte| *byte == b'\\');
    let mut plain = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let digits = part.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                plain.push(byte);
                plain.extend_from_slice(&part[3..]);
            }
            None => plain.extend([b"\\", part].concat()),
        }
    }
    OsString::from_vec(plain).into()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_name_that_is_no_utf_8_is_a_name_and_hides_no_other() {
        let list = b"28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                     52 28 8:17 / /mnt/a\\040b rw - vfat /dev/sdb1 rw\n\
                     60 28 0:50 / /mnt/\xb1\xb8\xb7\xdd rw,nosuid shared:5 master:2 - fuse.x //nas/\xb1 rw\n\
                     no mount\n\
                     61 28 8:18 / /mnt/c rw - ext4 /dev/sdb2 rw\n";
        let found = parse(list);
        let points: Vec<&Path> = found.iter().map(|mount| mount.point.as_path()).collect();
        let gbk = OsStr::from_bytes(b"/mnt/\xb1\xb8\xb7\xdd");
        assert_eq!(points, [OsStr::new("/"), "/mnt/a b".as_ref(), gbk, "/mnt/c".as_ref()]);
        assert_eq!(found[1].number, "8:17");
        assert_eq!(found[3].source, Path::new("/dev/sdb2"));
    }

    #[test]
    fn blanks_and_backslashes_are_escaped() {
        assert_eq!(unescaped(b"/mnt/a\\040b\\134c"), Path::new("/mnt/a b\\c"));
        assert_eq!(unescaped(b"/plain\\"), Path::new("/plain\\"));
    }
}
