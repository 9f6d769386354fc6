//! The part of the SSD that nobody writes.

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

/// How much of the SSD has no partition, in percent: from 0 to 50.
///
/// An SSD needs free space to move what it holds. A volume with a live snapshot takes no discards, on any kernel:
/// nobody would tell the disk later what is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Spare(u8);

impl Spare {
    const MOST: u8 = 50;

    /// This part of a disk.
    pub fn of(self, disk: Bytes) -> Bytes {
        Bytes(disk.0 / 100 * u64::from(self.0))
    }
}

impl Default for Spare {
    fn default() -> Self {
        Self(7)
    }
}

impl<'de> Deserialize<'de> for Spare {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let percent = u8::deserialize(deserializer)?;
        let valid = (0..=Self::MOST).contains(&percent);
        valid
            .then_some(Self(percent))
            .ok_or_else(|| serde::de::Error::custom(say::plan::expected_spare()))
    }
}
