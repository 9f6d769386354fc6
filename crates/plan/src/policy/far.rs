//! The places of the vault that are off the machine, and the names that these are made of.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

use super::every::Every;
use super::names::{MountPath, ServerName, checked_name};
use super::upgrade::{ProxyAddress, Window, is_server_address};

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
}
