//! What comes from a keyboard or a serial line, for the fuzz targets.

use crate::{console, key};

/// How many keys there are in what a terminal sent.
pub fn keys(bytes: &[u8]) -> usize {
    key::decode(bytes).len()
}

/// A line as a serial console shows it.
pub fn line(text: &str) -> String {
    console::harmless(text)
}
