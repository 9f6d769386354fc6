//! The files of a running system against those of a snapshot: how they differ, and putting that
//! right while the system runs. In the same way the files of a staging tree take the places of others.
//!
//! [`Difference::between`] walks both trees side by side; [`apply`] makes the one equal to the
//! other. What is mounted below the root of the running one is neither entered nor touched, be it
//! a part of the same filesystem, and be it mounted in the middle of the work: the kernel is told so
//! at each opening.
//!
//! # What is taken for the same
//!
//! A snapshot is a copy of the volume's blocks. So a file that was not touched since has in both
//! not only its content but its inode: the same number, size, time of last change and, what no
//! call can set, the time at which the inode itself changed last. Such a file is not read. Whoever
//! sets the machine's clock back, or writes to the volume beside the filesystem, can forge even
//! that: with [`Depth::Deep`] nothing is believed, and every content is compared.
//!
//! # How it is put right
//!
//! Every file is made beside its target under a name of ours, with all its attributes, and then
//! takes the target's name: whoever opens it gets the old one or the new one, and whoever has the
//! old one open keeps it. Directories come before what is in them and get their own attributes last,
//! for making and removing what they hold changes their time. Flags that forbid a change are
//! cleared before, and those that are wanted set at the very end.
//!
//! No step needs the one before to be remembered: after a cut at any point the difference is
//! worked out anew, and what is left of it put right. What was left under a name of ours is then
//! one difference more.
//!
//! What is moved in from a staging tree is not compared again after a cut, for that tree stays whole until
//! everything is in its place: see [`Take::Move`].
//!
//! Nothing is followed through a symbolic link, and what was looked at is what is changed: both
//! are one open file.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod apply;
mod attributes;
mod change;
mod difference;
mod error;
mod node;
mod scope;

pub use apply::{Made, Order, StillDiffers, Take, Told, apply};
pub use change::Change;
pub use difference::{Depth, Difference, FileId};
pub use error::LiveError;
pub use scope::Scope;
