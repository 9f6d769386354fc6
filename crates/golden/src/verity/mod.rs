//! dm-verity: a hash tree behind the squashfs, as `veritysetup format` lays it out.
//!
//! One file holds the data, padded to whole blocks; then a block with the superblock of
//! dm-verity version 1; then the tree, the level of one block first. Hashes are SHA-256 over the
//! salt and a block of 4096 bytes.

mod hash_tree;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zshield_messages::say;

use crate::digest::{hex, unhex};
use crate::error::FileError;
pub use hash_tree::{append, verify};

/// Bytes of a data block and of a hash block alike.
pub const BLOCK: u64 = 4096;
/// The longest salt that the superblock holds.
const LONGEST_SALT: usize = 256;
/// Magic, version 1, hash type 1.
const MAGIC: &[u8; 8] = b"verity\0\0";

/// The hash that stands for a whole device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RootHash([u8; 32]);

/// The bytes put before every block that is hashed; at most 256.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(Vec<u8>);

impl Salt {
    /// A salt; `None` if it is too long for the superblock.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() <= LONGEST_SALT).then_some(Self(bytes))
    }
}

macro_rules! hexadecimal {
    ($type:ty, $make:expr) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl std::str::FromStr for $type {
            type Err = NotHexadecimal;
            fn from_str(text: &str) -> Result<Self, NotHexadecimal> {
                unhex(text).and_then($make).ok_or_else(|| NotHexadecimal(text.to_owned()))
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}
hexadecimal!(RootHash, |bytes: Vec<u8>| bytes.try_into().ok().map(Self));
hexadecimal!(Salt, Self::new);

/// A text that is no hash or salt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::golden::not_hexadecimal(.0))]
pub struct NotHexadecimal(String);

/// All that the kernel must be told to check a file with its tree behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verity {
    /// What must come out.
    pub root_hash: RootHash,
    /// What is hashed before each block.
    pub salt: Salt,
    /// How many blocks of data there are.
    pub data_blocks: u64,
    /// Where the superblock is, in bytes: right behind the data.
    pub hash_offset: u64,
}

/// Why a file's hash tree can't be made, or does not prove it.
#[derive(Debug, thiserror::Error)]
pub enum VerityError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no data.
    #[error("{}", say::golden::verity_empty(path.display()))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The offsets don't fit the file, or one another.
    #[error("{}", say::golden::verity_layout(path.display()))]
    Layout {
        /// The file.
        path: PathBuf,
    },
    /// No superblock of dm-verity, or one of another kind.
    #[error("{}", say::golden::verity_superblock(path.display()))]
    Superblock {
        /// The file.
        path: PathBuf,
    },
    /// The data is not what the root hash stands for.
    #[error("{}", say::golden::VerityData { actual: actual.to_string(), expected: expected.to_string(), path: path.display() })]
    Data {
        /// The file.
        path: PathBuf,
        /// The root hash asked for.
        expected: RootHash,
        /// The root hash of what is there.
        actual: RootHash,
    },
    /// The data is right, but the tree that the kernel would use is not.
    #[error("{}", say::golden::verity_tree(path.display()))]
    Tree {
        /// The file.
        path: PathBuf,
    },
}

impl Verity {
    /// The table for device-mapper: `data` and `hash` are the devices, mostly the same one.
    ///
    /// With `veritysetup`'s layout the tree begins one block behind the superblock.
    pub fn table(&self, data: &str, hash: &str) -> String {
        let Self { root_hash, salt, data_blocks, hash_offset } = self;
        let sectors = data_blocks * (BLOCK / 512);
        let start = hash_offset / BLOCK + 1;
        let salt = if salt.0.is_empty() { "-".to_owned() } else { salt.to_string() };
        format!(
            "0 {sectors} verity 1 {data} {hash} {BLOCK} {BLOCK} {data_blocks} {start} sha256 \
             {root_hash} {salt}"
        )
    }

    /// The superblock: 512 bytes, the rest of its block is zero. Its UUID comes from the root
    /// hash, so that the same data gives the same file.
    fn superblock(&self) -> Vec<u8> {
        let mut block = Vec::with_capacity(512);
        block.extend(MAGIC);
        block.extend(1_u32.to_le_bytes());
        block.extend(1_u32.to_le_bytes());
        block.extend(uuid(&self.root_hash));
        block.extend(b"sha256");
        block.resize(64, 0);
        block.extend([BLOCK as u32, BLOCK as u32].map(u32::to_le_bytes).as_flattened());
        block.extend(self.data_blocks.to_le_bytes());
        block.extend((self.salt.0.len() as u16).to_le_bytes());
        block.extend([0; 6]);
        block.extend(&self.salt.0);
        block.resize(512, 0);
        block
    }

    /// The salt and number of data blocks of a superblock; `None` if it is none, or not for
    /// SHA-256 and blocks of 4096 bytes.
    pub fn parse_superblock(block: &[u8]) -> Option<(Salt, u64)> {
        let block = block.get(..512)?;
        let word = |at: usize| Some(u32::from_le_bytes(block.get(at..at + 4)?.try_into().ok()?));
        let ours = block.starts_with(MAGIC)
            && word(8)? == 1
            && word(12)? == 1
            && block[32..64].strip_prefix(b"sha256")?.iter().all(|byte| *byte == 0)
            && u64::from(word(64)?) == BLOCK
            && u64::from(word(68)?) == BLOCK;
        let data_blocks = u64::from_le_bytes(block[72..80].try_into().ok()?);
        let length = usize::from(u16::from_le_bytes([block[80], block[81]]));
        let salt = Salt::new(block.get(88..88 + length.min(LONGEST_SALT + 1))?)?;
        ours.then_some((salt, data_blocks))
    }
}

/// A UUID of version 8 (of one's own making) from the first bytes of the root hash.
fn uuid(root: &RootHash) -> [u8; 16] {
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&root.0[..16]);
    uuid[6] = uuid[6] & 0x0f | 0x80;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}
