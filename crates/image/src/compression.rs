//! What a file is compressed with, told by its first bytes and never by its name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{BuildError, at};
use crate::tool::{Run, Tool, ToolError};

/// A compression that GNU tar or the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, and compress of old, which gzip reads too.
    Gzip,
    /// xz, and its forerunner lzma.
    Xz,
    /// bzip2.
    Bzip2,
    /// Zstandard.
    Zstd,
    /// lzip.
    Lzip,
    /// lzop.
    Lzop,
    /// LZ4, in the frame of its tool or in the kernel's old one.
    Lz4,
}

impl Compression {
    /// The most first bytes that [`Compression::of_bytes`] looks at.
    pub const MAGIC: usize = 16;

    /// The compression that a content beginning like this has, or `None`.
    pub fn of_bytes(start: &[u8]) -> Option<Self> {
        const MAGICS: &[(&[u8], Compression)] = &[
            (&[0x1f, 0x8b], Compression::Gzip),
            (&[0x1f, 0x9d], Compression::Gzip),
            (b"\xfd7zXZ\0", Compression::Xz),
            (&[0x5d, 0, 0], Compression::Xz),
            (b"BZh", Compression::Bzip2),
            (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
            (b"LZIP", Compression::Lzip),
            (b"\x89LZO\0", Compression::Lzop),
            (&[0x04, 0x22, 0x4d, 0x18], Compression::Lz4),
            (&[0x02, 0x21, 0x4c, 0x18], Compression::Lz4),
        ];
        MAGICS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, found)| *found)
    }

    /// The compression of a file.
    pub fn of_file(path: &Path) -> Result<Option<Self>, BuildError> {
        Ok(Self::of_bytes(&first_bytes(path, Self::MAGIC)?))
    }

    /// The program that undoes it.
    pub const fn tool(self) -> Tool {
        match self {
            Self::Gzip => Tool::Gzip,
            Self::Xz => Tool::Xz,
            Self::Bzip2 => Tool::Bzip2,
            Self::Zstd => Tool::Zstd,
            Self::Lzip => Tool::Lzip,
            Self::Lzop => Tool::Lzop,
            Self::Lz4 => Tool::Lz4,
        }
    }

    /// A run that undoes it from its standard input to its standard output.
    pub fn undo(self) -> Result<Run, ToolError> {
        Ok(self.tool().run()?.arg("-dc"))
    }
}

/// Up to this many bytes from the beginning of a file.
pub fn first_bytes(path: &Path, count: usize) -> Result<Vec<u8>, BuildError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(at(path))?;
    file.take(count as u64).read_to_end(&mut bytes).map_err(at(path))?;
    Ok(bytes)
}

/// A file's content without its compression.
pub fn plain(path: &Path) -> Result<Vec<u8>, BuildError> {
    match Compression::of_file(path)? {
        None => std::fs::read(path).map_err(at(path)),
        Some(compression) => {
            let file = File::open(path).map_err(at(path))?;
            Ok(compression.undo()?.reading(file).output()?)
        }
    }
}

/// What the rescue system's initramfs is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RamdiskCompression {
    /// Zstandard: smallest and nearly the fastest to unpack.
    Zstd,
    /// gzip, for kernels before 5.9.
    Gzip,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_tool_makes_is_told_and_undone() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("source");
        std::fs::write(&source, "appliance ".repeat(1000)).unwrap();
        for (tool, expected) in [
            (Tool::Gzip, Compression::Gzip),
            (Tool::Xz, Compression::Xz),
            (Tool::Bzip2, Compression::Bzip2),
            (Tool::Zstd, Compression::Zstd),
        ] {
            let Some(_) = tool.find() else { continue };
            let packed = tool.run().unwrap().arg("-c").arg(&source).output().unwrap();
            let file = directory.path().join("packed");
            std::fs::write(&file, packed).unwrap();
            assert_eq!(Compression::of_file(&file).unwrap(), Some(expected));
            assert_eq!(plain(&file).unwrap(), "appliance ".repeat(1000).as_bytes());
        }
        assert_eq!(Compression::of_file(&source).unwrap(), None);
    }
}
