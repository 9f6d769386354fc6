//! A filesystem, read from its device.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::directory::{Name, names};
use super::error::Ext4Error;
use super::extents::{Block, Extent, Unsound, each_block};
use super::geometry::{Geometry, Table};
use super::inode::Inode;

/// A filesystem's device, and where its inodes are.
///
/// A mounted filesystem can be read as well, through a handle without `O_DIRECT`: ext4 keeps its
/// inodes and directories in the very pages that such a handle reads, so they are as new as the
/// system's own. The contents of files are not there.
#[derive(Debug)]
pub struct Filesystem {
    device: File,
    geometry: Geometry,
}

impl Filesystem {
    /// The filesystem on a device.
    pub fn open(device: File) -> Result<Self, Ext4Error> {
        let geometry = Geometry::read(&device)?;
        Ok(Self { device, geometry })
    }

    /// Whether this is the same filesystem at another time.
    pub fn is_same(&self, other: &Self) -> bool {
        self.geometry == other.geometry
    }

    /// The size of a block in bytes.
    pub const fn block_size(&self) -> u64 {
        self.geometry.block
    }

    /// The size of an inode in bytes.
    pub const fn inode_size(&self) -> u64 {
        self.geometry.inode
    }

    /// The used part of each group's inode table.
    pub fn tables(&self) -> Result<Vec<Table>, Ext4Error> {
        self.geometry.tables(&self.device)
    }

    /// Reads bytes of the device from this offset on.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<(), Ext4Error> {
        Ok(self.device.read_exact_at(bytes, at)?)
    }

    /// Reads the block of this number.
    pub fn block(&self, number: u64) -> Result<Vec<u8>, Unsound> {
        let mut block = vec![0; usize::try_from(self.geometry.block).unwrap_or(0)];
        let read = self.device.read_exact_at(&mut block, number * self.geometry.block);
        read.map(|()| block).map_err(|_| Unsound)
    }

    /// Calls `each` with all blocks that an inode names.
    pub fn each_block(&self, inode: Inode<'_>, each: &mut dyn FnMut(Block)) -> Result<(), Unsound> {
        match inode.attributes() {
            0 => {}
            block if block < self.geometry.blocks => each(Block::Node(block)),
            _ => return Err(Unsound),
        }
        if inode.has_extents() {
            let mut read = |block| self.block(block);
            return each_block(inode.map(), self.geometry.blocks, &mut read, each);
        }
        if inode.has_old_map() { Err(Unsound) } else { Ok(()) }
    }

    /// Calls `each` with the number of every block of a directory, and the names in it.
    pub fn each_name(
        &self,
        extents: &[Extent],
        each: &mut dyn FnMut(u64, &[Name<'_>]),
    ) -> Result<(), Unsound> {
        for extent in extents {
            for number in extent.start..extent.start + u64::from(extent.length) {
                let block = self.block(number)?;
                each(number, &names(&block)?);
            }
        }
        Ok(())
    }
}
