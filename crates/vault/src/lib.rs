//! The vault: copies of backups, deduplicated and encrypted, as a repository that stock `restic` reads.
//!
//! A repository is made of *objects*. The name of each is the SHA-256 of what it holds, but for the one
//! `config`, so an object is written once and never changed. [`store`] keeps objects in a directory, on a server that speaks
//! SFTP or S3; everything else is the same for all of them.
//!
//! The format is restic's, version 2: <https://restic.readthedocs.io/en/latest/100_references.html>.

pub mod store;
