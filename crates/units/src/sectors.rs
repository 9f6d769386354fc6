//! Sectors, as the kernel counts them.

use std::fmt;
use std::ops::{Add, Mul};

use crate::Bytes;

/// A number of sectors of 512 bytes: the kernel's unit, whatever the disk's own is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sectors(pub u64);

impl Sectors {
    /// The bytes of one.
    pub const SIZE: u64 = 512;

    /// The same in bytes; what no number holds is the largest.
    pub const fn bytes(self) -> Bytes {
        Bytes(self.0.saturating_mul(Self::SIZE))
    }
}

/// The whole sectors in so many bytes.
impl From<Bytes> for Sectors {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.0 / Self::SIZE)
    }
}

impl Add for Sectors {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Sectors {
    type Output = Self;
    fn mul(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

/// The number alone, as tables of the device mapper have it.
impl fmt::Display for Sectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_and_bytes_are_the_same_but_for_the_unit() {
        assert_eq!(Sectors(8).bytes(), Bytes(4096));
        assert_eq!(Sectors::from(Bytes(4097)), Sectors(8));
        assert_eq!((Sectors(2048) + Sectors(8192) * 2).to_string(), "18432");
        assert_eq!(Sectors(u64::MAX).bytes(), Bytes(u64::MAX));
    }
}
