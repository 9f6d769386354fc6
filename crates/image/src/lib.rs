//! The USB image: built from a policy and a payload on any Linux host, without root.
//!
//! | module | holds |
//! |---|---|
//! | [`build`] | the whole way, and its summary |
//! | [`payload`], [`tar`], [`squash`] | the vendor's system as it comes in, and as a squashfs |
//! | [`check`], [`initrd`] | what is missing or unfit, all at once |
//! | [`initramfs`], [`archive`], [`elf`], [`modules`], [`kernel`] | the rescue system |
//! | [`grub`], [`font`] | what starts it |
//! | [`stick`], [`fat`], [`ext4`], [`media`] | the partitions and the image |
//! | [`verify`](mod@verify) | whether an image is whole, and who made it |
//! | [`write`](mod@write) | the careful `dd` |
//! | [`tool`], [`scratch`] | the build host's programs, and what is gone in the end |

pub mod archive;
pub mod build;
pub mod check;
pub mod compression;
pub mod elf;
pub mod error;
pub mod ext4;
pub mod fat;
pub mod font;
mod fstab;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod grub;
pub mod identity;
pub mod initramfs;
pub mod initrd;
pub mod kernel;
mod keys;
pub mod lent;
pub mod media;
pub mod missing;
pub mod modules;
mod multipath;
pub mod notice;
pub mod payload;
pub mod platform;
pub mod program;
pub mod progress;
pub mod request;
pub mod scratch;
pub mod settings;
mod slot;
pub mod squash;
pub mod stick;
pub mod sysroot;
mod table;
pub mod tar;
pub mod tool;
pub mod verify;
pub mod write;
