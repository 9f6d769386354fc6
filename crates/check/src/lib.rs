//! The drift of a running system against its signed baseline.
//!
//! | module | holds |
//! |---|---|
//! | [`classes`] | which files must be as delivered, which may change, which are not looked at |
//! | `compiled` | whether a compiled file of Python was ever of use |
//! | [`inodes`] | inodes and directories beneath the system, in bulk |
//! | [`raw_tree`] | the tree that is made of them |
//! | [`boot`] | what starts the machine, and the Golden Image |
//! | [`accepted`] | drift that somebody has acknowledged |
//! | [`judge`] | which drift is in order |
//! | [`last`] | what the last check came to |
//! | [`packages`] | whose files they are |
//! | [`report`] | what was found, as a person and a script read it |
//!
//! No command is run here, nothing is mounted, and no policy is read.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod accepted;
pub mod access;
pub mod boot;
pub mod classes;
mod compiled;
pub mod depth;
pub mod inodes;
pub mod judge;
pub mod last;
pub mod packages;
pub mod raw_tree;
pub mod report;
