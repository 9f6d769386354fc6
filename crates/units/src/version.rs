//! Versions of a product, and which of two is the newer one.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// The longest version, in bytes.
const LONGEST: usize = 128;

/// A version of a product, as the vendor writes it.
///
/// Numbers in it count as numbers, all else by its characters, letters before other ones: `1.9` is older than
/// `1.10`. What follows `~` comes before the version: `2.0~rc1` is older than `2.0`. These are the rules of
/// Debian's packages.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Version(String);

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::bundle::version_malformed(.0.escape_debug().to_string()))]
pub struct NoVersion(String);

impl Version {
    /// The version of this text: not empty, not long, and printable.
    pub fn new(text: impl Into<String>) -> Result<Self, NoVersion> {
        let text = text.into();
        let sound =
            !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
        if sound { Ok(Self(text)) } else { Err(NoVersion(text)) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Version {
    type Error = NoVersion;
    fn try_from(text: String) -> Result<Self, NoVersion> {
        Self::new(text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut one, mut two) = (self.0.as_str(), other.0.as_str());
        while !(one.is_empty() && two.is_empty()) {
            let (text, other_text) = (taken(&mut one, false), taken(&mut two, false));
            let (number, other_number) = (taken(&mut one, true), taken(&mut two, true));
            let order =
                by_characters(text, other_text).then_with(|| by_value(number, other_number));
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

/// Takes the digits that a text begins with, or all before the first digit.
fn taken<'a>(text: &mut &'a str, digits: bool) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    let (taken, rest) = text.split_at(end);
    *text = rest;
    taken
}

/// The end comes after `~`, and before everything else.
fn by_characters(one: &str, other: &str) -> Ordering {
    let rank = |c: Option<char>| match c {
        Some('~') => (0, '~'),
        None => (1, ' '),
        Some(c) if c.is_ascii_alphabetic() => (2, c),
        Some(c) => (3, c),
    };
    let (mut one, mut other) = (one.chars(), other.chars());
    loop {
        let (a, b) = (one.next(), other.next());
        let order = rank(a).cmp(&rank(b));
        if order.is_ne() || (a.is_none() && b.is_none()) {
            return order;
        }
    }
}

/// As numbers, however long they are.
fn by_value(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|digits| digits.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap()
    }

    #[test]
    fn a_newer_version_is_told() {
        let ascending = [
            "~1", "1.0~rc1", "1.0~rc2", "1.0", "1.0a", "1.0+1", "1.0-1", "1.0.1", "1.9", "1.10",
            "2", "10", "2024年",
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                let order = version(one).cmp(&version(other));
                assert_eq!(order, at.cmp(&other_at), "{one} and {other}");
            }
        }
        assert_eq!(version("1.0"), version("1.00"));
        let long = "9".repeat(100);
        assert!(version(&long) > version(&long[1..]));
    }

    #[test]
    fn what_no_screen_shows_is_no_version() {
        for text in ["", " ", "1\n2", "1\u{1b}[31m", &"1".repeat(129)] {
            assert!(Version::new(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(a in "[0-2a~.+]{1,6}", b in "[0-2a~.+]{1,6}", c in "[0-2a~.+]{1,6}") {
            let (a, b, c) = (version(&a), version(&b), version(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
