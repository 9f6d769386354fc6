//! Inodes: what a name in the image stands for.

use std::collections::BTreeMap;

use zshield_units::UnixTime;

use super::metadata::{Position, Reader};
use super::{Squashfs, SquashfsError};
use crate::manifest::{Attributes, DeviceNumber};

const NO_FRAGMENT: u32 = u32::MAX;
const NO_XATTRS: u32 = u32::MAX;
/// The longest target of a symbolic link that Linux takes.
const LONGEST_TARGET: u32 = 4095;

/// A file, directory and so on of the image.
pub struct Inode {
    /// Its number: names with the same number are hard links of one file.
    pub number: u32,
    /// Owner, mode and the like.
    pub attributes: Attributes,
    /// How many names it has.
    pub links: u32,
    /// What it is.
    pub kind: InodeKind,
}

/// What an inode is.
pub enum InodeKind {
    /// A regular file; its content is for [`Decoder`](super::Decoder) to read.
    File(FileData),
    /// A directory.
    Directory(DirectoryData),
    /// A symbolic link.
    Symlink {
        /// What it names.
        target: Vec<u8>,
    },
    /// A character device.
    CharDevice(DeviceNumber),
    /// A block device.
    BlockDevice(DeviceNumber),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// Where a file's content is.
pub struct FileData {
    /// Its length in bytes.
    pub size: u64,
    pub(super) start: u64,
    /// Stored length of each block, with a bit for *not compressed*; 0 is a hole.
    pub(super) blocks: Vec<u32>,
    /// The fragment that holds the end of the file, and where in it.
    pub(super) fragment: Option<(u32, u32)>,
}

/// Where a directory's listing is.
pub struct DirectoryData {
    pub(super) position: Position,
    /// Bytes of the listing.
    pub(super) length: u64,
}

/// The numbers that the format gives the kinds, and the same with extended attributes.
mod tag {
    pub(super) const DIRECTORY: u16 = 1;
    pub(super) const FILE: u16 = 2;
    pub(super) const SYMLINK: u16 = 3;
    pub(super) const BLOCK_DEVICE: u16 = 4;
    pub(super) const CHAR_DEVICE: u16 = 5;
    pub(super) const FIFO: u16 = 6;
    pub(super) const SOCKET: u16 = 7;
    /// From here on the inode is of the long form.
    pub(super) const LONG: u16 = 7;
}

/// What of an inode is not the same in all kinds.
struct Body {
    links: u32,
    xattrs: u32,
    kind: InodeKind,
}

impl Squashfs {
    /// The inode that a reference names.
    pub(super) fn inode(&self, reference: u64) -> Result<Inode, SquashfsError> {
        let position = Position::of_reference(self.superblock.inode_table, reference);
        let mut reader = Reader::new(self, position, "inodes");
        let tag = reader.u16()?;
        let mode = reader.u16()?;
        let uid = self.id(reader.u16()?)?;
        let gid = self.id(reader.u16()?)?;
        let mtime = UnixTime(reader.u32()?.into());
        let number = reader.u32()?;
        let long = tag > tag::LONG;
        let Body { links, xattrs, kind } = match if long { tag - tag::LONG } else { tag } {
            tag::DIRECTORY => self.directory(&mut reader, long)?,
            tag::FILE => self.file(&mut reader, long)?,
            tag::SYMLINK => symlink(&mut reader, long)?,
            tag::BLOCK_DEVICE => device(&mut reader, long, InodeKind::BlockDevice)?,
            tag::CHAR_DEVICE => device(&mut reader, long, InodeKind::CharDevice)?,
            tag::FIFO => bare(&mut reader, long, InodeKind::Fifo)?,
            tag::SOCKET => bare(&mut reader, long, InodeKind::Socket)?,
            _ => return Err(reader.damaged()),
        };
        let xattrs = if xattrs == NO_XATTRS { BTreeMap::new() } else { self.xattrs(xattrs)? };
        let attributes = Attributes { mode: mode & 0o7777, uid, gid, mtime, xattrs };
        Ok(Inode { number, attributes, links, kind })
    }

