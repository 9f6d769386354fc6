//! What comes from a keyboard, a serial line or the modules' directory, for the fuzz targets.

use crate::{console, key, modules};

/// How many keys there are in what a terminal sent.
pub fn keys(bytes: &[u8]) -> usize {
    key::decode(bytes).len()
}

/// A line as a serial console shows it.
pub fn line(text: &str) -> String {
    console::harmless(text)
}

/// The modules for a device, in the order in which they are loaded, by depmod's lists.
pub fn modules(dep: &str, alias: &str, softdep: &str, device: &str) -> Vec<String> {
    modules::in_order(dep, alias, softdep, device)
}
