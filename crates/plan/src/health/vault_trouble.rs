//! What can be wrong with a place of the vault, and how it is said.

use serde::{Deserialize, Serialize};
use zshield_messages::{Said, say};

use super::kind::Kind;
use crate::policy::ON_HDD;
use crate::vault_state::FailureKind;

/// What is wrong with one place of the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trouble", rename_all = "kebab-case")]
pub enum VaultTrouble {
    /// The newest backup is not in it, and should be.
    Overdue {
        /// Its newest one is so many days old; it has none where this is not said.
        days: Option<u64>,
    },
    /// Copies to it fail.
    Failing {
        /// What kind of failure it is.
        kind: FailureKind,
        /// Why, in its own words.
        why: Said,
    },
    /// There is no room in it.
    Full,
    /// What is stored in it is not what was written.
    Damaged {
        /// What was found.
        why: Said,
    },
    /// Nobody has read from it whether it is sound.
    Unproved {
        /// The last time is so many days ago; there was none where this is not said.
        days: Option<u64>,
    },
}

/// The kinds of conditions of the vault.
pub(super) const KINDS: [Kind; 5] = [
    Kind::VaultOverdue,
    Kind::VaultFailing,
    Kind::VaultFull,
    Kind::VaultDamaged,
    Kind::VaultUnproved,
];

impl VaultTrouble {
    /// Its kind.
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Overdue { .. } => Kind::VaultOverdue,
            Self::Failing { .. } => Kind::VaultFailing,
            Self::Full => Kind::VaultFull,
            Self::Damaged { .. } => Kind::VaultDamaged,
            Self::Unproved { .. } => Kind::VaultUnproved,
        }
    }

    /// Whether it says something that the same trouble did not say before: days grow, and a server that is away says
    /// so in many words.
    pub(super) fn is_news_after(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Overdue { .. }, Self::Overdue { .. })
            | (Self::Unproved { .. }, Self::Unproved { .. }) => false,
            (Self::Failing { kind, .. }, Self::Failing { kind: before, .. }) => kind != before,
            _ => self != before,
        }
    }

    pub(super) fn text(&self, place: &str) -> String {
        let place = named(place);
        match self {
            Self::Overdue { days: Some(days) } => {
                say::health::VaultOverdue { days: *days, place }.to_string()
            }
            Self::Overdue { days: None } => say::health::vault_empty(place),
            Self::Failing { kind, why } => {
                say::health::VaultFailing { kind: kind.to_string(), place, why }.to_string()
            }
            Self::Full => say::health::vault_full(place),
            Self::Damaged { why } => say::health::VaultDamaged { place, why }.to_string(),
            Self::Unproved { days: Some(days) } => {
                say::health::VaultUnproved { days: *days, place }.to_string()
            }
            Self::Unproved { days: None } => say::health::vault_never_proved(place),
        }
    }
}

fn named(place: &str) -> String {
    if place == ON_HDD { say::health::vault_on_hdd() } else { say::health::vault_far(place) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_with_the_days_is_no_news() {
        let news = |now: &VaultTrouble, before: &VaultTrouble| now.is_news_after(before);
        let overdue = |days| VaultTrouble::Overdue { days };
        assert!(!news(&overdue(Some(4)), &overdue(Some(3))));
        let failing = |kind, why: &str| VaultTrouble::Failing { kind, why: why.to_owned().into() };
        assert!(!news(
            &failing(FailureKind::Unreachable, "b"),
            &failing(FailureKind::Unreachable, "a")
        ));
        assert!(news(&failing(FailureKind::Refused, "a"), &failing(FailureKind::Unreachable, "a")));
        let damaged = |why: &str| VaultTrouble::Damaged { why: why.to_owned().into() };
        assert!(news(&damaged("b"), &damaged("a")) && !news(&damaged("a"), &damaged("a")));
    }
}
