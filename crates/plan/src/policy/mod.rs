//! The policy: what `appliance.toml` says of one vendor's appliance.
//!
//! It is written by the release engineer, checked when the image is built, and travels in the
//! Golden Image under the manifest's signature. `docs/appliance.toml.md` is its reference, and
//! `examples/appliance.toml` a commented one.

mod alarm;
mod backup;
mod check;
mod error;
mod every;
mod far;
mod names;
mod recover;
mod sense;
mod spare;
mod upgrade;
mod vault;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use alarm::{
    Alarm, Listen, Mail, MailSecurity, Metrics, Percent, Robot, Syslog, SyslogTransport,
    Thresholds, Webhook,
};
pub use backup::{Backup, Span, TimeOfDay};
pub use check::{CONFIG, Check, Class, Deep, MADE, OWN, PathPattern, VOLATILE};
pub use error::{Fault, PolicyError};
pub use every::{Every, NoEvery};
pub use far::{
    BucketName, Directory, Endpoint, FarKind, FarPath, FarPlace, LoginName, ON_HDD, OwnFile,
    PlaceName, RegionName, S3, S3Style, Sftp,
};
pub use names::{GroupName, KeptPath, MountPath, Pattern, ServerName, SinkName, VolumeName};
pub use recover::Recover;
pub use spare::Spare;
pub use upgrade::{Address, Look, ProxyAddress, Starts, UnitName, Upgrade, Window};
pub use vault::{Keep, LEAST_VAULT, Vault, VaultSize};

use zshield_units::Bytes;

/// A whole policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What the appliance is called.
    pub product: Product,
    /// The vendor's system.
    pub payload: Payload,
    /// How the USB image is made.
    #[serde(default)]
    pub image: Image,
    /// Which disk takes which role.
    #[serde(default)]
    pub disks: Disks,
    /// The volumes and partitions.
    #[serde(default)]
    pub storage: Storage,
    /// GRUB's menu on the installed appliance.
    #[serde(default)]
    pub menu: Menu,
    /// When backups are made.
    #[serde(default)]
    pub backup: Backup,
    /// Who is told of alarms.
    #[serde(default)]
    pub alarm: Alarm,
    /// How the system is checked against its baseline.
    #[serde(default)]
    pub check: Check,
    /// What a recovery leaves alone.
    #[serde(default)]
    pub recover: Recover,
    /// Where new versions are looked for, and when one is healthy.
    #[serde(default)]
    pub upgrade: Upgrade,
    /// Copies of the backups, on the HDD and off the machine.
    #[serde(default)]
    pub vault: Vault,
}

/// What the appliance is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The name on every screen.
    pub name: String,
    /// The vendor's version of this payload.
    pub version: String,
    /// The language that screens begin in.
    #[serde(default)]
    pub language: Language,
}

/// A language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl From<Language> for zshield_messages::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Chinese => Self::Chinese,
            Language::English => Self::English,
        }
    }
}

/// The vendor's system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// A directory, a tar or a squashfs; relative to the policy's own directory.
    pub source: PathBuf,
    /// The kernel within the payload, where `/boot` holds more than one.
    pub kernel: Option<PathBuf>,
    /// The initial RAM disk within the payload, where `/boot` holds more than one.
    pub initrd: Option<PathBuf>,
    /// What the payload's kernel is told beside its root.
    #[serde(default = "Payload::default_cmdline")]
    pub cmdline: String,
    /// Lines that the installed system's `/etc/fstab` has beside zshield's own.
    #[serde(default)]
    pub fstab: Vec<String>,
}

impl Payload {
    fn default_cmdline() -> String {
        "quiet console=tty0 console=ttyS0,115200".to_owned()
    }
}

/// How the USB image is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Public keys (minisign) that the rescue system trusts; relative to the policy's directory.
    #[serde(default)]
    pub trusted_keys: Vec<PathBuf>,
    /// Whether the rescue system may open a root shell where its kernel command line asks for it.
    #[serde(default)]
    pub allow_shell: bool,
    /// How the stick begins an installation.
    #[serde(default)]
    pub install: Start,
}

/// How the stick begins an installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With one key.
    #[default]
    Menu,
    /// By itself, and only onto disks that hold no appliance.
    Auto,
}

/// Which disk takes which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disks {
    /// What the SSD is known by.
    #[serde(default = "Predicates::ssd")]
    pub ssd: Predicates,
    /// What the HDD is known by.
    #[serde(default = "Predicates::hdd")]
    pub hdd: Predicates,
}

