//! What vendors have said of keys on this machine: which are trusted from now on, and which never again.
//!
//! It is kept where the [floor](super::floor) is, in the record of upgrades on `/boot` and on the Golden partition, which no
//! recovery writes, and it only grows. What was said is kept as it was signed: the head of the bundle, with its signature.
//! Whoever reads it verifies it again, in this order, beginning with the keys that the machine was delivered with.
//! Nothing is believed because it is written down here.
//!
//! A statement counts from the confirmation of the version that came with it. One that was left again has said nothing, not of
//! keys either: an introduction and a revocation in one bundle must not come apart, and a machine that has gone back
//! is what it was. Its vendor says it once more with the next bundle, signed by a key that the machine still trusts.

use serde::{Deserialize, Serialize};

/// What an installation over an appliance carries along, in bytes: its journal has an end.
const CARRIED: usize = 64 << 10;

/// What a bundle says of keys, as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The bundle's head.
    pub head: String,
    /// Its signature, as minisign writes it.
    pub signature: String,
}

impl Statement {
    fn size(&self) -> usize {
        self.head.len() + self.signature.len()
    }
}

/// All that was said, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Statements(Vec<Statement>);

impl Statements {
    /// Nothing.
    pub const NONE: Self = Self(Vec::new());

    /// Whether nothing was said.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Statement> {
        self.0.iter()
    }

    /// These, and of the others those that are not among them, behind.
    #[must_use]
    pub fn joined(mut self, others: impl IntoIterator<Item = Statement>) -> Self {
        for other in others {
            if !self.0.contains(&other) {
                self.0.push(other);
            }
        }
        self
    }

    /// As many of the latest as an installation carries along.
    #[must_use]
    pub fn carried(mut self) -> Self {
        let mut room = CARRIED;
        let fits = |statement: &&Statement| {
            let left = room.checked_sub(statement.size());
            room = left.unwrap_or_default();
            left.is_some()
        };
        let kept = self.0.iter().rev().take_while(fits).count();
        self.0.drain(..self.0.len() - kept);
        self
    }
}

impl IntoIterator for Statements {
    type Item = Statement;
    type IntoIter = std::vec::IntoIter<Statement>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(name: &str, size: usize) -> Statement {
        Statement { head: "x".repeat(size), signature: name.into() }
    }

    fn all(names: &[&str]) -> Statements {
        Statements::NONE.joined(names.iter().map(|name| statement(name, 1)))
    }

    #[test]
    fn what_was_said_only_grows_and_keeps_its_order() {
        let golden = all(&["a", "b"]);
        for (boot, joined) in [
            (&["a", "b", "c"][..], &["a", "b", "c"][..]),
            // The record on `/boot` was lost, and has begun anew.
            (&["c"], &["a", "b", "c"]),
            (&[], &["a", "b"]),
        ] {
            assert_eq!(golden.clone().joined(all(boot)), all(joined));
        }
        let text = serde_json::to_string(&golden).unwrap();
        assert_eq!(serde_json::from_str::<Statements>(&text).unwrap(), golden);
    }

    #[test]
    fn the_latest_are_carried_along_as_far_as_there_is_room() {
        assert_eq!(all(&["a", "b"]).carried(), all(&["a", "b"]));
        let large = ["a", "b", "c", "d", "e"].map(|name| statement(name, (16 << 10) - 1));
        let carried = Statements::NONE.joined(large.clone()).carried();
        assert_eq!(carried, Statements::NONE.joined(large[1..].to_vec()));
    }
}
