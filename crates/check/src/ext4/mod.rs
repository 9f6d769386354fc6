//! ext4 beneath the system: inode tables in bulk, and the names in directories, from a device.
//!
//! Source of the format: `Documentation/filesystems/ext4` of Linux. Nothing that is read here is
//! believed further than to say *unchanged*: whatever looks otherwise is looked at again through
//! the system.

mod bytes;
mod directory;
mod error;
mod extents;
mod filesystem;
mod geometry;
mod inode;
mod inodes;

pub use error::Ext4Error;
pub use filesystem::Filesystem;
pub(crate) use inodes::Child;
pub use inodes::{Basis, Inodes, Known, NoBasis};
