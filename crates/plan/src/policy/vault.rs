//! The vault: how much of the HDD it has, what is kept in it, and the places off the machine.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

use super::backup::as_text;
use super::names::{MountPath, ServerName, checked_name};
use super::upgrade::{ProxyAddress, Window, is_server_address};

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

/// How often something is copied: `24h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

impl Every {
    const LEAST: Duration = Duration::from_hours(1);
    const MOST: Duration = Duration::from_hours(31 * 24);
    const UNITS: [(&str, u64); 2] = [("d", 24 * 3600), ("h", 3600)];
}

impl Default for Every {
    fn default() -> Self {
        Self(Duration::from_hours(24))
    }
}

/// A text that is no such length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::plan::expected_every())]
pub struct NoEvery;

impl FromStr for Every {
    type Err = NoEvery;

    fn from_str(text: &str) -> Result<Self, NoEvery> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (_, seconds) = Self::UNITS.iter().find(|(name, _)| *name == unit).ok_or(NoEvery)?;
        let number: u64 = number.parse().map_err(|_| NoEvery)?;
        let every = Duration::from_secs(number.checked_mul(*seconds).ok_or(NoEvery)?);
        let sensible = (Self::LEAST..=Self::MOST).contains(&every);
        sensible.then_some(Self(every)).ok_or(NoEvery)
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.0.as_secs() / 3600;
        // A day is written as people say it: 24 hours.
        if hours > 24 && hours.is_multiple_of(24) {
            write!(f, "{}d", hours / 24)
        } else {
            write!(f, "{hours}h")
        }
    }
}

as_text!(Every);

/// A bucket on a server that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// What it is called in commands and alarms.
    pub name: PlaceName,
    /// The server's address.
    pub endpoint: Endpoint,
    /// The bucket.
    pub bucket: BucketName,
    /// What all names in the bucket begin with.
    pub prefix: Option<FarPath>,
    /// The region that requests are signed for.
    #[serde(default = "S3::default_region")]
    pub region: RegionName,
    /// Where the bucket's name stands.
    #[serde(default)]
    pub style: S3Style,
    /// Certificates to trust instead of the system's.
    pub ca: Option<OwnFile>,
    /// A proxy.
    pub proxy: Option<ProxyAddress>,
    /// A file with the key's id and the key.
    pub credentials_file: OwnFile,
    /// How often it is copied to.
    #[serde(default)]
    pub every: Every,
    /// The part of the day in which it is copied to; the whole day where it is left out.
    pub window: Option<Window>,
    /// How many bytes are sent in a second at the most.
    pub bandwidth: Option<Bytes>,
}

impl S3 {
    fn default_region() -> RegionName {
        RegionName::fixed("us-east-1")
    }
}

/// Where the name of a bucket stands in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum S3Style {
    /// In the path: `https://server/bucket`.
    #[default]
    Path,
    /// In the server's name: `https://bucket.server`.
    Host,
}

/// A directory on an SSH server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sftp {
    /// What it is called in commands and alarms.
    pub name: PlaceName,
    /// The server.
    pub host: ServerName,
    /// Its port; 22 where it is left out.
    pub port: Option<u16>,
    /// Who logs in.
    pub user: LoginName,
    /// The directory there.
    pub directory: FarPath,
    /// A file with the private key.
    pub identity_file: OwnFile,
    /// A file with the server's public key, in the form of `known_hosts`.
    pub known_hosts_file: OwnFile,
    /// How often it is copied to.
    #[serde(default)]
    pub every: Every,
    /// The part of the day in which it is copied to; the whole day where it is left out.
    pub window: Option<Window>,
    /// How many bytes are sent in a second at the most.
    pub bandwidth: Option<Bytes>,
}

/// A directory that the vendor mounts from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// What it is called in commands and alarms.
    pub name: PlaceName,
    /// Where it is.
    pub path: MountPath,
    /// How often it is copied to.
    #[serde(default)]
    pub every: Every,
    /// The part of the day in which it is copied to; the whole day where it is left out.
    pub window: Option<Window>,
    /// How many bytes are written in a second at the most.
    pub bandwidth: Option<Bytes>,
}

/// What all places off the machine have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FarPlace<'a> {
    /// What it is called.
    pub name: &'a PlaceName,
    /// How often it is copied to.
    pub every: Every,
    /// When.
    pub window: Option<Window>,
    /// How fast at the most, in a second.
    pub bandwidth: Option<Bytes>,
    /// What it is.
    pub kind: FarKind<'a>,
}

