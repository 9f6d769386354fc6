//! The vault: how much of the HDD it has, what is kept in it, and the places off the machine.

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

use super::far::{Directory, FarKind, FarPlace, S3, Sftp};

/// The least vault that is worth its name: a filesystem with its journal, and the copy of a small system.
pub const LEAST_VAULT: Bytes = Bytes::mib(64);

/// Copies of the backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vault {
    /// How much of the HDD it has.
    pub size: VaultSize,
    /// How many backups are kept, beside the factory state and the newest.
    pub keep: Keep,
    /// Buckets on servers that speak S3.
    pub s3: Vec<S3>,
    /// Directories on SSH servers.
    pub sftp: Vec<Sftp>,
    /// Directories that the vendor mounts from elsewhere.
    pub directory: Vec<Directory>,
}

/// How much of the HDD the vault has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VaultSize {
    /// What suits root, of what the other volumes leave.
    #[default]
    Auto,
    /// This much.
    Size(Bytes),
    /// There is none on the HDD.
    None,
}

impl Serialize for VaultSize {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Size(size) => serializer.collect_str(&size.0),
            Self::None => serializer.serialize_str("none"),
        }
    }
}

impl<'de> Deserialize<'de> for VaultSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |_| serde::de::Error::custom(say::plan::expected_vault_size());
        match String::deserialize(deserializer)?.as_str() {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            text => text.parse().map(Self::Size).map_err(wrong),
        }
    }
}

/// How many backups are kept: the last one of each of so many days, weeks and months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Days.
    pub daily: u16,
    /// Weeks.
    pub weekly: u16,
    /// Months.
    pub monthly: u16,
}

impl Default for Keep {
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 6 }
    }
}

impl Vault {
    /// All places off the machine, in the policy's order within each kind.
    pub fn far(&self) -> Vec<FarPlace<'_>> {
        let s3 = self.s3.iter().map(|it| FarPlace {
            name: &it.name,
            every: it.every,
            window: it.window,
            bandwidth: it.bandwidth,
            kind: FarKind::S3(it),
        });
        let sftp = self.sftp.iter().map(|it| FarPlace {
            name: &it.name,
            every: it.every,
            window: it.window,
            bandwidth: it.bandwidth,
            kind: FarKind::Sftp(it),
        });
        let directory = self.directory.iter().map(|it| FarPlace {
            name: &it.name,
            every: it.every,
            window: it.window,
            bandwidth: it.bandwidth,
            kind: FarKind::Directory(it),
        });
        s3.chain(sftp).chain(directory).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::policy::{Every, S3Style};

    #[test]
    fn every_place_is_one_of_all() {
        let text = r#"
            [[directory]]
            name = "c"
            path = "/mnt/nas"
            bandwidth = "5MiB"
            [[sftp]]
            name = "b"
            host = "10.0.0.1"
            user = "u"
            directory = "d"
            identity_file = "/i"
            known_hosts_file = "/k"
            window = "22:00-05:00"
            [[s3]]
            name = "a"
            endpoint = "https://s3.example"
            bucket = "abc"
            credentials_file = "/c"
            every = "7d"
        "#;
        let vault: Vault = toml::from_str(text).unwrap();
        let names: Vec<_> = vault.far().iter().map(|place| place.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let far = vault.far();
        assert_eq!(far[0].every, Every(Duration::from_hours(7 * 24)));
        assert_eq!(far[1].window.map(|it| it.to_string()), Some("22:00-05:00".to_owned()));
        assert_eq!(far[2].bandwidth, Some(Bytes::mib(5)));
        assert!(matches!(far[0].kind, FarKind::S3(it) if it.region.as_str() == "us-east-1"
            && it.style == S3Style::Path));
    }
}
