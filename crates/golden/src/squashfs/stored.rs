//! Where contents are stored.

use std::ops::Range;

use super::data::STORED;
use super::{InodeKind, Squashfs, SquashfsError};

impl Squashfs {
    /// The blocks of contents as they are stored, ascending, each once. The same block is found in
    /// another image wherever the same content was cut and compressed in the same way.
    pub fn stored_blocks(&self) -> Result<Vec<Range<u64>>, SquashfsError> {
        let mut blocks = Vec::new();
        for found in self.walk()? {
            let (_, inode) = found?;
            let InodeKind::File(data) = inode.kind else { continue };
            let mut at = data.start;
            for stored in &data.blocks {
                let length = u64::from(stored & !STORED);
                let end = at.checked_add(length).ok_or_else(|| self.damaged("data"))?;
                if length > 0 {
                    blocks.push(at..end);
                }
                at = end;
            }
        }
        for (start, stored) in &self.fragments {
            let end = start.checked_add(u64::from(stored & !STORED));
            blocks.push(*start..end.ok_or_else(|| self.damaged("fragments"))?);
        }
        blocks.sort_by_key(|block| (block.start, block.end));
        blocks.dedup();
        Ok(blocks)
    }
}
