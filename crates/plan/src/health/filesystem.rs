//! How full the filesystems are.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::policy::Thresholds;

/// A filesystem that must not run full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filesystem {
    /// The system's.
    Root,
    /// `/boot`.
    Boot,
    /// The user volume's.
    User,
    /// The audit volume's.
    Audit,
}

impl Filesystem {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Boot, Self::User, Self::Audit];

    /// Its name in ids and in the policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Boot => "boot",
            Self::User => "user",
            Self::Audit => "audit",
        }
    }

    /// From so much on it is nearly full.
    pub const fn threshold(self, thresholds: Thresholds) -> u8 {
        match self {
            Self::Root => thresholds.root.0,
            Self::Boot => thresholds.boot.0,
            Self::User => thresholds.user.0,
            Self::Audit => thresholds.audit.0,
        }
    }
}

impl fmt::Display for Filesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Root => say::health::filesystem_root(),
            Self::Boot => say::health::filesystem_boot(),
            Self::User => say::health::filesystem_user(),
            Self::Audit => say::health::filesystem_audit(),
        })
    }
}

/// So much of a filesystem is used: of its blocks or of its inodes, whichever is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Which.
    pub filesystem: Filesystem,
    /// From 0 to 100, rounded up as `df` does.
    pub percent: u8,
}

/// Those that are nearly full.
pub(super) fn nearly_full(used: &[Usage], thresholds: Thresholds) -> impl Iterator<Item = Usage> {
    used.iter()
        .copied()
        .filter(move |usage| usage.percent >= usage.filesystem.threshold(thresholds))
}

/// How near to full, as far as a step from one to the next is worth another message.
pub(super) const fn step(percent: u8) -> u8 {
    match percent {
        0..95 => 0,
        95..98 => 1,
        98..100 => 2,
        _ => 3,
    }
}
