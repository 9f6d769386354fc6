//! What a build is doing, for whoever waits for it.

use std::fmt;

use zshield_messages::say;

/// A part of the build, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Finding out what the payload is, and unpacking what the build looks at.
    Read,
    /// Checking that nothing is missing.
    Check,
    /// Packing the squashfs.
    Pack,
    /// Listing and hashing its files.
    List,
    /// Making the dm-verity tree.
    Verity,
    /// Making the rescue system's initramfs.
    Initramfs,
    /// Making GRUB's core images, its font and the ESP.
    Boot,
    /// Writing and signing the manifest.
    Sign,
    /// Putting the image together.
    Assemble,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Read => say::image::phase_read(),
            Self::Check => say::image::phase_check(),
            Self::Pack => say::image::phase_pack(),
            Self::List => say::image::phase_list(),
            Self::Verity => say::image::phase_verity(),
            Self::Initramfs => say::image::phase_initramfs(),
            Self::Boot => say::image::phase_boot(),
            Self::Sign => say::image::phase_sign(),
            Self::Assemble => say::image::phase_assemble(),
        })
    }
}

/// Who is told how a build goes on; from any thread.
pub trait Progress: Sync {
    /// A part of the work begins.
    fn begin(&self, phase: Phase);
    /// So many bytes more of this part are done.
    fn advance(&self, _bytes: u64) {}
}

/// Nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _phase: Phase) {}
}