impl Default for Disks {
    fn default() -> Self {
        Self { ssd: Predicates::ssd(), hdd: Predicates::hdd() }
    }
}

/// What a disk must be to take a role. What is not said is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicates {
    /// Whether the kernel says that it turns.
    pub rotational: Option<bool>,
    /// How it is attached.
    pub transport: Option<Transport>,
    /// The kernel driver of its controller: `ahci`, `megaraid_sas`.
    pub driver: Option<Pattern>,
    /// Its vendor, as a pattern.
    pub vendor: Option<Pattern>,
    /// Its model, as a pattern.
    pub model: Option<Pattern>,
    /// The smallest size that will do.
    pub min_size: Option<Bytes>,
    /// The largest size that will do.
    pub max_size: Option<Bytes>,
}

impl Predicates {
    fn ssd() -> Self {
        Self { rotational: Some(false), transport: Some(Transport::Sata), ..Self::default() }
    }

    fn hdd() -> Self {
        Self { rotational: Some(true), ..Self::default() }
    }
}

/// How a disk is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// AHCI and other ATA controllers.
    Sata,
    /// A SCSI or RAID controller.
    Scsi,
    /// NVM Express.
    Nvme,
    /// USB storage.
    Usb,
    /// A virtual machine's own kind of disk.
    Virtio,
    /// User-mode Linux.
    Ubd,
    /// Anything else.
    Other,
}

/// The volumes and partitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// The volume group.
    pub group: GroupName,
    /// The root volume.
    pub root: RootVolume,
    /// The customer's data.
    pub user: DataVolume,
    /// The logs.
    pub audit: DataVolume,
    /// The `/boot` partition's size.
    pub boot: Bytes,
    /// The Golden partition's size; twice the image and a reserve where it is not said.
    pub golden: Option<Bytes>,
    /// The part of the SSD that has no partition, where root is on it.
    pub spare: Spare,
    /// The snapshots' chunk size: a power of two from 4 KiB to 512 KiB.
    pub chunk: Bytes,
}

impl Storage {
    /// Where filesystems of their own are mounted in the installed system, beside its root.
    pub fn mount_points(&self) -> [&str; 3] {
        ["/boot", self.user.mount.as_str(), self.audit.mount.as_str()]
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            group: GroupName::default(),
            root: RootVolume::default(),
            user: DataVolume::user(),
            audit: DataVolume::audit(),
            boot: Bytes::gib(1),
            golden: None,
            spare: Spare::default(),
            chunk: Bytes(128 << 10),
        }
    }
}

/// How large `lv-root` is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RootVolume {
    /// Its size where the SSD has room for it.
    pub size: Bytes,
    /// The least it may be on the SSD; below that it goes to the HDD at full size.
    pub min: Bytes,
}

impl Default for RootVolume {
    fn default() -> Self {
        Self { size: Bytes::gib(100), min: Bytes::gib(20) }
    }
}

/// A volume that no recovery touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataVolume {
    /// Its size, or all that is left.
    pub size: Share,
    /// The least it may be.
    #[serde(default = "DataVolume::least")]
    pub min: Bytes,
    /// Where the system mounts it.
    pub mount: MountPath,
}

impl DataVolume {
    const fn least() -> Bytes {
        Bytes::gib(1)
    }

    fn user() -> Self {
        Self { size: Share::Rest, min: Self::least(), mount: MountPath::fixed("/home") }
    }

    fn audit() -> Self {
        Self {
            size: Share::Size(Bytes::gib(50)),
            min: Self::least(),
            mount: MountPath::fixed("/var/log"),
        }
    }
}

/// A fixed size, or all that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// This much.
    Size(Bytes),
    /// `"rest"`: what the others leave.
    Rest,
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Size(size) => serializer.collect_str(&size.0),
            Self::Rest => serializer.serialize_str("rest"),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "rest" {
            return Ok(Self::Rest);
        }
        text.parse().map(Self::Size).map_err(serde::de::Error::custom)
    }
}

/// GRUB's menu on the installed appliance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Menu {
    /// Seconds until the system starts by itself.
    pub timeout: u8,
    /// A hash from `grub-mkpasswd-pbkdf2` that opens GRUB's editor and shell to the user
    /// `zshield`; without it nobody opens them.
    pub password: Option<String>,
}

impl Default for Menu {
    fn default() -> Self {
        Self { timeout: 2, password: None }
    }
}

#[cfg(test)]
mod tests;
