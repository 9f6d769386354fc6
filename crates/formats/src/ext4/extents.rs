//! Which blocks are a file's.

use super::bytes::{u16_at, u32_at};

const MAGIC: u16 = 0xf30a;
/// What both the header of a node and each of its entries take.
const ENTRY: usize = 12;
/// The kernel builds no deeper tree.
const DEEPEST: u16 = 5;
/// Nodes that are read of one tree, at the most: a tree whose nodes name each other has no end.
const MOST_NODES: u32 = 1 << 16;
/// An extent that is longer than this was reserved and never written.
const LONGEST: u16 = 1 << 15;

/// Blocks that lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first, by its place in the file.
    pub logical: u32,
    /// The first, by its place in the filesystem.
    pub start: u64,
    /// How many.
    pub length: u32,
}

/// A tree that is no tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsound;

/// Reads a block.
pub(super) type Read<'a> = dyn FnMut(u64) -> Result<Vec<u8>, Unsound> + 'a;

/// Calls `each` with every extent of a tree, and with the block of each of its nodes.
pub(super) fn each_block(
    map: &[u8],
    blocks: u64,
    read: &mut Read<'_>,
    each: &mut dyn FnMut(Block),
) -> Result<(), Unsound> {
    ExtentTree { blocks, left: MOST_NODES, read, each }.node(map, DEEPEST + 1)
}

/// What a tree names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Of the file's content.
    Content(Extent),
    /// A node of the tree itself.
    Node(u64),
}

struct ExtentTree<'a, 'r> {
    /// How many blocks the filesystem has.
    blocks: u64,
    /// How many nodes may still be read.
    left: u32,
    read: &'a mut Read<'r>,
    each: &'a mut dyn FnMut(Block),
}

impl ExtentTree<'_, '_> {
    fn node(&mut self, bytes: &[u8], above: u16) -> Result<(), Unsound> {
        let (count, depth) = (usize::from(u16_at(bytes, 2)), u16_at(bytes, 6));
        // Each node is one nearer to the leaves than the one that names it.
        if u16_at(bytes, 0) != MAGIC || depth >= above || (count + 1) * ENTRY > bytes.len() {
            return Err(Unsound);
        }
        for entry in bytes.chunks_exact(ENTRY).skip(1).take(count) {
            if depth == 0 {
                let extent = self.extent(entry)?;
                (self.each)(Block::Content(extent));
            } else {
                let below = u64::from(u16_at(entry, 8)) << 32 | u64::from(u32_at(entry, 4));
                self.left = self.left.checked_sub(1).ok_or(Unsound)?;
                if below >= self.blocks {
                    return Err(Unsound);
                }
                (self.each)(Block::Node(below));
                let node = (self.read)(below)?;
                self.node(&node, depth)?;
            }
        }
        Ok(())
    }

    fn extent(&self, entry: &[u8]) -> Result<Extent, Unsound> {
        let told = u16_at(entry, 4);
        let length = if told > LONGEST { told - LONGEST } else { told };
        let start = u64::from(u16_at(entry, 6)) << 32 | u64::from(u32_at(entry, 8));
        if length == 0 || start.saturating_add(length.into()) > self.blocks {
            return Err(Unsound);
        }
        Ok(Extent { logical: u32_at(entry, 0), start, length: length.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node of 60 bytes: its depth, and entries of three little-endian words.
    fn tree(depth: u16, entries: &[[u32; 3]]) -> Vec<u8> {
        let count = u16::try_from(entries.len()).unwrap();
        let head = [MAGIC, count, 4, depth, 0, 0];
        let mut bytes: Vec<u8> = head.iter().flat_map(|half| half.to_le_bytes()).collect();
        bytes.extend(entries.iter().flatten().flat_map(|word| word.to_le_bytes()));
        bytes.resize(60, 0);
        bytes
    }

    fn blocks(map: &[u8], read: &mut Read<'_>) -> Result<Vec<Block>, Unsound> {
        let mut found = Vec::new();
        each_block(map, 1000, read, &mut |block| found.push(block))?;
        Ok(found)
    }

    #[test]
    fn extents_come_with_the_nodes_that_name_them() {
        let leaf = tree(0, &[[0, 3, 100], [8, u32::from(LONGEST) + 2, 200]]);
        let mut read = |block| if block == 50 { Ok(leaf.clone()) } else { Err(Unsound) };
        let extent = |logical, start, length| Block::Content(Extent { logical, start, length });
        let wanted = [Block::Node(50), extent(0, 100, 3), extent(8, 200, 2)];
        assert_eq!(blocks(&tree(1, &[[0, 50, 0]]), &mut read).unwrap(), wanted);
        assert_eq!(blocks(&tree(1, &[[0, 51, 0]]), &mut read), Err(Unsound));
    }

    #[test]
    fn a_tree_that_is_none_is_refused() {
        let mut none = |_| Err(Unsound);
        for map in [
            vec![0; 60],
            tree(0, &[[0, 0, 1]]),
            tree(0, &[[0, 2, 999]]),
            tree(1, &[[0, 1000, 0]]),
            tree(6, &[]),
            tree(0, &[[0, 1, 1]; 5]),
            Vec::new(),
        ] {
            assert_eq!(blocks(&map, &mut none), Err(Unsound), "{map:?}");
        }
    }

    #[test]
    fn nodes_that_name_each_other_come_to_an_end() {
        // Every node names the one block four times: 4^5 of them, were they as deep as they say.
        let mut read = |_| Ok(tree(4, &[[0, 7, 0]; 4]));
        assert_eq!(blocks(&tree(5, &[[0, 7, 0]; 4]), &mut read), Err(Unsound));
        let mut depth = 5;
        let mut read = |_| {
            depth = if depth == 0 { 4 } else { depth - 1 };
            Ok(tree(depth, &[[0, 7, 0]; 4]))
        };
        assert!(blocks(&tree(5, &[[0, 7, 0]; 4]), &mut read).is_err());
    }
}
