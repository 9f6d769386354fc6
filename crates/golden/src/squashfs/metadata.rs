//! Metadata: a stream of compressed blocks that structures run across.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Squashfs, SquashfsError};
use crate::threads::lock;

/// The most that a metadata block holds when it is decompressed.
const LARGEST: usize = 8192;
/// In a block's header: it is stored as it is.
const STORED: u16 = 0x8000;
/// Blocks kept: 2 MiB.
const KEPT: usize = 256;

/// Where a structure begins.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// Where the block begins in the file.
    pub(super) block: u64,
    /// Byte in the decompressed block.
    pub(super) offset: u16,
}

impl Position {
    /// A reference of the format: 48 bits of block, relative to `table`, and 16 of offset.
    pub(super) fn of_reference(table: u64, reference: u64) -> Self {
        Self { block: table.saturating_add(reference >> 16), offset: (reference & 0xffff) as u16 }
    }
}

struct Block {
    bytes: Vec<u8>,
    /// Where the next one begins in the file.
    next: u64,
}

#[derive(Default)]
pub(super) struct MetadataCache(Mutex<HashMap<u64, Arc<Block>>>);

impl Squashfs {
    fn metadata_block(&self, start: u64, part: &'static str) -> Result<Arc<Block>, SquashfsError> {
        if let Some(block) = lock(&self.cache.0).get(&start) {
            return Ok(Arc::clone(block));
        }
        let mut header = [0; 2];
        self.read_at(&mut header, start)?;
        let header = u16::from_le_bytes(header);
        let length = usize::from(header & !STORED);
        if length == 0 || length > LARGEST {
            return Err(self.damaged(part));
        }
        let mut bytes = vec![0; length];
        self.read_at(&mut bytes, start + 2)?;
        if header & STORED == 0 {
            bytes = zstd::bulk::decompress(&bytes, LARGEST).map_err(|_| self.damaged(part))?;
        }
        let block = Arc::new(Block { bytes, next: start + 2 + length as u64 });
        let mut cache = lock(&self.cache.0);
        if cache.len() >= KEPT {
            cache.clear();
        }
        cache.insert(start, Arc::clone(&block));
        Ok(block)
    }
}

/// Reads numbers and bytes on and on, from block to block.
pub(super) struct Reader<'a> {
    image: &'a Squashfs,
    part: &'static str,
    position: Position,
    block: Option<Arc<Block>>,
}

impl<'a> Reader<'a> {
    /// `part` names the structure in errors.
    pub(super) fn new(image: &'a Squashfs, position: Position, part: &'static str) -> Self {
        Self { image, part, position, block: None }
    }

    pub(super) fn damaged(&self) -> SquashfsError {
        self.image.damaged(self.part)
    }

    /// Fills `out`.
    pub(super) fn read(&mut self, mut out: &mut [u8]) -> Result<(), SquashfsError> {
        while !out.is_empty() {
            let block = match self.block.take() {
                Some(block) => block,
                None => self.image.metadata_block(self.position.block, self.part)?,
            };
            let rest = block.bytes.get(usize::from(self.position.offset)..).unwrap_or_default();
            if rest.is_empty() {
                // Only a reader that has reached its end may go on to the next block.
                if usize::from(self.position.offset) > block.bytes.len() {
                    return Err(self.damaged());
                }
                self.position = Position { block: block.next, offset: 0 };
                continue;
            }
            let length = rest.len().min(out.len());
            let (now, later) = out.split_at_mut(length);
            now.copy_from_slice(&rest[..length]);
            self.position.offset += length as u16;
            out = later;
            self.block = Some(block);
        }
        Ok(())
    }

    /// That many bytes. The caller has bounded `length` by what the format allows.
    pub(super) fn bytes(&mut self, length: usize) -> Result<Vec<u8>, SquashfsError> {
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, SquashfsError> {
        let mut bytes = [0; 2];
        self.read(&mut bytes)?;
        Ok(u16::from_le_bytes(bytes))
    }

    pub(super) fn u32(&mut self) -> Result<u32, SquashfsError> {
        let mut bytes = [0; 4];
        self.read(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(super) fn u64(&mut self) -> Result<u64, SquashfsError> {
        let mut bytes = [0; 8];
        self.read(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
