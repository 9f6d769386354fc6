//! The reading side of a repository, whoever made it.
//!
//! [`Contents`] gives back every content by its name, checked against that name. [`Trees`] are the directories, from the
//! topmost one of each generation on, [`File`] is the bytes of a file in one.
//!
//! # What is damaged
//!
//! Nothing is given up for the damage of something else. An index that can't be read is made up for by the packs
//! themselves, which say at their ends what is in them. A content that lies in two packs is read from the whole one. What is
//! damaged after all is named ([`ReadError::Damaged`]), and everything else stays readable.
//!
//! # Memory
//!
//! It is bounded by [`Limits`], by one content for each reader at work, and by the index: 52 bytes for each content.
//! A cipher's text is fetched in pages of a pack, so that neighbours, which were written together and are read
//! together, come from a disk or a server in one piece.

mod blob;
mod cipher;
mod contents;
mod entry;
mod error;
mod file;
mod index;
mod objects;
mod pack_header;
mod pages;
mod root;
mod salvage;
mod tree;

pub(crate) use blob::BlobKind;
pub use contents::Contents;
pub use entry::{Entry, FLAGS, Kind, Time};
pub use error::{Fault, ReadError};
pub use file::File;
pub use pages::Limits;
pub(crate) use salvage::Salvage;
pub use tree::{Tree, Trees, Walk};
