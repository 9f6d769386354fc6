//! How an entry is written as one line of JSON, and read back strictly.

use std::collections::BTreeMap;

use ct_codecs::{Base64, Decoder as _, Encoder as _};
use serde::{Deserialize, Serialize};
use zshield_units::UnixTime;

use super::entry::{Attributes, DeviceNumber, Entry, Kind, Node};
use super::problem::Problem;
use crate::digest::Digest;
use crate::path::{EntryPath, escape, unescape};

/// The longest name of an extended attribute.
const LONGEST_XATTR_NAME: usize = 255;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Type {
    File,
    HardLink,
    Directory,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
    Socket,
}

/// The line as it is written. Which fields belong to which type is [`Fields::entry`]'s to check.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    r#type: Type,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mtime: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    links: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blake3: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    major: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minor: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    xattrs: BTreeMap<String, String>,
}

/// The entry's line, without the newline.
pub(super) fn write(entry: &Entry) -> Result<Vec<u8>, Problem> {
    let mut fields = Fields {
        r#type: Type::HardLink,
        path: entry.path.to_string(),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        size: None,
        links: None,
        blake3: None,
        target: None,
        major: None,
        minor: None,
        xattrs: BTreeMap::new(),
    };
    match &entry.node {
        Node::HardLink { to } => fields.target = Some(to.to_string()),
        Node::Inode { attributes, kind } => {
            fields.set_attributes(attributes)?;
            fields.set_kind(kind);
        }
    }
    serde_json::to_vec(&fields).map_err(|error| Problem::json(&error))
}

/// The entry of a line.
pub(super) fn read(line: &[u8]) -> Result<Entry, Problem> {
    let fields: Fields = serde_json::from_slice(line).map_err(|error| Problem::json(&error))?;
    fields.entry()
}

/// Takes a field that this type of entry needs.
fn need<T>(field: &mut Option<T>, name: &'static str) -> Result<T, Problem> {
    field.take().ok_or(Problem::FieldMissing { name })
}

impl Fields {
    fn set_attributes(&mut self, attributes: &Attributes) -> Result<(), Problem> {
        self.mode = Some(format!("{:04o}", attributes.mode));
        self.uid = Some(attributes.uid);
        self.gid = Some(attributes.gid);
        self.mtime = Some(attributes.mtime);
        for (name, value) in &attributes.xattrs {
            let text = Base64::encode_to_string(value).map_err(|_| Problem::Xattr)?;
            self.xattrs.insert(escape(name), text);
        }
        Ok(())
    }

    fn set_kind(&mut self, kind: &Kind) {
        match kind {
            Kind::File { size, digest, links } => {
                self.r#type = Type::File;
                self.size = Some(*size);
                self.blake3 = Some(*digest);
                self.links = (*links != 1).then_some(*links);
            }
            Kind::Directory => self.r#type = Type::Directory,
            Kind::Symlink { target } => {
                self.r#type = Type::Symlink;
                self.target = Some(escape(target));
            }
            Kind::CharDevice(number) => self.set_device(Type::CharDevice, *number),
            Kind::BlockDevice(number) => self.set_device(Type::BlockDevice, *number),
            Kind::Fifo => self.r#type = Type::Fifo,
            Kind::Socket => self.r#type = Type::Socket,
        }
    }

    fn set_device(&mut self, r#type: Type, number: DeviceNumber) {
        self.r#type = r#type;
        self.major = Some(number.major);
        self.minor = Some(number.minor);
    }

    fn entry(mut self) -> Result<Entry, Problem> {
        let path: EntryPath = std::mem::take(&mut self.path).try_into()?;
        let node = match self.r#type {
            Type::HardLink => Node::HardLink { to: need(&mut self.target, "target")?.try_into()? },
            other => Node::Inode { attributes: self.attributes()?, kind: self.kind(other)? },
        };
        self.nothing_left()?;
        Ok(Entry { path, node })
    }

    fn attributes(&mut self) -> Result<Attributes, Problem> {
        let mode = need(&mut self.mode, "mode")?;
        let bits = Some(mode.as_str())
            .filter(|text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| u16::from_str_radix(text, 8).ok())
            .ok_or(Problem::Mode { text: mode.clone() })?;
        let mut xattrs = BTreeMap::new();
        for (name, value) in std::mem::take(&mut self.xattrs) {
            let name = unescape(&name)?;
            if name.is_empty() || name.len() > LONGEST_XATTR_NAME || name.contains(&0) {
                return Err(Problem::Xattr);
            }
            let value = Base64::decode_to_vec(value, None).map_err(|_| Problem::Xattr)?;
            xattrs.insert(name, value);
        }
        Ok(Attributes {
            mode: bits,
            uid: need(&mut self.uid, "uid")?,
            gid: need(&mut self.gid, "gid")?,
            mtime: need(&mut self.mtime, "mtime")?,
            xattrs,
        })
    }

    fn kind(&mut self, r#type: Type) -> Result<Kind, Problem> {
        Ok(match r#type {
            Type::File | Type::HardLink => Kind::File {
                size: need(&mut self.size, "size")?,
                digest: need(&mut self.blake3, "blake3")?,
                links: self.links.take().unwrap_or(1),
            },
            Type::Directory => Kind::Directory,
            Type::Symlink => {
                let target = unescape(&need(&mut self.target, "target")?)?;
                if target.is_empty() || target.contains(&0) {
                    return Err(Problem::SymlinkTarget);
                }
                Kind::Symlink { target }
            }
            Type::CharDevice => Kind::CharDevice(self.device()?),
            Type::BlockDevice => Kind::BlockDevice(self.device()?),
            Type::Fifo => Kind::Fifo,
            Type::Socket => Kind::Socket,
        })
    }

    fn device(&mut self) -> Result<DeviceNumber, Problem> {
        Ok(DeviceNumber {
            major: need(&mut self.major, "major")?,
            minor: need(&mut self.minor, "minor")?,
        })
    }

    /// A field of another type's would be silently lost, so it is refused.
    fn nothing_left(&self) -> Result<(), Problem> {
        let left = [
            ("mode", self.mode.is_some()),
            ("uid", self.uid.is_some()),
            ("gid", self.gid.is_some()),
            ("mtime", self.mtime.is_some()),
            ("size", self.size.is_some()),
            ("links", self.links.is_some()),
            ("blake3", self.blake3.is_some()),
            ("target", self.target.is_some()),
            ("major", self.major.is_some()),
            ("minor", self.minor.is_some()),
            ("xattrs", !self.xattrs.is_empty()),
        ];
        match left.iter().find(|(_, set)| *set) {
            Some((name, _)) => Err(Problem::FieldUnexpected { name }),
            None => Ok(()),
        }
    }
}
