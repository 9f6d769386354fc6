//! Parsers that nobody else needs from outside, for the fuzz targets.

pub use crate::observe::fuzzing::{blkid, lvm, mounts, raid, smart, sysfs};
