//! An upgrade: applied; and between its starts judged, confirmed, left, and brought to its end.
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | what a bundle is read from: a file, or a web server |
//! | [`apply`] | a new version put in the place of the one that runs |
//! | [`gate`] | what each start of the system does about an upgrade that is under way |
//! | [`settle`] | what follows a version that was confirmed |
//! | [`status`] | how the one under way is, and how the last ones ended |
//! | [`look`] | whether there is a newer version at the policy's address |
//! | [`confirm`], [`abort`] | what a person decides instead of the gate |
//!
//! # Writes, and the cuts between them
//!
//! Which writes a move is made of, and in which order, is `plan::upgrade::moves`, where every cut is tried. Beside these:
//!
//! - **Evidence** of a failed start is written before the record says that the version is left. A cut between them leads to
//!   the gate once more, and the same files are written again.
//! - **`before.json`** on root goes after the record says *settling*, or that the appliance is back. A cut between them leaves a
//!   file that the next start of the gate removes, and by which nothing is done: the record is asked first.
//! - **The restart** comes last. Without it the running system is the new version, the record says that it is left, and any later
//!   start leads to the recovery.
//!
//! A record that can't be written keeps nobody from going back: the order alone does it, and the next start of the old
//! version says that no start came to a result.

pub mod abort;
pub mod apply;
pub mod confirm;
mod found;
pub mod gate;
pub mod look;
mod moves;
pub mod settle;
pub mod source;
pub mod status;