    fn id(&self, index: u16) -> Result<u32, SquashfsError> {
        self.ids.get(usize::from(index)).copied().ok_or_else(|| self.damaged("ids"))
    }

    fn directory(&self, reader: &mut Reader<'_>, long: bool) -> Result<Body, SquashfsError> {
        let (links, length, block, offset, xattrs);
        if long {
            links = reader.u32()?;
            length = reader.u32()?;
            block = reader.u32()?;
            reader.u32()?; // parent
            reader.u16()?; // entries of the index, which only a look-up needs
            offset = reader.u16()?;
            xattrs = reader.u32()?;
        } else {
            block = reader.u32()?;
            links = reader.u32()?;
            length = u32::from(reader.u16()?);
            offset = reader.u16()?;
            xattrs = NO_XATTRS;
        }
        let block = self.superblock.directory_table.saturating_add(u64::from(block));
        // The length counts three bytes for `.` and `..`, which are not there.
        let length = u64::from(length.saturating_sub(3));
        let position = Position { block, offset };
        let kind = InodeKind::Directory(DirectoryData { position, length });
        Ok(Body { links, xattrs, kind })
    }

    fn file(&self, reader: &mut Reader<'_>, long: bool) -> Result<Body, SquashfsError> {
        let (start, size, links, fragment, offset, xattrs);
        if long {
            start = reader.u64()?;
            size = reader.u64()?;
            reader.u64()?; // bytes in holes
            links = reader.u32()?;
            fragment = reader.u32()?;
            offset = reader.u32()?;
            xattrs = reader.u32()?;
        } else {
            start = u64::from(reader.u32()?);
            fragment = reader.u32()?;
            offset = reader.u32()?;
            size = u64::from(reader.u32()?);
            links = 1;
            xattrs = NO_XATTRS;
        }
        let block_size = u64::from(self.superblock.block_size);
        let fragment = (fragment != NO_FRAGMENT).then_some((fragment, offset));
        let count = if fragment.is_some() { size / block_size } else { size.div_ceil(block_size) };
        // Grown as it is read: a claimed length alone allocates nothing.
        let mut blocks = Vec::new();
        for _ in 0..count {
            blocks.push(reader.u32()?);
        }
        let kind = InodeKind::File(FileData { size, start, blocks, fragment });
        Ok(Body { links, xattrs, kind })
    }
}

fn symlink(reader: &mut Reader<'_>, long: bool) -> Result<Body, SquashfsError> {
    let links = reader.u32()?;
    let length = reader.u32()?;
    if length > LONGEST_TARGET {
        return Err(reader.damaged());
    }
    let target = reader.bytes(length as usize)?;
    Ok(Body { links, xattrs: xattrs(reader, long)?, kind: InodeKind::Symlink { target } })
}

fn device(
    reader: &mut Reader<'_>,
    long: bool,
    kind: fn(DeviceNumber) -> InodeKind,
) -> Result<Body, SquashfsError> {
    let links = reader.u32()?;
    let packed = reader.u32()?;
    let number =
        DeviceNumber { major: packed >> 8 & 0xfff, minor: packed & 0xff | packed >> 12 & 0xf_ff00 };
    Ok(Body { links, xattrs: xattrs(reader, long)?, kind: kind(number) })
}

fn bare(reader: &mut Reader<'_>, long: bool, kind: InodeKind) -> Result<Body, SquashfsError> {
    let links = reader.u32()?;
    Ok(Body { links, xattrs: xattrs(reader, long)?, kind })
}

fn xattrs(reader: &mut Reader<'_>, long: bool) -> Result<u32, SquashfsError> {
    if long { reader.u32() } else { Ok(NO_XATTRS) }
}
