//! The bundle: one signed file that takes an appliance from named versions to a new one.
//!
//! | module | holds |
//! |---|---|
//! | [`head`] | what is signed: product, version, conditions, and the digest of the index |
//! | [`index`], [`content`] | every content that the file holds, and the ways to make it |
//! | [`frame`] | one part of a content, whole or as a patch |
//! | [`container`], [`source`] | the file's layout, and whatever it is read from |
//! | [`open`] | a bundle read: signature, index, parts; and the contents made of them |
//! | [`rebuild`] | the squashfs of the new Golden Image, made of the old one's blocks |
//! | [`new_slot`] | the new Golden Image's slot, file by file, whatever the bundle is read from |
//! | [`layer`] | what a bundle of files makes of the version that it is put over |
//! | [`keyring`] | keys that are introduced and revoked |
//! | [`admission`], [`refusal`] | whether this machine takes this bundle, and every reason against it |
//! | [`make`] | a bundle made and signed |
//!
//! ```text
//! "ZSBUNDLE", length of the head (u32) ─► head (JSON) ─► signature (minisign, 2 KiB of room)
//!   ─► index (JSON lines, zstd; its digest is in the head)
//!   ─► parts (zstd; their digests are in the index), one behind the other up to the end
//! ```
//!
//! Every byte of the file is covered by the signature, directly or by a digest. Nothing is allocated for a
//! length that is only claimed, and nothing is decompressed before its digest was found right. Whoever
//! applies a bundle needs memory for one part of it, of the content that it patches, and of the result:
//! 56 MiB ([`content::LARGEST_PART`], [`content::LARGEST_BASE`]). Longer files are cut into parts.

// Lengths are u64 in formats and usize in memory, which is the same here.
#![allow(clippy::cast_possible_truncation)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
const _: () = assert!(usize::BITS == 64);

pub mod admission;
pub mod container;
pub mod content;
pub mod frame;
pub mod head;
pub mod index;
pub mod keyring;
pub mod layer;
pub mod make;
pub mod new_slot;
pub mod open;
pub mod rebuild;
pub mod refusal;
pub mod source;

pub mod version {
    //! Versions of a product, which every floor knows.
    pub use zshield_units::{NoVersion, Version};
}
