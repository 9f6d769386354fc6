//! Names and patterns that a policy may use, checked as they are read.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::id::MappingName;

/// Makes a text newtype that checks what it is made of, however it comes in.
macro_rules! checked_name {
    ($(#[$meta:meta])* $name:ident, $check:expr, $expected:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name, where it is a valid one.
            pub fn new(text: impl Into<String>) -> Option<Self> {
                let text = text.into();
                $check(text.as_str()).then_some(Self(text))
            }

            /// The name as a text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?)
                    .ok_or_else(|| serde::de::Error::custom($expected))
            }
        }
    };
}

/// What LVM takes as a name: letters, digits and `_.+-`, not beginning with `-` or `.`.
fn is_lvm_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
    !text.is_empty()
        && text.len() <= 100
        && !text.starts_with(['-', '.'])
        && text.chars().all(valid)
}

pub(super) use checked_name;

checked_name!(
    /// The name of a volume group.
    GroupName, is_lvm_name, say::plan::expected_lvm_name()
);
checked_name!(
    /// The name of a logical volume.
    VolumeName, is_lvm_name, say::plan::expected_lvm_name()
);
checked_name!(
    /// An absolute, plain path where a volume is mounted.
    MountPath, is_mount_path, say::plan::expected_mount_path()
);
checked_name!(
    /// A pattern in which `*` stands for any text; case does not count.
    Pattern, |text: &str| !text.trim().is_empty(), say::plan::expected_pattern()
);
checked_name!(
    /// What a sink of alarms is called: small letters, digits and hyphens.
    SinkName, is_sink_name, say::plan::expected_sink_name()
);
checked_name!(
    /// The name or the address of a server, without a port.
    ServerName, is_server_name, say::plan::expected_server_name()
);

/// Sinks that have no table of their own.
const OWN_SINKS: [&str; 2] = ["banner", "wall"];

fn is_sink_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 32
        && text.chars().all(valid)
        && !text.starts_with('-')
        && !OWN_SINKS.contains(&text)
}

/// A host name of a kind that can be handed to a resolver, or an address.
fn is_server_name(text: &str) -> bool {
    let label = |label: &str| {
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && !label.starts_with('-') && label.chars().all(valid)
    };
    text.parse::<std::net::IpAddr>().is_ok() || text.len() <= 253 && text.split('.').all(label)
}

checked_name!(
    /// An absolute path, with all that is below it; a `*` at its end stands for the rest of a name.
    KeptPath, is_kept_path, say::plan::expected_kept_path()
);

impl KeptPath {
    /// The path within the system.
    pub fn within(&self) -> &str {
        &self.0[1..]
    }
}

fn is_kept_path(text: &str) -> bool {
    let plain = text.strip_suffix('*').unwrap_or(text);
    let part = |part: &str| !matches!(part, "" | "." | "..");
    let cut = plain.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    // Only in front of a `*` may the last name be empty.
    let whole = plain.len() < text.len() || !plain.ends_with('/');
    whole && !plain.contains(['*', '\0']) && cut.is_some_and(|rest| rest.split('/').all(part))
}

impl Default for GroupName {
    fn default() -> Self {
        Self("vgroup".to_owned())
    }
}

impl GroupName {
    /// The path under which a volume of this group is mounted and named.
    pub fn device(&self, volume: &VolumeName) -> String {
        format!("/dev/{self}/{volume}")
    }

    /// What the device mapper calls the same volume: its hyphens are doubled.
    pub fn mapping(&self, volume: &VolumeName) -> MappingName {
        let doubled = |text: &str| text.replace('-', "--");
        MappingName::new(format!("{}-{}", doubled(&self.0), doubled(volume.as_str())))
    }

    /// The node of the store of a snapshot of this group, with which the kernel follows root.
    pub fn store(&self, snapshot: &VolumeName) -> String {
        self.mapping(snapshot).store().node()
    }
}

impl VolumeName {
    /// One of the names that the program itself gives; they are valid.
    pub(crate) fn fixed(text: &str) -> Self {
        debug_assert!(is_lvm_name(text));
        Self(text.to_owned())
    }
}

impl MountPath {
    /// A path that the program itself gives, known to be valid.
    pub(crate) fn fixed(text: &'static str) -> Self {
        debug_assert!(is_mount_path(text));
        Self(text.to_owned())
    }
}

fn is_mount_path(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_graphic() && c != '\\' && c != '#')
    };
    text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part))
        && !["/boot", "/dev", "/proc", "/sys", "/run", "/usr", "/etc"].contains(&text)
}

impl Pattern {
    /// Whether a text is of this pattern.
    pub fn matches(&self, text: &str) -> bool {
        fn rest(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', after)) => {
                    (0..=text.len()).any(|skipped| rest(after, &text[skipped..]))
                }
                Some((byte, after)) => {
                    text.first().is_some_and(|first| first.eq_ignore_ascii_case(byte))
                        && rest(after, &text[1..])
                }
            }
        }
        rest(self.0.trim().as_bytes(), text.trim().as_bytes())
    }
}
