//! A generation: one backup as the vault has it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ct_codecs::{Base64, Decoder as _, Encoder as _};
use jiff::Zoned;
use jiff::tz::TimeZone;
use rustic_core::repofile::{SnapshotFile, StringList};
use serde::{Deserialize, Serialize};
use zshield_golden::xattrs::Xattrs;
use zshield_units::UnixTime;

/// What a generation is a copy of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A backup.
    Latest,
    /// The factory state.
    Factory,
}

impl Kind {
    /// Its tag in the repository.
    const fn tag(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Factory => "factory",
        }
    }

    const ALL: [Self; 2] = [Self::Latest, Self::Factory];
}

/// What is known of a backup before it is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Backup or factory state.
    pub kind: Kind,
    /// When the backup was taken, not copied.
    pub taken: UnixTime,
    /// The machine's name, as people know it.
    pub host: String,
    /// The installed version of the product, where it is known.
    pub version: Option<String>,
}

/// A generation in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generation {
    /// Its name: 64 hexadecimal digits, of which people type the first eight.
    pub id: String,
    /// Backup or factory state; nothing where stock restic has made it.
    pub kind: Option<Kind>,
    /// When the backup was taken.
    pub taken: UnixTime,
    /// The machine's name.
    pub host: String,
    /// The product's version then.
    pub version: Option<String>,
    /// How many bytes its files have.
    pub bytes: Option<u64>,
    /// How many files, directories not counted.
    pub files: Option<u64>,
    /// What root's topmost directory is like; nothing where stock restic has made it.
    #[serde(skip)]
    pub top: Option<Top>,
}

impl Generation {
    /// Whether a person who types this may mean it.
    pub fn has_name(&self, typed: &str) -> bool {
        typed.len() >= 4 && self.id.starts_with(typed)
    }

    /// The part of its name that people see.
    pub fn short(&self) -> &str {
        &self.id[..8]
    }
}

/// The attributes of root's topmost directory: the format has no place for them, so they are in the description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    /// Permissions, without the type.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When it was changed: seconds and nanoseconds.
    pub mtime: (i64, u32),
    /// Name and value of each extended attribute, in base 64.
    xattrs: BTreeMap<String, String>,
}

impl Top {
    /// Those of this directory.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let stat = rustix::fs::stat(directory)?;
        let text = |bytes: &[u8]| Base64::encode_to_string(bytes).map_err(io::Error::other);
        Ok(Self {
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            mtime: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or_default()),
            xattrs: zshield_golden::xattrs::read(directory)?
                .iter()
                .map(|(name, value)| Ok((text(name)?, text(value)?)))
                .collect::<io::Result<_>>()?,
        })
    }

    /// Its extended attributes, as they are set. Somebody else's text that is not base 64 is none.
    pub fn xattrs(&self) -> Xattrs {
        let bytes = |text: &String| Base64::decode_to_vec(text, None).ok();
        self.xattrs.iter().filter_map(|(name, value)| Some((bytes(name)?, bytes(value)?))).collect()
    }
}

/// What is in the description of a snapshot of ours.
#[derive(Serialize, Deserialize)]
struct Description {
    /// 1.
    zshield: u32,
    kind: Kind,
    version: Option<String>,
    top: Top,
}

/// The snapshot of the format, without its content.
pub(crate) fn to_snapshot(described: &Described, top: Top) -> SnapshotFile {
    let mut tags = StringList::default();
    tags.add(described.kind.tag().to_owned());
    if let Some(version) = &described.version {
        tags.add(format!("version={version}"));
    }
    let description =
        Description { zshield: 1, kind: described.kind, version: described.version.clone(), top };
    SnapshotFile {
        time: Zoned::new(described.taken.timestamp().unwrap_or_default(), TimeZone::UTC),
        program_version: concat!("zshield ", env!("CARGO_PKG_VERSION")).to_owned(),
        hostname: described.host.clone(),
        username: "root".to_owned(),
        tags,
        // Numbers and text alone: this can't fail.
        description: serde_json::to_string(&description).ok(),
        ..SnapshotFile::default()
    }
}

pub(crate) fn of_snapshot(snapshot: &SnapshotFile) -> Generation {
    let description = snapshot.description.as_deref();
    let description = description.and_then(|text| serde_json::from_str::<Description>(text).ok());
    let summary = snapshot.summary.as_ref();
    let tagged = || {
        let has = |kind: Kind| snapshot.tags.contains(kind.tag());
        Kind::ALL.into_iter().find(|kind| has(*kind))
    };
    Generation {
        id: snapshot.id.to_hex().as_str().to_owned(),
        kind: description.as_ref().map(|description| description.kind).or_else(tagged),
        taken: snapshot.time.timestamp().into(),
        host: snapshot.hostname.clone(),
        version: description.as_ref().and_then(|description| description.version.clone()),
        bytes: summary.map(|summary| summary.total_bytes_processed),
        files: summary.map(|summary| summary.total_files_processed),
        top: description.map(|description| description.top),
    }
}
