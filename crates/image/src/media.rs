//! The USB image: a GPT, its partitions from files, and GRUB's first sector.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use gptman::{GPT, GPTPartitionEntry};
use zshield_units::{Bytes, Sectors};

use crate::error::{BuildError, at};
use crate::grub::CORE_LBA;
use crate::identity::Guid;
use crate::scratch;

/// Partitions begin at its multiples.
const ALIGNMENT: Bytes = Bytes::mib(1);

/// The bytes of the first sector before the partition table of old.
pub(crate) const BOOT_CODE: usize = 440;

/// What a partition is for, as its GPT type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GRUB's core image for BIOS.
    BiosBoot,
    /// EFI system partition.
    Esp,
    /// A Linux filesystem.
    Linux,
    /// What any PC reads.
    BasicData,
}

impl Kind {
    const fn type_guid(self) -> Guid {
        match self {
            Self::BiosBoot => Guid::from_text(b"21686148-6449-6e6f-744e-656564454649"),
            Self::Esp => Guid::from_text(b"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
            Self::Linux => Guid::from_text(b"0fc63daf-8483-4772-8e79-3d69d8477de4"),
            Self::BasicData => Guid::from_text(b"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
        }
    }
}

/// A partition to be.
#[derive(Debug)]
pub struct Partition {
    /// What it is for.
    pub kind: Kind,
    /// Its name in the table.
    pub name: &'static str,
    /// Its unique id.
    pub guid: Guid,
    /// The file with its content.
    pub content: PathBuf,
    /// Its size where that is more than the content's, in bytes.
    pub at_least: u64,
}

/// A partition and the sectors from its first one on.
struct Placed<'a> {
    partition: &'a Partition,
    first: Sectors,
    length: Sectors,
}

/// Writes the whole image to `file`, sparse. Partitions stand in their order, each on a MiB. Its
/// length, and how much of it was written.
pub fn assemble(
    file: &mut File,
    path: &Path,
    disk: Guid,
    boot_sector: &[u8],
    partitions: &[Partition],
) -> Result<(u64, u64), BuildError> {
    let mut entries = Vec::new();
    let mut next = CORE_LBA;
    for partition in partitions {
        let length = partition.content.metadata().map_err(at(&partition.content))?.len();
        let length = Bytes(length.max(partition.at_least)).round_up(ALIGNMENT).into();
        entries.push(Placed { partition, first: next, length });
        next = next + length;
    }
    // The second copy of the table takes 33 sectors at the end.
    let size = (next.bytes() + ALIGNMENT).0;
    file.set_len(size).map_err(at(path))?;
    let mut used = 0;
    for Placed { partition, first, .. } in &entries {
        used += copy_sparse(&partition.content, file, first.bytes().0, path)?;
    }
    write_table(file, disk, &entries).map_err(|error| BuildError::Table(path.into(), error))?;
    file.seek(SeekFrom::Start(0)).map_err(at(path))?;
    file.write_all(&boot_sector[..BOOT_CODE]).map_err(at(path))?;
    Ok((size, used))
}

fn write_table(file: &mut File, disk: Guid, entries: &[Placed<'_>]) -> Result<(), gptman::Error> {
    let mut table = GPT::new_from(file, Sectors::SIZE, disk.0)?;
    for (number, Placed { partition, first, length }) in (1..).zip(entries) {
        table[number] = GPTPartitionEntry {
            partition_type_guid: partition.kind.type_guid().0,
            unique_partition_guid: partition.guid.0,
            starting_lba: first.0,
            ending_lba: (*first + *length).0 - 1,
            attribute_bits: 0,
            partition_name: partition.name.into(),
        };
    }
    table.write_into(file)?;
    GPT::write_protective_mbr_into(file, Sectors::SIZE)
}

/// Copies a file into another, leaving blocks of zeros as holes. How much was not zero.
fn copy_sparse(from: &Path, to: &mut File, offset: u64, path: &Path) -> Result<u64, BuildError> {
    const BLOCK: usize = 64 << 10;
    let mut source = File::open(from).map_err(at(from))?;
    let mut block = vec![0; BLOCK];
    let mut place = offset;
    let mut used = 0;
    loop {
        let length = source.read(&mut block).map_err(at(from))?;
        let Some(read) = block.get(..length).filter(|read| !read.is_empty()) else {
            return Ok(used);
        };
        if read.iter().any(|byte| *byte != 0) {
            to.seek(SeekFrom::Start(place)).map_err(at(path))?;
            to.write_all(read).map_err(at(path))?;
            used += length as u64;
        }
        place += length as u64;
    }
}

/// A file that takes its name when it is whole, and is gone if that never comes.
pub struct Unfinished {
    file: scratch::File,
    target: PathBuf,
}

impl Unfinished {
    /// Begins a file beside where it will be.
    pub fn create(target: &Path) -> Result<Self, BuildError> {
        let file = scratch::File::beside(target).map_err(at(target))?;
        Ok(Self { file, target: target.into() })
    }

    /// The file.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), BuildError> {
        self.file.as_file().sync_all().map_err(at(&self.target))?;
        self.file.persist(&self.target).map_err(at(&self.target))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;

    #[test]
    fn partitions_stand_where_the_table_says() {
        let directory = tempfile::tempdir().unwrap();
        let content = directory.path().join("content");
        fs::write(&content, vec![0xab; 700_000]).unwrap();
        let part = |name, kind, at_least| Partition {
            kind,
            name,
            guid: Guid::derived(b"seed", name),
            content: content.clone(),
            at_least,
        };
        let parts =
            [part("zs-bios", Kind::BiosBoot, 1 << 20), part("zs-log", Kind::BasicData, 3 << 20)];
        let path = directory.path().join("image");
        let mut file =
            OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        let disk = Guid::derived(b"seed", "disk");
        let (size, used) = assemble(&mut file, &path, disk, &[0x90; 512], &parts).unwrap();
        assert_eq!((size, used), ((1 + 1 + 3 + 1) << 20, 2 * 700_000));

        let table = GPT::find_from(&mut file).unwrap();
        assert_eq!((table[1].starting_lba, table[1].ending_lba), (2048, 4095));
        assert_eq!((table[2].starting_lba, table[2].ending_lba), (4096, 4096 + 3 * 2048 - 1));
        assert_eq!(table[2].partition_name.as_str(), "zs-log");
        let bytes = fs::read(&path).unwrap();
        assert!(bytes[4096 * 512..][..700_000].iter().all(|b| *b == 0xab));
        assert_eq!(bytes[..440], [0x90; 440]);
        assert_eq!(bytes[510..512], [0x55, 0xaa]);
        assert_eq!(bytes[446 + 4], 0xee);
    }

    #[test]
    fn an_image_that_is_not_finished_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("usb.img");
        drop(Unfinished::create(&target).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        Unfinished::create(&target).unwrap().finish().unwrap();
        assert!(target.exists());
    }
}
