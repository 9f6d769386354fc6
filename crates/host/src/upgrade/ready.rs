//! All that the steps of an upgrade work with.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zshield_golden::unpack::Contents;
use zshield_golden::{Digest, EntryPath};
use zshield_linux::IoError;
use zshield_linux::durable_file;

use zshield_units::UnixTime;

use super::Staged;

/// A content that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// A file that goes to `/boot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootFile {
    /// Its path below `/boot`.
    pub path: PathBuf,
    /// Its permissions.
    pub mode: u32,
    /// When its content changed last.
    pub mtime: UnixTime,
    /// What is in it.
    pub content: Content,
}

/// Looks at what packages change.
pub trait Watch: Sync {
    /// They are about to be installed.
    fn before(&self) -> io::Result<()>;
    /// They were not: this is the last of what was said.
    fn failed(&self, said: &[u8]);
    /// They were: what a check goes by from now on, names and contents.
    fn after(&self) -> io::Result<Vec<(String, Vec<u8>)>>;
}

/// A program of the bundle, or a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its file.
    pub name: String,
    /// What is in it.
    pub content: Content,
}

/// An upgrade that is ready to be staged and applied.
pub struct Ready<'a> {
    /// The files of root.
    pub staged: &'a Staged,
    /// Whoever has contents.
    pub contents: &'a dyn Contents,
    /// What goes to `/boot`.
    pub boot: Vec<BootFile>,
    /// The bundle's programs.
    pub programs: Vec<Program>,
    /// Packages in place of files, and who looks at what they change.
    pub packages: Option<(Vec<Program>, &'a dyn Watch)>,
    /// What a check of the new version goes by: names and contents.
    pub release: Vec<(String, Vec<u8>)>,
    /// Called when the files of root are in place and proved: what is neither version's is meant to be so.
    pub accept: &'a (dyn Fn(&[EntryPath]) -> io::Result<()> + Sync),
}

/// Writes a content into a file, which is replaced as a whole. It is hashed as it comes.
pub fn write_content(
    contents: &dyn Contents,
    content: &Content,
    path: &Path,
    mode: u32,
) -> Result<(), IoError> {
    durable_file::replace(path, mode, |file| hashed(contents, content, file))
        .map_err(IoError::at(path))
}

/// A content in memory.
pub fn read_content(contents: &dyn Contents, content: &Content) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    hashed(contents, content, &mut bytes)?;
    Ok(bytes)
}

fn hashed(contents: &dyn Contents, content: &Content, to: &mut dyn Write) -> io::Result<()> {
    if content.size == 0 {
        return Ok(());
    }
    let mut taker = Taker { hasher: blake3::Hasher::new(), left: content.size, to };
    contents.write(&content.digest, content.size, &mut taker).map_err(io::Error::other)?;
    if taker.left == 0 && Digest::finish(&taker.hasher) == content.digest {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// Takes a content of a known length, and hashes it.
struct Taker<'a> {
    hasher: blake3::Hasher,
    left: u64,
    to: &'a mut dyn Write,
}

impl Write for Taker<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or(io::ErrorKind::InvalidData)?;
        self.hasher.update(bytes);
        self.to.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Whether a file has a content already.
pub fn has_content(path: &Path, content: &Content) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    if file.metadata()?.len() != content.size {
        return Ok(false);
    }
    let (digest, _) = Digest::of_reader(&mut file, |_| {})?;
    Ok(digest == content.digest)
}
