//! What a disk says of its own health, by SMART.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// What a disk said when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskHealth {
    /// What it is known by: its serial number.
    pub disk: String,
    /// Its own verdict; nothing where it gives none.
    pub passed: Option<bool>,
    /// Attributes that are at or below the threshold of their maker now.
    pub below_threshold: Vec<String>,
    /// Whether its last self-test failed.
    pub self_test_failed: bool,
    /// Sectors that could not be read and wait to be written.
    pub pending: u64,
    /// Sectors or blocks that were lost.
    pub uncorrectable: u64,
    /// How much of its life is used, in percent.
    pub worn: Option<u64>,
    /// Warnings of its own.
    pub warnings: Vec<Warning>,
}

/// A warning that a disk gives, beside its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// It is hotter than its maker allows.
    Hot,
    /// Its spare blocks are nearly used up.
    SpareLow,
    /// It takes no more writes.
    ReadOnly,
    /// Its cache is lost with the power.
    CacheUnprotected,
}

/// One thing that is wrong with a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The disk expects to fail.
    Verdict,
    /// An attribute is at or below its maker's threshold.
    Attribute(String),
    /// Its self-test failed.
    SelfTest,
    /// So many sectors can't be read.
    Pending(u64),
    /// So many were lost.
    Uncorrectable(u64),
    /// So much of its life is used, in percent.
    Worn(u64),
    /// It gives a warning.
    Warned(Warning),
}

/// From here on a disk that wears out is to be replaced.
const WORN: u64 = 90;

impl Fault {
    /// Whether the disk may be gone tomorrow.
    pub const fn is_grave(&self) -> bool {
        match self {
            Self::Verdict
            | Self::Attribute(_)
            | Self::SelfTest
            | Self::Warned(Warning::SpareLow | Warning::ReadOnly) => true,
            Self::Pending(_)
            | Self::Uncorrectable(_)
            | Self::Worn(_)
            | Self::Warned(Warning::Hot | Warning::CacheUnprotected) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Verdict => say::health::fault_verdict(),
            Self::Attribute(name) => say::health::fault_attribute(name),
            Self::SelfTest => say::health::fault_self_test(),
            Self::Pending(count) => say::health::fault_pending(*count),
            Self::Uncorrectable(count) => say::health::fault_uncorrectable(*count),
            Self::Worn(percent) => say::health::fault_worn(*percent),
            Self::Warned(Warning::Hot) => say::health::fault_hot(),
            Self::Warned(Warning::SpareLow) => say::health::fault_spare_low(),
            Self::Warned(Warning::ReadOnly) => say::health::fault_read_only(),
            Self::Warned(Warning::CacheUnprotected) => say::health::fault_cache_unprotected(),
        })
    }
}

/// All that is wrong with a disk; nothing where it is well.
pub(super) fn faults(health: &DiskHealth) -> Vec<Fault> {
    let some = |count: u64| (count > 0).then_some(count);
    let mut faults = Vec::new();
    faults.extend((health.passed == Some(false)).then_some(Fault::Verdict));
    faults.extend(health.below_threshold.iter().cloned().map(Fault::Attribute));
    faults.extend(health.self_test_failed.then_some(Fault::SelfTest));
    faults.extend(some(health.pending).map(Fault::Pending));
    faults.extend(some(health.uncorrectable).map(Fault::Uncorrectable));
    faults.extend(health.worn.filter(|worn| *worn >= WORN).map(Fault::Worn));
    faults.extend(health.warnings.iter().copied().map(Fault::Warned));
    faults
}
