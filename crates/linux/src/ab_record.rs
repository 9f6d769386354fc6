//! State that survives a cut in the middle of its own writing: a record in two copies, A and B.
//!
//! A record stands twice, in places that are never written together. Each copy is
//! `ZSHIELD1`, a generation number (u64 LE), the length of the content (u32 LE), a BLAKE3 digest
//! of all that comes before it and of the content, and the content. The newest valid copy counts,
//! and the other one is the next to be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::durable_file;
use crate::error::IoError;

const MAGIC: &[u8; 8] = b"ZSHIELD1";
const HEAD: usize = 8 + 8 + 4;
const DIGEST: usize = 32;

/// Where one copy is kept.
pub trait CopyLocation {
    /// Reads what is there, as much as there may be.
    fn read(&self) -> io::Result<Vec<u8>>;
    /// Writes a copy; it is durable when this returns.
    fn write(&self, copy: &[u8]) -> io::Result<()>;
}

/// The two places of a record.
pub struct AbRecord<P> {
    places: [P; 2],
}

/// Whether a copy could be read, and what it was.
enum Copy {
    Valid { generation: u64, content: Vec<u8> },
    Invalid,
}

impl<P: CopyLocation> AbRecord<P> {
    /// A record in these places.
    pub const fn new(places: [P; 2]) -> Self {
        Self { places }
    }

    /// The newest valid content; `None` where neither copy is one.
    pub fn read(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.newest()?.map(|(_, _, content)| content))
    }

    /// Writes a content over the older copy; and over the other one too where that is of no use,
    /// as it is the first time, so that there are two.
    pub fn write(&self, content: &[u8]) -> io::Result<()> {
        let (newest, generation) =
            self.newest()?.map_or((1, 0), |(place, generation, _)| (place, generation));
        let copy = encode(generation + 1, content)?;
        self.places[1 - newest].write(&copy)?;
        let other = &self.places[newest];
        if other.read().is_ok_and(|bytes| matches!(decode(&bytes), Copy::Valid { .. })) {
            return Ok(());
        }
        other.write(&copy)
    }

    fn newest(&self) -> io::Result<Option<(usize, u64, Vec<u8>)>> {
        let mut newest: Option<(usize, u64, Vec<u8>)> = None;
        let mut failure = None;
        for (number, place) in self.places.iter().enumerate() {
            // One copy that can't be read is what the other one is for.
            let bytes = match place.read() {
                Ok(bytes) => bytes,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            if let Copy::Valid { generation, content } = decode(&bytes)
                && newest.as_ref().is_none_or(|(_, other, _)| generation > *other)
            {
                newest = Some((number, generation, content));
            }
        }
        match (newest, failure) {
            (None, Some(error)) => Err(error),
            (newest, _) => Ok(newest),
        }
    }
}

/// A file that holds a copy.
pub struct InDirectory {
    path: PathBuf,
    mode: u32,
}

impl AbRecord<InDirectory> {
    /// The record whose copies are files of these names, with these permissions.
    pub fn in_directory(directory: &Path, names: [&str; 2], mode: u32) -> Self {
        Self::new(names.map(|name| InDirectory { path: directory.join(name), mode }))
    }
}

impl CopyLocation for InDirectory {
    fn read(&self) -> io::Result<Vec<u8>> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    fn write(&self, copy: &[u8]) -> io::Result<()> {
        durable_file::write(&self.path, self.mode, copy)
    }
}

/// A value in JSON, in two copies in a directory that everybody may read.
pub struct DurableJson {
    record: AbRecord<InDirectory>,
    directory: PathBuf,
}

impl DurableJson {
    /// The value whose copies have these names.
    pub fn in_directory(directory: &Path, names: [&str; 2]) -> Self {
        let record = AbRecord::in_directory(directory, names, 0o644);
        Self { record, directory: directory.to_owned() }
    }

    /// The JSON of the newest valid copy; nothing where there is none.
    pub fn content(&self) -> Result<Option<Vec<u8>>, IoError> {
        self.record.read().map_err(IoError::at(&self.directory))
    }

    /// The newest valid value; nothing where there is none.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, IoError> {
        let value = self.content()?.map(|content| serde_json::from_slice(&content)).transpose();
        value.map_err(io::Error::from).map_err(IoError::at(&self.directory))
    }

    /// Makes a value durable, over the older copy.
    pub fn write<T: Serialize>(&self, value: &T) -> Result<(), IoError> {
        let json = serde_json::to_vec(value).map_err(io::Error::from);
        json.and_then(|json| self.record.write(&json)).map_err(IoError::at(&self.directory))
    }
}

