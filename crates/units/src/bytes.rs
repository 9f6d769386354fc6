//! Sizes in bytes, as people write them and as disks count them.

use std::fmt;
use std::ops::{Add, Mul};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// A number of bytes.
///
/// Written with a unit: `64GB` counts in thousands, as disks are sold, and `100GiB` in 1,024s, as
/// volumes are made. A number alone is bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl Bytes {
    /// No bytes at all.
    pub const ZERO: Self = Self(0);

    /// This many MiB.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// This many GiB.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// The largest multiple of `unit` that is no larger.
    #[must_use]
    pub const fn round_down(self, unit: Self) -> Self {
        Self(self.0 - self.0 % unit.0)
    }

    /// The smallest multiple of `unit` that is no smaller; near the end of numbers the largest.
    #[must_use]
    pub const fn round_up(self, unit: Self) -> Self {
        match self.0.checked_next_multiple_of(unit.0) {
            Some(size) => Self(size),
            None => Self(u64::MAX).round_down(unit),
        }
    }

    /// What is left after taking `other` away, or nothing where that is more than there is.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What is left after taking `other` away, where there is that much.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(left) => Some(Self(left)),
            None => None,
        }
    }
}

// Sizes come from people and from disks: what no number holds fits nowhere, and neither does the
// largest number.
impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Bytes {
    type Output = Self;
    fn mul(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl std::iter::Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::ZERO, Add::add)
    }
}

/// As a person reads it: the largest binary unit, with one decimal where it is not whole.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) =
            UNITS[..4].iter().rev().find(|(_, unit)| self.0 >= *unit).unwrap_or(&("B", 1));
        let tenths = u128::from(self.0) * 10 / u128::from(*unit);
        if tenths.is_multiple_of(10) {
            write!(f, "{} {name}", tenths / 10)
        } else {
            write!(f, "{}.{} {name}", tenths / 10, tenths % 10)
        }
    }
}

impl FromStr for Bytes {
    type Err = NotASize;
    fn from_str(text: &str) -> Result<Self, NotASize> {
        let error = || NotASize(text.to_owned());
        let trimmed = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((trimmed.strip_suffix(name)?, *unit)))
            .unwrap_or((trimmed, 1));
        let number: u64 = number.trim_end().parse().map_err(|_| error())?;
        number.checked_mul(unit).map(Self).ok_or_else(error)
    }
}

/// A text that is no size.
#[derive(Debug, thiserror::Error)]
#[error("{}", say::plan::not_a_size(&self.0))]
pub struct NotASize(String);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&say::plan::expected_size())
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Bytes, E> {
                Ok(Bytes(value))
            }
            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Bytes, E> {
                u64::try_from(value).map(Bytes).map_err(|_| E::custom(NotASize(value.to_string())))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bytes, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!("64GB".parse::<Bytes>().unwrap(), Bytes(64_000_000_000));
        assert_eq!("100 GiB".parse::<Bytes>().unwrap(), Bytes::gib(100));
        assert_eq!("512".parse::<Bytes>().unwrap(), Bytes(512));
        for wrong in ["", "GB", "-1GB", "1.5GB", "1XB", "99999999999TB", "100G"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_shown_as_people_read_them() {
        assert_eq!(Bytes::gib(100).to_string(), "100 GiB");
        assert_eq!(Bytes(64_000_000_000).to_string(), "59.6 GiB");
        assert_eq!(Bytes(17).to_string(), "17 B");
    }

    #[test]
    fn what_no_number_holds_is_the_largest() {
        let most = Bytes(u64::MAX);
        assert_eq!((most + Bytes(1), most * 2), (most, most));
        assert_eq!(most.round_up(Bytes::gib(1)), most.round_down(Bytes::gib(1)));
    }

    proptest! {
        #[test]
        fn rounding_stays_within_a_unit(size in 0..u64::MAX / 2, unit in 1..1u64 << 30) {
            let (size, unit) = (Bytes(size), Bytes(unit));
            let (down, up) = (size.round_down(unit), size.round_up(unit));
            prop_assert!(down <= size && size <= up && up.0 - down.0 <= unit.0);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = text.parse::<Bytes>();
        }
    }
}
