//! The vault: copies of backups, deduplicated and encrypted, as a repository that stock `restic` reads.
//!
//! A repository is made of *objects*. The name of each is the SHA-256 of what it holds, but for the one
//! `config`, so an object is written once and never changed. [`store`] keeps objects in a directory, on a server that speaks
//! SFTP or S3; everything else is the same for all of them. [`mirror`] keeps a second place equal to the first.
//!
//! The format is restic's, version 2: <https://restic.readthedocs.io/en/latest/100_references.html>. `rustic_core` reads and
//! writes it.

mod backend;
mod check;
mod copy;
mod error;
mod fetch;
pub mod fuse;
mod generation;
pub mod get;
mod heal;
mod key;
pub mod mirror;
mod mode;
mod prune;
pub mod read;
mod repository;
pub mod sample;
mod source;
pub mod store;

pub use check::{Depth, Finding};
pub use copy::{Copied, Reading, copy};
pub use error::{Unread, VaultError};
pub use fetch::{FetchError, Needed};
pub use generation::{Described, Generation, Kind, Top};
pub use key::{MasterKey, RecoveryKey};
pub use prune::{Access, Keep, Pruned};
pub use repository::{Opener, Vault, create};
pub use source::{Pace, Unpaced};

#[cfg(test)]
mod tests;
