//! The Golden Image: the payload as a read-only squashfs with a dm-verity tree and a signed
//! manifest, in a slot on the stick and on the SSD.
//!
//! | module | holds |
//! |---|---|
//! | [`slot`] | the files of a slot and whether they are whole |
//! | [`listing`] | what is really in a squashfs, as a manifest lists it |
//! | [`manifest`] | what every file of the payload is, and its format |
//! | [`signature`], [`key`] | who answers for it |
//! | [`verity`] | the hash tree behind the squashfs |
//! | [`squashfs`] | reading the payload without a mount |
//! | [`unpack`] | putting the payload onto an empty filesystem, or a part of it into a staging tree |
//! | [`compare`] | how a filesystem differs from the payload |
//! | [`descent`], [`xattrs`], [`threads`] | what everything that deals with many files needs |
//!
//! Nothing here mounts, partitions or runs a command, and [`compare`] shares no walking code with
//! [`unpack`], so that the one can prove the other.

// Lengths are u64 in formats and usize in memory, which is the same here; and where one is
// narrowed further, what was read or built bounds it.
#![allow(clippy::cast_possible_truncation)]
const _: () = assert!(usize::BITS == 64);

mod digest;
mod error;
mod path;

pub mod compare;
pub mod descent;
pub mod holes;
pub mod key;
pub mod listing;
pub mod manifest;
pub mod signature;
pub mod slot;
pub mod squashfs;
pub mod threads;
pub mod unpack;
pub mod verity;
pub mod xattrs;

pub use digest::Digest;
pub use error::{Action, FileError, Progress};
pub use path::{EntryPath, PathError, escape, unescape};
