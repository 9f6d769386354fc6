//! The names in a block of a directory.

use super::bytes::{u16_at, u32_at};
use super::extents::Unsound;

/// What stands before a name.
const HEAD: usize = 8;

/// A name, and the inode that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    /// Its bytes.
    pub name: &'a [u8],
    /// The number of the inode.
    pub inode: u32,
}

/// The names in a block, without `.` and `..`. What indexes and checksums take of it looks like
/// entries without an inode.
pub fn names(block: &[u8]) -> Result<Vec<Name<'_>>, Unsound> {
    let mut found = Vec::new();
    let mut rest = block;
    while rest.len() >= HEAD {
        let (inode, name_length) = (u32_at(rest, 0), usize::from(rest[6]));
        let length = match usize::from(u16_at(rest, 4)) {
            // As the largest blocks have it.
            0 | 65535 => block.len(),
            length => length,
        };
        if length < HEAD || length > rest.len() || !length.is_multiple_of(4) {
            return Err(Unsound);
        }
        let (entry, behind) = rest.split_at(length);
        rest = behind;
        if inode == 0 {
            continue;
        }
        let name = entry.get(HEAD..HEAD + name_length).ok_or(Unsound)?;
        match name {
            b"." | b".." => {}
            name if name.is_empty() || name.contains(&b'/') || name.contains(&0) => {
                return Err(Unsound);
            }
            name => found.push(Name { name, inode }),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(inode: u32, length: u16, name: &[u8]) -> Vec<u8> {
        let mut bytes = inode.to_le_bytes().to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend([u8::try_from(name.len()).unwrap(), 0]);
        bytes.extend(name);
        bytes.resize(usize::from(length).max(bytes.len()), 0);
        bytes
    }

    #[test]
    fn what_is_no_file_is_passed_over() {
        let block =
            [entry(2, 12, b"."), entry(2, 12, b".."), entry(0, 16, b"gone"), entry(9, 24, b"here")];
        let block = block.concat();
        assert_eq!(names(&block).unwrap(), [Name { name: b"here", inode: 9 }]);
        assert_eq!(names(&[]), Ok(Vec::new()));
    }

    #[test]
    fn a_block_that_contradicts_itself_is_refused() {
        for block in [
            entry(9, 4, b""),
            entry(9, 14, b"here"),
            [entry(9, 12, b"a"), entry(9, 200, b"b")[..12].to_vec()].concat(),
            entry(9, 12, b"a/b"),
            entry(9, 12, b""),
        ] {
            assert_eq!(names(&block), Err(Unsound), "{block:?}");
        }
    }
}
