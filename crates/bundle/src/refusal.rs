//! Why a bundle is not taken. Nothing has been changed then.

use zshield_golden::key::KeyId;
use zshield_messages::say;
use zshield_units::{Bytes, UnixTime};

use crate::version::Version;

/// Every reason against a bundle, by itself or on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file is something else.
    #[error("{}", say::bundle::refused_no_bundle())]
    NoBundle,
    /// The file ends too early.
    #[error("{}", say::bundle::refused_truncated())]
    Truncated,
    /// The file is not what was signed.
    #[error("{}", say::bundle::refused_altered())]
    Altered,
    /// Nobody signed it.
    #[error("{}", say::bundle::refused_unsigned())]
    Unsigned,
    /// A key signed it that is not trusted here.
    #[error("{}", say::bundle::refused_stranger(key.to_string()))]
    Stranger {
        /// The key.
        key: KeyId,
    },
    /// A key signed it that is never trusted again.
    #[error("{}", say::bundle::refused_revoked(key.to_string()))]
    Revoked {
        /// The key.
        key: KeyId,
    },
    /// A newer zshield made it.
    #[error("{}", say::bundle::RefusedFormat { found, known })]
    Format {
        /// Its format.
        found: u64,
        /// The format that this zshield knows.
        known: u64,
    },
    /// It is what was signed, and makes no sense.
    #[error("{}", say::bundle::refused_malformed(reason))]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// It says something of keys, and its head is too long to be kept.
    #[error("{}", say::bundle::refused_long_of_keys(longest.to_string()))]
    LongOfKeys {
        /// No such head is longer.
        longest: Bytes,
    },
    /// It is for another product.
    #[error("{}", say::bundle::RefusedProduct { bundle, machine })]
    Product {
        /// The product that it is for.
        bundle: String,
        /// The product that this is.
        machine: String,
    },
    /// It is for another kind of machine.
    #[error("{}", say::bundle::RefusedArchitecture { bundle, machine })]
    Architecture {
        /// The architecture that it is for.
        bundle: String,
        /// The architecture of this machine.
        machine: String,
    },
    /// Its last moment is over.
    #[error("{}", say::bundle::refused_expired(moment(*at)))]
    Expired {
        /// That moment.
        at: UnixTime,
    },
    /// It is older than anything that may still be installed.
    #[error("{}", say::bundle::RefusedFloor { floor: floor.as_str(), version: version.as_str() })]
    BelowFloor {
        /// The version that it brings.
        version: Version,
        /// The floor.
        floor: Version,
    },
    /// What is installed is too old for it.
    #[error("{}", say::bundle::RefusedTooOld { installed: installed.as_str(), least: least.as_str() })]
    TooOld {
        /// The installed version.
        installed: Version,
        /// The oldest version that it can be put over.
        least: Version,
    },
    /// It knows the way from other versions only.
    #[error("{}", say::bundle::RefusedNoWay { from: from.join(", "), installed: installed.as_str() })]
    NoWay {
        /// The installed version.
        installed: Version,
        /// The versions that it knows the way from.
        from: Vec<String>,
    },
    /// There is too little room for it.
    #[error("{}", say::bundle::RefusedRoom { free: free.to_string(), needs: needs.to_string() })]
    Room {
        /// What it needs.
        needs: Bytes,
        /// What is free.
        free: Bytes,
    },
    /// There is too little room for its Golden Image.
    #[error("{}", say::bundle::RefusedGoldenRoom { free: free.to_string(), needs: needs.to_string() })]
    GoldenRoom {
        /// What it needs.
        needs: Bytes,
        /// What is free.
        free: Bytes,
    },
}

impl Refusal {
    /// Its name for scripts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoBundle => "no-bundle",
            Self::Truncated => "truncated",
            Self::Altered => "altered",
            Self::Unsigned => "unsigned",
            Self::Stranger { .. } => "stranger",
            Self::Revoked { .. } => "revoked",
            Self::Format { .. } => "format",
            Self::Malformed { .. } => "malformed",
            Self::LongOfKeys { .. } => "long-of-keys",
            Self::Product { .. } => "product",
            Self::Architecture { .. } => "architecture",
            Self::Expired { .. } => "expired",
            Self::BelowFloor { .. } => "below-floor",
            Self::TooOld { .. } => "too-old",
            Self::NoWay { .. } => "no-way",
            Self::Room { .. } => "room",
            Self::GoldenRoom { .. } => "golden-room",
        }
    }
}

/// A moment as every reader understands it.
fn moment(time: UnixTime) -> String {
    time.timestamp().map_or_else(|| time.0.to_string(), |time| time.to_string())
}
