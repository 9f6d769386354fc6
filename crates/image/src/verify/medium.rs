//! An image or stick: its tables, its partitions, and the filesystem with the slot.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ext4_view::{Ext4, Ext4Error, Ext4Read};
use gptman::{GPT, GPTPartitionEntry};
use zshield_golden::slot::{self, Artifact};

use super::problem::Problem;
use crate::identity::Guid;
use crate::table::{self, SECTOR};

/// The names of a stick's partitions, in order.
pub(super) const PARTITIONS: [&str; 4] = ["zs-bios", "zs-esp", "zs-stick", "zs-log"];
/// The partition with the slot, counted from 1.
const STICK: u32 = 3;
/// No menu or font is larger.
const LARGEST_SMALL_FILE: u64 = 16 << 20;

/// An open medium with a sound first table.
pub(super) struct Medium {
    file: File,
    table: GPT,
}

impl Medium {
    pub(super) fn open(mut file: File) -> Result<Self, Problem> {
        let table = table::primary(&mut file).map_err(Problem::Table)?;
        Ok(Self { file, table })
    }

    /// Whether the second table is where the first one says, at the very end, and says the same.
    pub(super) fn second_table(&mut self) -> Result<(), Problem> {
        use std::io::{Seek as _, SeekFrom};
        let first = &self.table.header;
        let length = self.file.seek(SeekFrom::End(0)).map_err(Problem::Medium)?;
        if first.backup_lba != (length / SECTOR).saturating_sub(1) {
            return Err(Problem::SecondTable(gptman::Error::InvalidPartitionBoundaries));
        }
        let (second, partitions) =
            zshield_formats::gpt::table_at(&mut self.file, first.backup_lba, SECTOR)
                .map_err(Problem::SecondTable)?;
        let same = second.disk_guid == first.disk_guid
            && second.backup_lba == first.primary_lba
            && (second.first_usable_lba, second.last_usable_lba)
                == (first.first_usable_lba, first.last_usable_lba)
            && second.partition_entry_array_crc32 == first.partition_entry_array_crc32
            && (1..).zip(&partitions).all(|(number, entry)| self.table[number] == *entry);
        if same { Ok(()) } else { Err(Problem::TablesDiffer) }
    }

    /// Whether the partition with this number has this name.
    pub(super) fn is_named(&self, number: u32, name: &'static str) -> Result<(), Problem> {
        let entry = self.partition(number)?;
        if entry.partition_name.as_str() == name {
            Ok(())
        } else {
            Err(Problem::Partition { number, name })
        }
    }

    fn partition(&self, number: u32) -> Result<&GPTPartitionEntry, Problem> {
        let entry = &self.table[number];
        let name = PARTITIONS.get(number as usize - 1).copied().unwrap_or_default();
        Some(entry).filter(|entry| entry.is_used()).ok_or(Problem::Partition { number, name })
    }

    /// Where a partition begins, in bytes.
    pub(super) fn start_of(&self, number: u32) -> Result<u64, Problem> {
        Ok(self.partition(number)?.starting_lba.saturating_mul(SECTOR))
    }

    /// A partition's identifier.
    pub(super) fn guid_of(&self, number: u32) -> Result<Guid, Problem> {
        Ok(Guid(self.partition(number)?.unique_partition_guid))
    }

    /// Whether these bytes stand there.
    pub(super) fn holds(&self, wanted: &[u8], offset: u64) -> Result<bool, Problem> {
        let mut found = vec![0; wanted.len()];
        match self.file.read_exact_at(&mut found, offset) {
            Ok(()) => Ok(found == wanted),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(Problem::Medium(error)),
        }
    }

    /// The filesystem with the slot.
    pub(super) fn filesystem(&self) -> Result<Ext4, Problem> {
        let entry = self.partition(STICK)?;
        let start = entry.starting_lba.saturating_mul(SECTOR);
        let length = (entry.ending_lba + 1).saturating_mul(SECTOR).saturating_sub(start);
        let file = self.file.try_clone().map_err(Problem::Medium)?;
        Ext4::load(Box::new(Window { file, start, length })).map_err(unreadable)
    }
}

/// A partition, of which nothing beside it can be read.
struct Window {
    file: File,
    start: u64,
    length: u64,
}

impl Ext4Read for Window {
    fn read(
        &mut self,
        start: u64,
        bytes: &mut [u8],
    ) -> Result<(), Box<dyn Error + Send + Sync + 'static>> {
        let end = start.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(self.file.read_exact_at(bytes, self.start + start)?)
    }
}

fn unreadable(error: Ext4Error) -> Problem {
    Problem::Filesystem { reason: error.to_string() }
}

/// Copies the slot's files to `to`; what should not be there is told and left.
pub(super) fn read_slot(
    stick: &Ext4,
    slot: &str,
    to: &Path,
    progress: &dyn Fn(u64),
) -> Result<Vec<Problem>, Problem> {
    let mut extra = Vec::new();
    for name in names(stick, slot)? {
        let path = format!("{slot}/{name}");
        let is_known = name == slot::MANIFEST
            || name == slot::SIGNATURE
            || Artifact::ALL.iter().any(|artifact| artifact.file_name() == name);
        let metadata = stick.symlink_metadata(path.as_str()).map_err(unreadable)?;
        if !is_known || !metadata.file_type().is_regular_file() {
            extra.push(Problem::Extra { path });
            continue;
        }
        copy(stick, &path, &to.join(&name), progress)?;
    }
    Ok(extra)
}

fn copy(stick: &Ext4, path: &str, to: &Path, progress: &dyn Fn(u64)) -> Result<(), Problem> {
    let failed = |source| Problem::File { path: to.to_owned(), source };
    let mut source = stick.open(path).map_err(unreadable)?;
    let mut target = File::create(to).map_err(failed)?;
    let mut left = source.metadata().len();
    // In pieces, so that progress can be told; the length bounds what a damaged file yields.
    while left > 0 {
        let copied =
            io::copy(&mut io::Read::by_ref(&mut source).take(left.min(4 << 20)), &mut target)
                .map_err(|error| Problem::Filesystem { reason: error.to_string() })?;
        if copied == 0 {
            break;
        }
        progress(copied);
        left = left.saturating_sub(copied);
    }
    Ok(())
}

/// Whether a directory holds nothing but these names.
pub(super) fn only_has(stick: &Ext4, directory: &str, known: &[&str]) -> Result<(), Problem> {
    match names(stick, directory)?.into_iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(Problem::Extra { path: format!("{}/{name}", directory.trim_end_matches('/')) })
        }
        None => Ok(()),
    }
}

/// A small file's content.
pub(super) fn read_file(stick: &Ext4, path: &str) -> Result<Vec<u8>, Problem> {
    let length = stick.metadata(path).map_err(unreadable)?.len();
    if length > LARGEST_SMALL_FILE {
        return Err(Problem::Menu { path: path.to_owned() });
    }
    stick.read(path).map_err(unreadable)
}

fn names(stick: &Ext4, directory: &str) -> Result<Vec<String>, Problem> {
    let mut found = Vec::new();
    for entry in stick.read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().display().to_string();
        if name != "." && name != ".." {
            found.push(name);
        }
    }
    Ok(found)
}
