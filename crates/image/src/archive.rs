//! A cpio archive for an initramfs: the same content makes the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;
use zshield_units::UnixTime;

use crate::compression::RamdiskCompression;
use crate::error::{BuildError, at};
use crate::scratch;
use crate::tool::Tool;

/// The level of zstd. Unpacking takes the same time at every level; level 19 makes the file a
/// tenth smaller, which GRUB reads through the firmware, and takes ten times as long.
const LEVEL: i32 = 12;

/// One entry of an archive.
#[derive(Debug, PartialEq, Eq)]
enum Node {
    Directory,
    File { mode: u32, content: Vec<u8> },
    Link(String),
    Character { major: u32, minor: u32 },
}

/// An archive in the making, sorted by path so that directories come before what is in them.
#[derive(Debug, Default)]
pub struct Archive {
    nodes: BTreeMap<String, Node>,
}

impl Archive {
    /// Adds a copy of a file of this host.
    pub fn copy(&mut self, place: &str, from: &Path, mode: u32) -> Result<(), BuildError> {
        let content = std::fs::read(from).map_err(at(from))?;
        self.file(place, mode, content);
        Ok(())
    }

    /// Adds a file with this content.
    pub fn file(&mut self, place: &str, mode: u32, content: Vec<u8>) {
        self.insert(place, Node::File { mode, content });
    }

    /// Adds a character device, which takes no root in an archive.
    pub fn character(&mut self, place: &str, major: u32, minor: u32) {
        self.insert(place, Node::Character { major, minor });
    }

    /// Adds a text that anybody may read.
    pub fn text(&mut self, place: &str, content: &str) {
        self.file(place, 0o644, content.as_bytes().to_vec());
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, place: &str, target: &str) {
        self.insert(place, Node::Link(target.to_owned()));
    }

    /// Makes a directory with all above it.
    pub fn directory(&mut self, place: &str) {
        for (end, _) in place.match_indices('/').chain([(place.len(), "")]) {
            self.nodes.entry(place[..end].to_owned()).or_insert(Node::Directory);
        }
    }

    fn insert(&mut self, place: &str, node: Node) {
        if let Some((directory, _)) = place.rsplit_once('/') {
            self.directory(directory);
        }
        self.nodes.insert(place.to_owned(), node);
    }

    /// Writes it as a cpio, in the "newc" format that the kernel unpacks. All belongs to root.
    pub fn write<W: Write>(&self, mut output: W, created: UnixTime) -> std::io::Result<W> {
        let time = u32::try_from(created.0).unwrap_or(0);
        for (number, (name, node)) in (1..).zip(&self.nodes) {
            let entry = cpio::newc::Builder::new(name).ino(number).mtime(time);
            let (entry, content): (_, &[u8]) = match node {
                Node::Directory => (entry.mode(0o040_755).nlink(2), &[]),
                Node::File { mode, content } => (entry.mode(0o100_000 | mode), content),
                Node::Link(target) => (entry.mode(0o120_777), target.as_bytes()),
                Node::Character { major, minor } => {
                    (entry.mode(0o020_600).rdev_major(*major).rdev_minor(*minor), &[])
                }
            };
            let length = u32::try_from(content.len()).map_err(std::io::Error::other)?;
            let mut writer = entry.write(output, length);
            writer.write_all(content)?;
            output = writer.finish()?;
        }
        cpio::newc::trailer(output)
    }

    /// Writes it to a file in the given compression.
    pub fn write_file(
        &self,
        file: &Path,
        with: RamdiskCompression,
        created: UnixTime,
    ) -> Result<(), BuildError> {
        let output = std::fs::File::create(file).map_err(at(file))?;
        match with {
            RamdiskCompression::Zstd => {
                let write = || {
                    let encoder = zstd::Encoder::new(output, LEVEL)?;
                    self.write(encoder, created)?.finish()?;
                    Ok(())
                };
                write().map_err(at(file))
            }
            RamdiskCompression::Gzip => {
                let plain = self.write(Vec::new(), created).map_err(at(file))?;
                let mut scratch = scratch::File::new().map_err(BuildError::scratch)?;
                scratch.as_file_mut().write_all(&plain).map_err(at(scratch.path()))?;
                let input = std::fs::File::open(scratch.path()).map_err(at(scratch.path()))?;
                let packed = Tool::Gzip.run()?.args(["-9", "-n", "-c"]).reading(input).output()?;
                std::fs::write(file, packed).map_err(at(file))
            }
        }
    }
}

/// Reads an archive from its beginning to its trailer: the path, the mode and the content of each entry.
pub(crate) fn each_entry(
    archive: impl Read,
    mut each: impl FnMut(&str, u32, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut rest = archive;
    loop {
        let mut reader = cpio::newc::Reader::new(rest)?;
        let entry = reader.entry();
        if entry.is_trailer() {
            return Ok(());
        }
        let (name, mode) = (entry.name().to_owned(), entry.mode());
        each(&name, mode, &mut reader)?;
        rest = reader.finish()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_each_directory_before_its_files() {
        let mut archive = Archive::default();
        archive.text("usr/lib/a.conf", "a");
        archive.link("lib", "usr/lib");
        archive.character("dev/console", 5, 1);
        archive.directory("dev");
        let bytes = archive.write(Vec::new(), UnixTime(1_700_000_000)).unwrap();
        let mut rest = bytes.as_slice();
        let mut seen = Vec::new();
        loop {
            let reader = cpio::newc::Reader::new(rest).unwrap();
            let entry = reader.entry().clone();
            if entry.is_trailer() {
                break;
            }
            assert_eq!((entry.uid(), entry.gid(), entry.mtime()), (0, 0, 1_700_000_000));
            seen.push((entry.name().to_owned(), entry.mode(), entry.rdev_major()));
            rest = reader.finish().unwrap();
        }
        let names: Vec<&str> = seen.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["dev", "dev/console", "lib", "usr", "usr/lib", "usr/lib/a.conf"]);
        assert_eq!((seen[1].1, seen[1].2), (0o020_600, 5));
        assert_eq!(seen[5].1, 0o100_644);
    }

    #[test]
    fn each_compression_holds_the_same_archive() {
        let directory = tempfile::tempdir().unwrap();
        let mut archive = Archive::default();
        archive.text("etc/text", &"rescue ".repeat(1000));
        let plain = archive.write(Vec::new(), UnixTime(1)).unwrap();
        for compression in [RamdiskCompression::Zstd, RamdiskCompression::Gzip] {
            let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
            archive.write_file(&one, compression, UnixTime(1)).unwrap();
            archive.write_file(&two, compression, UnixTime(1)).unwrap();
            assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
            assert_eq!(crate::compression::plain(&one).unwrap(), plain);
        }
    }
}
