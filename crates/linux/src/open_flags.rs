//! Flags of `open` that the standard library has no word for.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::OFlags;

/// Options that take the kernel's flags as such.
pub trait OpenFlags {
    /// Opens with these flags too.
    fn flags(&mut self, flags: OFlags) -> &mut Self;
}

impl OpenFlags for OpenOptions {
    fn flags(&mut self, flags: OFlags) -> &mut Self {
        self.custom_flags(flags.bits().cast_signed())
    }
}
