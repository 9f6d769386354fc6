//! Formats on disk, from bytes to types and back.
//!
//! | module | holds |
//! |---|---|
//! | [`boot_loader`] | what firmware starts a disk by, in another place than the usual one |
//! | [`cow`] | the store of a dm-snapshot, and copying back from it |
//! | [`depmod`] | the lists of kernel modules that depmod writes |
//! | [`ext4`] | superblock, inode tables, directories and block bitmaps of ext4 |
//! | [`file_contexts`] | the labels that a policy of `SELinux` has for paths |
//! | [`gpt`] | partition tables |
//! | [`lvm2`] | label and metadata of an LVM physical volume |
//! | [`modalias`] | the patterns by which a module names its devices |
//! | [`mountinfo`] | the kernel's list of mounts |
//!
//! No command is run here, and nothing is mounted.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod bits;
pub mod boot_loader;
mod buffer;
pub mod cow;
pub mod depmod;
pub mod ext4;
pub mod file_contexts;
pub mod gpt;
pub mod lvm2;
pub mod modalias;
pub mod mountinfo;

pub use buffer::AlignedBuffer;
