//! When the system is checked against its baseline, and which of its files may change.

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use super::backup::TimeOfDay;

/// The consistency check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Check {
    /// Whether the system is checked every day.
    pub daily: bool,
    /// The time of day, by the machine's own clock: before the backup, which it may hold.
    pub time: TimeOfDay,
    /// How often the check is a deep one.
    pub deep: Deep,
    /// What must be as it was delivered, beside all that no pattern names.
    pub system: Vec<PathPattern>,
    /// What an administrator may change.
    pub config: Vec<PathPattern>,
    /// What changes by itself.
    pub volatile: Vec<PathPattern>,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            daily: true,
            time: TimeOfDay { hour: 2, minute: 0 },
            deep: Deep::default(),
            system: Vec::new(),
            config: Vec::new(),
            volatile: Vec::new(),
        }
    }
}

/// How often every file is hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deep {
    /// With each check.
    Daily,
    /// With the first check that begins a week or more after the last deep one.
    #[default]
    Weekly,
    /// Only where somebody asks for it.
    Never,
}

/// What may become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It must be as it was delivered.
    System,
    /// Its changes are listed, and are in order once acknowledged or backed up.
    Config,
    /// It is not looked at.
    Volatile,
}

/// What a check itself goes by. It is [`Class::System`] whatever patterns say: else one line here
/// would have all else looked at no more.
pub const OWN: &[&str] = &["etc/zshield/appliance.toml", "etc/zshield/keys"];

/// What an administrator changes, on Debian and Red Hat alike.
pub const CONFIG: &[&str] = &[
    "etc/*",
    "root/*",
    "usr/lib/sysimage/rpm",
    "usr/local/*",
    "var/lib/alternatives",
    "var/lib/dpkg",
    // Red Hat 7 to 9; the newer have it below /usr.
    "var/lib/rpm",
    "var/spool/cron",
];

/// What programs make of what the payload has. It comes and goes; but what came with the payload is
/// run as any program is, and compared as one.
pub const MADE: &[&str] =
    &["opt/**/*.pyc", "opt/**/__pycache__", "usr/**/*.pyc", "usr/**/__pycache__"];

/// What changes by itself, on Debian and Red Hat alike.
pub const VOLATILE: &[&str] = &[
    // Asks for all labels of SELinux anew at the next start.
    ".autorelabel",
    "boot/grub*/grubenv",
    // Made by kdump with its first start, and again for each kernel.
    "boot/initramfs-*kdump.img",
    "boot/initrd-*kdump",
    // No payload has it. Everything in it is held against what zshield writes there, name by name.
    "boot/zshield",
    "dev/*",
    "etc/.pwd.lock",
    "etc/.updated",
    "etc/adjtime",
    "etc/blkid.tab*",
    "etc/ld.so.cache*",
    "etc/lvm/archive",
    "etc/lvm/backup",
    "etc/lvm/cache",
    "etc/lvm/devices",
    "etc/mtab",
    "etc/resolv.conf*",
    "home/*",
    "media/*",
    "mnt/*",
    "proc/*",
    "root/.*history",
    "root/.cache",
    "root/.lesshst",
    "root/.local",
    "root/.viminfo",
    "root/.wget-hsts",
    "run/*",
    "snap/*",
    "srv/*",
    "sys/*",
    "tmp/*",
    "usr/lib/sysimage/rpm/.rpm.lock",
    "usr/lib/sysimage/rpm/__db*",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-*",
    "var/*",
    "var/lib/dpkg/lock*",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/rpm/.rpm.lock",
    "var/lib/rpm/__db*",
    "var/lib/rpm/rpmdb.sqlite-*",
];

impl Check {
    /// All patterns with their classes: the built-in ones, and the policy's own.
    pub fn patterns(&self) -> impl Iterator<Item = (Class, &str)> {
        let volatile = [(Class::Volatile, VOLATILE), (Class::Volatile, MADE)];
        let built_in = [(Class::Config, CONFIG)].into_iter().chain(volatile);
        let own = [
            (Class::System, &self.system),
            (Class::Config, &self.config),
            (Class::Volatile, &self.volatile),
        ];
        let built_in = built_in
            .flat_map(|(class, patterns)| patterns.iter().map(move |pattern| (class, *pattern)));
        built_in.chain(own.into_iter().flat_map(|(class, patterns)| {
            patterns.iter().map(move |pattern| (class, pattern.as_str()))
        }))
    }
}

/// A pattern of paths in the system: `*` and `?` stand for any part of a name, `**` for any directories,
/// `[ab]` and `{ab,cd}` for one of these. It names what it fits and all below that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PathPattern(String);

impl PathPattern {
    /// The pattern, where it is a sound one; with or without the `/` of the root.
    pub fn new(text: &str) -> Option<Self> {
        let relative = text.strip_prefix('/').unwrap_or(text);
        let is_plain = |part: &str| !matches!(part, "" | "." | "..");
        let sound = relative.split('/').all(is_plain) && globset::Glob::new(relative).is_ok();
        sound.then(|| Self(relative.to_owned()))
    }

    /// The pattern, relative to the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom(say::plan::expected_path_pattern()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_relative_and_plain() {
        for (text, wanted) in
            [("/etc/ssh", "etc/ssh"), ("opt/*/log", "opt/*/log"), ("a/**/b", "a/**/b")]
        {
            assert_eq!(PathPattern::new(text).unwrap().as_str(), wanted);
        }
        for text in ["", "/", "a//b", "a/", "../a", "a/./b", "a[", "{a"] {
            assert!(PathPattern::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_built_in_patterns_are_sound() {
        for pattern in OWN.iter().chain(CONFIG).chain(VOLATILE).chain(MADE) {
            assert_eq!(PathPattern::new(pattern).unwrap().as_str(), *pattern);
        }
    }
}
