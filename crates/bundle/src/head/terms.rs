//! What the maker of a bundle decides.

use zshield_golden::key::KeyId;
use zshield_units::UnixTime;

use super::{Changelog, Factory, Initrd, Restart};
use crate::version::Version;

/// What the maker of a bundle decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// See [`Head`](super::Head), as for all that follows.
    pub product: String,
    /// The version that it brings.
    pub version: Version,
    /// The machines that it is for.
    pub architecture: String,
    /// When it was made.
    pub created: UnixTime,
    /// The oldest version that it can be put over.
    pub least: Option<Version>,
    /// The floor that it brings.
    pub floor: Option<Version>,
    /// Its last moment.
    pub expires: Option<UnixTime>,
    /// What has to start again.
    pub restart: Restart,
    /// What becomes of the factory state.
    pub factory: Factory,
    /// Where the initial RAM disks come from.
    pub initrd: Initrd,
    /// What is new.
    pub changelog: Changelog,
    /// Public keys that it introduces.
    pub introduces: Vec<String>,
    /// Keys that it revokes.
    pub revokes: Vec<KeyId>,
}
