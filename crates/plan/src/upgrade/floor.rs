//! The floor: what is older is neither installed nor gone back to, unless a person at the console says so.
//!
//! It is kept in the record of upgrades on `/boot` and on the Golden partition, which no recovery writes; the higher
//! one counts. Two versions make it up:
//!
//! - the **newest** that was confirmed here: nothing older than that is *installed*, from a bundle or from a stick;
//! - the **binding** one: nothing older than that is *gone back to* either. A bundle names it; one with which the
//!   factory state moves along means the version that it brings. Where the factory state stays what shipped
//!   and the bundle names none, it does not rise: the vendor has left that state to be gone back to.

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Version;

/// The floor of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// Nothing older is gone back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<Version>,
    /// The newest version that was confirmed: nothing older is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Version>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A system is installed that is not on the machine.
    Install,
    /// The machine goes back to a state of its own.
    GoBack,
}

/// What stands against a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Against {
    /// It is older than the floor.
    #[error("{}", say::upgrade::BelowFloor { floor: floor.to_string(), version })]
    Older {
        /// The version.
        version: String,
        /// The floor.
        floor: Version,
    },
    /// The machine's floor can't be read.
    #[error("{}", say::upgrade::floor_unknown(.0))]
    Unknown(String),
}

impl Floor {
    /// The floor of a machine on which this version was installed, or confirmed.
    pub fn of_version(version: &str) -> Self {
        // A text that is no version is older than everything.
        Self { binding: None, newest: Version::new(version).ok() }
    }

    /// What an upgrade to this version makes of it once it is confirmed: its bundle may have named a floor, and the
    /// factory state may follow.
    pub fn once_confirmed(version: &str, named: Option<&Version>, follows: bool) -> Self {
        let floor = Self::of_version(version);
        let named = named.or(floor.newest.as_ref().filter(|_| follows)).cloned();
        // A floor above the version that names it would allow nothing any more.
        let binding = named.map(|named| match &floor.newest {
            Some(newest) => named.min(newest.clone()),
            None => named,
        });
        Self { binding, ..floor }
    }

    /// Whether there is none.
    pub const fn is_none(&self) -> bool {
        self.binding.is_none() && self.newest.is_none()
    }

    /// The higher of the two, part by part.
    #[must_use]
    pub fn raised(self, other: Self) -> Self {
        Self { binding: self.binding.max(other.binding), newest: self.newest.max(other.newest) }
    }

    /// The oldest version that will do.
    pub fn oldest(&self, purpose: Purpose) -> Option<&Version> {
        match purpose {
            Purpose::Install => self.binding.as_ref().max(self.newest.as_ref()),
            Purpose::GoBack => self.binding.as_ref(),
        }
    }

    /// What stands against a version.
    pub fn against(&self, version: &str, purpose: Purpose) -> Option<Against> {
        let floor = self.oldest(purpose)?;
        let is_older = Version::new(version).map_or(true, |version| version < *floor);
        is_older.then(|| Against::Older { version: version.to_owned(), floor: floor.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap()
    }

    #[test]
    fn nothing_older_is_installed_and_what_the_vendor_lets_stay_may_be_gone_back_to() {
        for (follows, named, install, go_back) in [
            (false, None, Some("1.10"), None),
            (false, Some("1.5"), Some("1.10"), Some("1.5")),
            (true, None, Some("1.10"), Some("1.10")),
            (true, Some("1.5"), Some("1.10"), Some("1.5")),
            (true, Some("3"), Some("1.10"), Some("1.10")),
        ] {
            let floor = Floor::once_confirmed("1.10", named.map(version).as_ref(), follows);
            let oldest = |purpose| floor.oldest(purpose).map(Version::as_str);
            let found = (oldest(Purpose::Install), oldest(Purpose::GoBack));
            assert_eq!(found, (install, go_back), "{follows} {named:?}");
        }
    }

    #[test]
    fn the_floor_only_rises() {
        let low = Floor { binding: Some(version("1.9")), newest: Some(version("1.10")) };
        let high = Floor { binding: Some(version("1.10")), newest: None };
        let both = Floor { binding: Some(version("1.10")), newest: Some(version("1.10")) };
        assert_eq!(low.clone().raised(high.clone()), both);
        assert_eq!(high.raised(low.clone()), both);
        assert_eq!(Floor::default().raised(low.clone()), low);
        assert!(Floor::default().is_none() && !low.is_none());
    }

    #[test]
    fn an_older_version_is_refused_and_so_is_a_text_that_is_none() {
        let floor = Floor { binding: Some(version("1.9")), newest: Some(version("1.10")) };
        let stands = |text: &str, purpose| floor.against(text, purpose).is_some();
        assert!(stands("1.9", Purpose::Install) && !stands("1.10", Purpose::Install));
        assert!(stands("1.8", Purpose::GoBack) && !stands("1.9", Purpose::GoBack));
        assert!(stands("", Purpose::GoBack));
        assert_eq!(Floor::default().against("", Purpose::Install), None);
    }
}
