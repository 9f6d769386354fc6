//! Contents of files.

use super::inode::FileData;
use super::{Squashfs, SquashfsError};

const PART: &str = "data";
/// In a stored length: the block is not compressed.
pub(super) const STORED: u32 = 1 << 24;

/// A stretch of a file's content.
#[derive(Clone, Copy)]
pub enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// That many zeros, which the image does not store.
    Hole(u64),
}

/// Reads contents for one thread: holds the decompressor, its buffers, and the fragment block
/// read last, since the ends of neighbouring files share one.
pub struct Decoder<'a> {
    image: &'a Squashfs,
    zstd: zstd::bulk::Decompressor<'static>,
    stored: Vec<u8>,
    block: Vec<u8>,
    fragment: Vec<u8>,
    fragment_index: Option<u32>,
}

impl<'a> Decoder<'a> {
    /// A decoder for files of this image.
    pub fn new(image: &'a Squashfs) -> Result<Self, SquashfsError> {
        let zstd = zstd::bulk::Decompressor::new().map_err(|_| image.damaged(PART))?;
        Ok(Self {
            image,
            zstd,
            stored: Vec::new(),
            block: Vec::new(),
            fragment: Vec::new(),
            fragment_index: None,
        })
    }

    /// Hands over a file's content piece by piece. An error of `each` ends it.
    pub fn read<E: From<SquashfsError>>(
        &mut self,
        file: &FileData,
        mut each: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let block_size = u64::from(self.image.superblock.block_size);
        let mut left = file.size;
        let mut at = file.start;
        for stored in &file.blocks {
            let length = left.min(block_size);
            if *stored == 0 {
                each(Piece::Hole(length))?;
            } else {
                Self::block(
                    self.image,
                    &mut self.zstd,
                    &mut self.stored,
                    &mut self.block,
                    (at, *stored),
                )?;
                if self.block.len() as u64 != length {
                    return Err(self.image.damaged(PART).into());
                }
                each(Piece::Bytes(&self.block))?;
            }
            at += u64::from(stored & !STORED);
            left -= length;
        }
        if let Some((index, offset)) = file.fragment.filter(|_| left > 0) {
            let end = self.end(index, offset, left)?;
            each(Piece::Bytes(end))?;
        }
        Ok(())
    }

    /// The end of a file, from the fragment block that it is in.
    fn end(&mut self, index: u32, offset: u32, length: u64) -> Result<&[u8], SquashfsError> {
        if self.fragment_index != Some(index) {
            self.fragment_index = None;
            let location = self.image.fragments.get(index as usize);
            let location = *location.ok_or_else(|| self.image.damaged(PART))?;
            Self::block(
                self.image,
                &mut self.zstd,
                &mut self.stored,
                &mut self.fragment,
                location,
            )?;
            self.fragment_index = Some(index);
        }
        let start = offset as usize;
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        end.and_then(|end| self.fragment.get(start..end)).ok_or_else(|| self.image.damaged(PART))
    }

    /// Reads and decompresses the block at an offset, with its stored length.
    fn block(
        image: &Squashfs,
        zstd: &mut zstd::bulk::Decompressor<'_>,
        stored: &mut Vec<u8>,
        out: &mut Vec<u8>,
        (at, length): (u64, u32),
    ) -> Result<(), SquashfsError> {
        let block_size = image.superblock.block_size;
        let compressed = length & STORED == 0;
        let length = length & !STORED;
        if length > block_size {
            return Err(image.damaged(PART));
        }
        let read_into = if compressed { &mut *stored } else { &mut *out };
        read_into.resize(length as usize, 0);
        image.read_at(read_into, at)?;
        if compressed {
            out.clear();
            out.reserve(block_size as usize);
            zstd.decompress_to_buffer(stored, out).map_err(|_| image.damaged(PART))?;
            if out.len() > block_size as usize {
                return Err(image.damaged(PART));
            }
        }
        Ok(())
    }
}