/// What a place off the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FarKind<'a> {
    /// A bucket.
    S3(&'a S3),
    /// A directory on an SSH server.
    Sftp(&'a Sftp),
    /// A directory that somebody else mounts.
    Directory(&'a Directory),
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

checked_name!(
    /// What a place off the machine is called: small letters, digits and hyphens.
    PlaceName, is_place_name, say::plan::expected_place_name()
);
checked_name!(
    /// The address of a server, with a port where that is another than usual, and nothing behind it.
    Endpoint, is_server_address, say::plan::expected_endpoint()
);
checked_name!(
    /// The name of a bucket.
    BucketName, is_bucket_name, say::plan::expected_bucket()
);
checked_name!(
    /// The name of a region.
    RegionName, is_region_name, say::plan::expected_region()
);
checked_name!(
    /// Who logs in at a server.
    LoginName, is_login_name, say::plan::expected_login()
);
checked_name!(
    /// A path at the other end, as its server reads it.
    FarPath, is_far_path, say::plan::expected_far_path()
);
checked_name!(
    /// An absolute path of a file of this machine.
    OwnFile, is_own_file, say::plan::expected_own_file()
);

impl RegionName {
    fn fixed(text: &str) -> Self {
        debug_assert!(is_region_name(text));
        Self(text.to_owned())
    }
}

/// The place on the machine has this name in commands.
pub const ON_HDD: &str = "hdd";

fn is_place_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&text.len())
        && text.chars().all(valid)
        && !text.starts_with('-')
        && text != ON_HDD
}

/// What Amazon takes, with which others agree: it may stand in a server's name.
fn is_bucket_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(valid)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (3..=63).contains(&text.len()) && text.split('.').all(label)
}

fn is_region_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&text.len()) && text.chars().all(valid)
}

/// `ssh` would take a name that begins with a hyphen for an option.
fn is_login_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || "._-@\\".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(valid) && !text.starts_with('-')
}

fn is_far_path(text: &str) -> bool {
    let parts = text.strip_prefix('/').unwrap_or(text);
    text.len() <= 512
        && !text.contains(char::is_control)
        && parts.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_own_file(text: &str) -> bool {
    text.starts_with('/') && is_far_path(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_said_in_hours_and_days() {
        for (text, hours) in [("1h", 1), ("24h", 24), ("7d", 168), ("31d", 744)] {
            let every: Every = text.parse().unwrap();
            assert_eq!(
                (every.0, every.to_string()),
                (Duration::from_hours(hours), text.to_owned())
            );
        }
        assert_eq!("1d".parse::<Every>().unwrap(), Every::default());
        for text in ["", "0h", "30min", "32d", "1w", "-1d", "99999999999999999999d", "1.5h", "h"] {
            assert_eq!(text.parse::<Every>(), Err(NoEvery), "{text}");
        }
    }

    #[test]
    fn names_are_checked() {
        for text in ["nas", "s3-2"] {
            assert!(PlaceName::new(text).is_some(), "{text}");
        }
        for text in ["", "hdd", "-a", "A", "a b", "a/b", &"a".repeat(33)] {
            assert!(PlaceName::new(text).is_none(), "{text}");
        }
        for text in ["abc", "gateway-backups", "a.b-c.d", "123"] {
            assert!(BucketName::new(text).is_some(), "{text}");
        }
        for text in ["ab", "Abc", "a..b", "-abc", "abc-", "a_b_c", "a/b/c", &"a".repeat(64)] {
            assert!(BucketName::new(text).is_none(), "{text}");
        }
        for text in ["https://s3.example", "http://10.0.0.1:9000", "https://[::1]:9000/"] {
            assert!(Endpoint::new(text).is_some(), "{text}");
        }
        for text in ["s3.example", "https://s3.example/bucket", "https://me@s3.example"] {
            assert!(Endpoint::new(text).is_none(), "{text}");
        }
        for text in ["gateway", "a.b@EXAMPLE"] {
            assert!(LoginName::new(text).is_some(), "{text}");
        }
        for text in ["", "-oProxyCommand=x", "a b", "a\nb"] {
            assert!(LoginName::new(text).is_none(), "{text}");
        }
        for text in ["a", "/srv/backups/a", "a b/ä"] {
            assert!(FarPath::new(text).is_some(), "{text}");
        }
        for text in ["", "/", "a/", "a//b", "../a", "a/./b", "a\nb"] {
            assert!(FarPath::new(text).is_none(), "{text}");
        }
        assert!(OwnFile::new("/etc/zshield/secrets/s3").is_some());
        assert!(OwnFile::new("secrets/s3").is_none());
    }

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
