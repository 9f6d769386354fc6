//! ext4, read from a device: inode tables in bulk, the names in directories, and block bitmaps.
//!
//! Source of the format: `Documentation/filesystems/ext4` of Linux.

mod bytes;
mod directory;
mod error;
mod extents;
mod filesystem;
mod free_map;
mod geometry;
mod inode;
mod superblock;

pub use directory::{Name, names};
pub use error::Ext4Error;
pub use extents::{Block, Extent, Unsound};
pub use filesystem::Filesystem;
pub use free_map::{FreeMap, NotTrusted, is_at_rest};
pub use geometry::Table;
pub use inode::Inode;
pub use superblock::{Room, SUPERBLOCK_SIZE, SUPERBLOCK_START, room};