fn encode(generation: u64, content: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(content.len()).map_err(io::Error::other)?;
    let mut copy = MAGIC.to_vec();
    copy.extend(generation.to_le_bytes());
    copy.extend(length.to_le_bytes());
    let digest = digest(&copy, content);
    copy.extend(digest);
    copy.extend(content);
    Ok(copy)
}

fn digest(head: &[u8], content: &[u8]) -> [u8; DIGEST] {
    *blake3::Hasher::new().update(head).update(content).finalize().as_bytes()
}

fn decode(bytes: &[u8]) -> Copy {
    let parse = || {
        let head = bytes.get(..HEAD)?;
        let rest = head.strip_prefix(MAGIC)?;
        let generation = u64::from_le_bytes(rest[..8].try_into().ok()?);
        let length = u32::from_le_bytes(rest[8..].try_into().ok()?) as usize;
        let wanted = bytes.get(HEAD..HEAD + DIGEST)?;
        let content = bytes.get(HEAD + DIGEST..)?.get(..length)?;
        (digest(head, content) == wanted).then(|| (generation, content.to_vec()))
    };
    parse().map_or(Copy::Invalid, |(generation, content)| Copy::Valid { generation, content })
}

/// What counts of two copies, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub fn newest(copies: [&[u8]; 2]) -> Option<Vec<u8>> {
    struct Held<'a>(&'a [u8]);
    impl CopyLocation for Held<'_> {
        fn read(&self) -> io::Result<Vec<u8>> {
            Ok(self.0.to_vec())
        }
        fn write(&self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::ReadOnlyFilesystem.into())
        }
    }
    AbRecord::new(copies.map(Held)).read().ok().flatten()
}

/// A copy as it is written, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub fn copy(generation: u64, content: &[u8]) -> io::Result<Vec<u8>> {
    encode(generation, content)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    /// A place whose next writing is cut off after so many bytes.
    #[derive(Default)]
    struct Memory {
        bytes: RefCell<Vec<u8>>,
        cut: RefCell<Option<usize>>,
    }

    impl CopyLocation for Memory {
        fn read(&self) -> io::Result<Vec<u8>> {
            Ok(self.bytes.borrow().clone())
        }
        fn write(&self, copy: &[u8]) -> io::Result<()> {
            let cut = self.cut.take();
            let written = &copy[..cut.unwrap_or(copy.len()).min(copy.len())];
            let mut bytes = self.bytes.borrow_mut();
            let kept = bytes.len().max(written.len());
            bytes.resize(kept, 0);
            bytes[..written.len()].copy_from_slice(written);
            if cut.is_some() { Err(io::Error::other("cut")) } else { Ok(()) }
        }
    }

    #[test]
    fn nothing_is_read_from_nothing() {
        let copies = AbRecord::new([Memory::default(), Memory::default()]);
        assert_eq!(copies.read().unwrap(), None);
    }

    #[test]
    fn from_the_first_writing_on_either_copy_may_be_lost() {
        let copies = AbRecord::new([Memory::default(), Memory::default()]);
        for content in [&b"one"[..], b"two", b"three"] {
            copies.write(content).unwrap();
            for place in &copies.places {
                let kept = place.bytes.replace(b"damaged".to_vec());
                assert!(copies.read().unwrap().is_some());
                place.bytes.replace(kept);
            }
        }
        copies.places[1].bytes.replace(b"damaged".to_vec());
        copies.write(b"four").unwrap();
        copies.places[0].bytes.replace(b"damaged".to_vec());
        assert_eq!(copies.read().unwrap().as_deref(), Some(&b"four"[..]));
    }

    proptest! {
        #[test]
        fn a_cut_leaves_the_old_content_or_the_new(
            writes in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..80),
                prop::option::of(0usize..200)), 1..12)
        ) {
            let copies = AbRecord::new([Memory::default(), Memory::default()]);
            let mut held: Option<Vec<u8>> = None;
            for (content, cut) in writes {
                for place in &copies.places {
                    *place.cut.borrow_mut() = cut;
                }
                let written = copies.write(&content).is_ok();
                for place in &copies.places {
                    place.cut.take();
                }
                let read = copies.read().unwrap();
                prop_assert!(read == held || read.as_deref() == Some(&content[..]));
                prop_assert!(!written || read.as_deref() == Some(&content[..]));
                held = read;
            }
        }

        #[test]
        fn damage_is_noticed(
            content in prop::collection::vec(any::<u8>(), 1..80), at in any::<prop::sample::Index>(),
            bit in 0u8..8,
        ) {
            let mut copy = encode(7, &content).unwrap();
            let at = at.index(copy.len());
            copy[at] ^= 1 << bit;
            prop_assert!(matches!(decode(&copy), Copy::Invalid));
        }
    }
}
