//! The records that stand before a member: pax's `length key=value`.

use super::acl::{self, Ids};
use zshield_golden::xattrs::STORED_ACL;

/// Before the name of an extended attribute.
const XATTR: &str = "SCHILY.xattr.";
/// The same by libarchive, its value in base64; it writes both.
const XATTR_TOO: &str = "LIBARCHIVE.xattr.";
/// GNU tar's name of a label of `SELinux`.
const LABEL: &str = "RHT.security.selinux";
const LIST: &str = "SCHILY.acl.";
/// Linux keeps access lists as attributes of these names, which a squashfs does not.
const LINUX_ACL: &str = "system.posix_acl_";
/// The beginnings of names that a squashfs holds.
const HELD: [&str; 3] = ["user.", "trusted.", "security."];

/// Records in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Records(pub(super) Vec<(String, Vec<u8>)>);

impl Records {
    /// Reads a list; `None` where it is none.
    pub(super) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ')?;
            let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
            let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|byte| *byte == b'=')?;
            let key = String::from_utf8(record[..equals].to_vec()).ok()?;
            records.push((key, record[equals + 1..].to_vec()));
            bytes = &bytes[length..];
        }
        Some(Self(records))
    }

    /// The last value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_slice())
    }

    /// Writes the list.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, value) in &self.0 {
            let body = key.len() + value.len() + 3;
            let digits = |length: usize| length.to_string().len();
            // Its own digits count too, and may be one more by that.
            let length = body + digits(body + digits(body));
            bytes.extend(format!("{length} {key}=").as_bytes());
            bytes.extend(value);
            bytes.push(b'\n');
        }
        bytes
    }

    /// Has every attribute under the name by which the squashfs holds it: access lists and labels, in
    /// whatever form the tar has them. Those that no squashfs holds are left out, their names added to
    /// `lost`. A part of an access list that makes no sense is the error.
    pub(super) fn translate(&mut self, ids: &Ids, lost: &mut Vec<String>) -> Result<(), String> {
        let mut translated: Vec<(String, Vec<u8>)> = Vec::new();
        let has = |records: &[(String, Vec<u8>)], key: &str| records.iter().any(|(k, _)| k == key);
        for (key, value) in std::mem::take(&mut self.0) {
            let (key, value) = if let Some(which) = key.strip_prefix(LIST) {
                let text = String::from_utf8_lossy(&value);
                (format!("{XATTR}{STORED_ACL}{which}"), acl::of_text(&text, ids)?)
            } else if key == LABEL {
                // Linux keeps a label with its NUL.
                (format!("{XATTR}security.selinux"), [value.as_slice(), b"\0"].concat())
            } else if key.starts_with(XATTR_TOO) {
                continue;
            } else if key == "mtime" {
                (key, held_time(&value))
            } else if let Some(name) = key.strip_prefix(XATTR) {
                if let Some(which) = name.strip_prefix(LINUX_ACL) {
                    (format!("{XATTR}{STORED_ACL}{which}"), value)
                } else if HELD.iter().any(|held| name.starts_with(held)) {
                    (key, value)
                } else {
                    lost.push(name.to_owned());
                    continue;
                }
            } else {
                (key, value)
            };
            let says_nothing = value.is_empty() && key.contains(STORED_ACL);
            let is_said = key.starts_with(XATTR) && has(&translated, &key);
            if !says_nothing && !is_said {
                translated.push((key, value));
            }
        }
        self.0 = translated;
        Ok(())
    }
}

/// A time of seconds that a squashfs holds: 1970 for one before.
fn held_time(value: &[u8]) -> Vec<u8> {
    let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    let seconds = std::str::from_utf8(whole).ok().and_then(|text| text.parse::<i64>().ok());
    let is_before = value.starts_with(b"-");
    match seconds {
        Some(seconds) if is_before || seconds < 0 => b"0".to_vec(),
        Some(seconds) if seconds > i64::from(u32::MAX) => u32::MAX.to_string().into_bytes(),
        Some(_) | None => value.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(records: &[(&str, &[u8])]) -> Records {
        Records(records.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect())
    }

    #[test]
    fn records_are_written_as_they_are_read() {
        for length in [0, 1, 3, 80, 83, 84, 85, 86, 87, 88, 984, 986, 990, 2000] {
            let records = of(&[("path", &vec![b'x'; length]), ("SCHILY.xattr.user.a", b"\n=\0 9")]);
            let bytes = records.bytes();
            assert_eq!(Records::parse(&bytes).unwrap().0, records.0, "{length}");
        }
        for bad in [&b"x"[..], b"5 a=b", b"99 path=a\n", b"1 ", b"0 a=b\n", b"6 abcd\n"] {
            assert!(Records::parse(bad).is_none(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn every_form_of_an_attribute_gets_the_name_that_is_held() {
        let mut records = of(&[
            ("mtime", b"-123.5"),
            ("RHT.security.selinux", b"system_u:object_r:shadow_t:s0"),
            ("SCHILY.acl.access", b"user::rw-,user:5:rwx,group::r--,mask::rwx,other::---"),
            ("SCHILY.acl.default", b"user::rw-,group::r--,other::---"),
            ("SCHILY.xattr.btrfs.compression", b"zstd"),
            ("SCHILY.xattr.security.capability", b"\x01\0"),
            ("SCHILY.xattr.system.posix_acl_default", b"\x02\0\0\0"),
            ("LIBARCHIVE.xattr.security.capability", b"AQA="),
        ]);
        let mut lost = Vec::new();
        records.translate(&Ids::default(), &mut lost).unwrap();
        let keys: Vec<&str> = records.0.iter().map(|(key, _)| key.as_str()).collect();
        let stored = |which: &str| format!("SCHILY.xattr.{STORED_ACL}{which}");
        assert_eq!(
            keys,
            [
                "mtime",
                "SCHILY.xattr.security.selinux",
                &stored("access"),
                "SCHILY.xattr.security.capability",
                &stored("default"),
            ]
        );
        assert_eq!(records.get("mtime"), Some(&b"0"[..]));
        assert!(records.0[1].1.ends_with(b"shadow_t:s0\0"));
        assert_eq!(lost, ["btrfs.compression"]);
    }
}
