//! What a snapshot says of itself: the boot set that was saved into root before it was taken.

use serde::{Deserialize, Serialize};
use zshield_units::UnixTime;

/// Where a boot set is saved, below root. Each snapshot carries the one that belongs to it.
pub const DIRECTORY: &str = "var/lib/zshield/boot";

/// Where root has what its system is held against, below root: manifest, signature and policy, as in a slot; and
/// what was put over that. Each snapshot carries what belongs to it.
pub const RELEASE: &str = "var/lib/zshield/release";

/// The format of the description that is written today.
pub const FORMAT: u32 = 1;

/// Which system a boot set belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootSetMeta {
    /// The format of the description.
    pub format: u32,
    /// When it was saved, in seconds since 1970, UTC.
    pub created: UnixTime,
    /// How far the machine's own time was ahead of UTC then, in seconds: the rescue system knows
    /// no time zones, and people read their own clock.
    #[serde(default)]
    pub offset: i32,
    /// The system's version.
    pub version: String,
    /// The digest of the image that it came from.
    pub image: String,
}

impl BootSetMeta {
    /// The description of a set that is saved now.
    pub const fn new(created: UnixTime, version: String, image: String) -> Self {
        Self { format: FORMAT, created, offset: 0, version, image }
    }

    /// The same, in a zone that is so many seconds ahead of UTC.
    #[must_use]
    pub const fn ahead_of_utc(mut self, offset: i32) -> Self {
        self.offset = offset;
        self
    }
}
