//! Writing to disks themselves: zeros, partition tables and boot code.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, FileTypeExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gptman::{GPT, GPTPartitionEntry};
use zshield_formats::gpt::{self, Copies};
use zshield_plan::id::DiskName;
use zshield_plan::step::{NewPartition, PartitionKind, PartitionTable};

use zshield_linux::IoError;
use zshield_linux::ioctl;

/// How much is cleared at both ends of a disk and of each partition: more than any RAID or LVM
/// metadata, or the superblock of a filesystem, needs.
const ENDS: u64 = 8 << 20;
const PARTITION_ENDS: u64 = 1 << 20;
/// Where the second partition table is, before the end of the disk.
const LAST_TABLE: u64 = 1 << 20;
/// How long the kernel may take to show new partitions.
const APPEARANCE: Duration = Duration::from_secs(20);

/// A disk opened for writing.
pub(crate) struct Device {
    file: File,
    path: PathBuf,
    size: u64,
    sector: u64,
}

impl Device {
    /// Opens a disk by its name.
    pub(crate) fn open(disk: &DiskName) -> Result<Self, IoError> {
        let path = PathBuf::from(disk.device());
        let sector = std::fs::read_to_string(format!("/sys/block/{disk}/queue/logical_block_size"));
        let sector = sector.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(512);
        Self::at(&path, sector).map_err(IoError::at(&path))
    }

    fn at(path: &Path, sector: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let size = io::Seek::seek(&mut &file, io::SeekFrom::End(0))?;
        Ok(Self { file, path: path.to_owned(), size, sector })
    }

    /// Opens a partition by its node.
    pub(crate) fn partition(path: &str) -> Result<Self, IoError> {
        Self::at(Path::new(path), 512).map_err(IoError::at(path))
    }

    /// How large it is in bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Its node.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Zeros a range, but for what must be kept within it.
    fn zero(&self, range: Range<u64>, kept: &Range<u64>) -> io::Result<()> {
        let zeros = vec![0; 1 << 20];
        let parts = [range.start..range.end.min(kept.start), range.start.max(kept.end)..range.end];
        for part in parts {
            let mut at = part.start;
            while at < part.end {
                let length = (part.end - at).min(zeros.len() as u64);
                self.file.write_all_at(&zeros[..usize::try_from(length).unwrap_or(0)], at)?;
                at += length;
            }
        }
        Ok(())
    }

    /// Makes the disk empty: its partition tables go, and every signature at its ends and at the
    /// ends of its partitions. `kept` stays as it is.
    pub(crate) fn erase(
        &mut self,
        kept: &Range<u64>,
        half_way: impl FnOnce(),
    ) -> Result<(), IoError> {
        let old = self.partitions();
        let size = self.size;
        let erase = || {
            // The boot code first: whatever else is left, this disk starts nothing any more.
            self.zero(0..512, &(0..0))?;
            self.file.sync_all()?;
            half_way();
            for Range { start, end } in old {
                self.zero(start..(start + PARTITION_ENDS).min(end), kept)?;
                self.zero(end.saturating_sub(PARTITION_ENDS).max(start)..end, kept)?;
            }
            self.zero(512..ENDS.min(size), kept)?;
            self.zero(size.saturating_sub(ENDS)..size, kept)?;
            self.file.sync_all()?;
            reread(&self.file)
        };
        erase().map_err(IoError::at(&self.path))
    }

    /// Where the partitions of a GPT are that may be there, in bytes.
    fn partitions(&mut self) -> Vec<Range<u64>> {
        let (sector, size) = (self.sector, self.size);
        let Ok(table) = gpt::partitions(&mut self.file, sector) else {
            return Vec::new();
        };
        let table = table.iter();
        table
            .map(|(_, entry)| {
                let start = (entry.starting_lba.saturating_mul(sector)).min(size);
                start
                    ..(entry.ending_lba.saturating_add(1).saturating_mul(sector)).clamp(start, size)
            })
            .collect()
    }

    /// Writes a partition table, clears where each partition begins and ends, and waits until
    /// the kernel shows them.
    pub(crate) fn partition_as(
        &mut self,
        disk: &DiskName,
        table: &PartitionTable,
    ) -> Result<(), IoError> {
        let mut write = || {
            for new in &table.partitions {
                let (start, end) = (new.start.0, new.start.0 + new.size.0);
                self.zero(start..start + PARTITION_ENDS.min(new.size.0), &(0..0))?;
                self.zero(end - PARTITION_ENDS.min(new.size.0)..end, &(0..0))?;
            }
            self.file.sync_all()?;
            let mut gpt = GPT::new_from(&mut self.file, self.sector, table.id.to_gpt())
                .map_err(io::Error::other)?;
            for new in &table.partitions {
                gpt[new.number] = entry(new, self.sector);
            }
            gpt.write_into(&mut self.file).map_err(io::Error::other)?;
            // A GPT needs the old kind of table too, which says that the disk is not empty.
            GPT::write_protective_mbr_into(&mut self.file, self.sector)
                .map_err(io::Error::other)?;
            self.file.sync_all()?;
            reread(&self.file)?;
            let nodes = table.partitions.iter().map(|new| disk.partition(new.number)).collect();
            appear(nodes)
        };
        write().map_err(IoError::at(&self.path))
    }

    /// Writes the damaged copy of the partition table by the sound one, and waits until the kernel shows the partitions.
    /// Where both are sound, or neither, nothing is written.
    pub(crate) fn restore_table(&mut self, disk: &DiskName) -> Result<(), IoError> {
        let sector = self.sector;
        let mut restore = || {
            let sound = match gpt::copies(&mut self.file, sector)? {
                Copies::Damaged(sound) => sound,
                Copies::Whole | Copies::None => return Ok(()),
            };
            sound.restore(&mut self.file, sector).map_err(io::Error::other)?;
            self.file.sync_all()?;
            reread(&self.file)?;
            appear(sound.partitions().map(|(number, _)| disk.partition(number)).collect())
        };
        restore().map_err(IoError::at(&self.path))
    }

    /// Tells the disk that nothing lies from here on, up to the second partition table. One that can't be told, or
    /// does not do it, is as good as before.
    pub(crate) fn discard_from(&self, at: u64) {
        let end = self.size.saturating_sub(LAST_TABLE);
        if at >= end {
            return;
        }
        if let Err(error) = ioctl::discard(&self.file, at..end) {
            tracing::info!("{} takes no discard: {error}", self.path.display());
        }
    }

    /// Writes bytes at a place, and makes them durable.
    pub(crate) fn write(&self, at: u64, bytes: &[u8]) -> Result<(), IoError> {
        let written = self.file.write_all_at(bytes, at).and_then(|()| self.file.sync_all());
        written.map_err(IoError::at(&self.path))
    }

    /// Clears what LVM reads first of a physical volume: the label, in one of the first four sectors,
    /// and the header of the metadata area, 4 KiB from the beginning (`lib/format_text/layout.h`).
    pub(crate) fn clear_physical_volume(&self) -> Result<(), IoError> {
        self.write(0, &[0; 8 << 10])
    }

    /// The bytes at a place, from the disk and not from memory.
    pub(crate) fn read_back(&self, at: u64, length: usize) -> Result<Vec<u8>, IoError> {
        use rustix::fs::{Advice, fadvise};
        let read = || {
            fadvise(&self.file, 0, None, Advice::DontNeed)?;
            let mut bytes = vec![0; length];
            self.file.read_exact_at(&mut bytes, at)?;
            Ok::<_, io::Error>(bytes)
        };
        read().map_err(IoError::at(&self.path))
    }
}

fn entry(new: &NewPartition, sector: u64) -> GPTPartitionEntry {
    /// Bit 60 of a partition's attributes: read-only.
    const READ_ONLY: u64 = 1 << 60;
    let mut entry = GPTPartitionEntry::empty();
    entry.partition_type_guid = kind(new.kind);
    entry.unique_partition_guid = new.id.to_gpt();
    entry.starting_lba = new.start.0 / sector;
    entry.ending_lba = (new.start.0 + new.size.0) / sector - 1;
    entry.attribute_bits = if new.read_only { READ_ONLY } else { 0 };
    entry.partition_name = new.label.as_str().into();
    entry
}

/// The type that a partition has in the table, as its bytes stand there.
const fn kind(kind: PartitionKind) -> [u8; 16] {
    match kind {
        // 21686148-6449-6E6F-744E-656564454649
        PartitionKind::BiosBoot => *b"Hah!IdontNeedEFI",
        // C12A7328-F81F-11D2-BA4B-00A0C93EC93B
        PartitionKind::EfiSystem => [
            0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e,
            0xc9, 0x3b,
        ],
        // 0FC63DAF-8483-4772-8E79-3D69D8477DE4
        PartitionKind::Linux => [
            0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47,
            0x7d, 0xe4,
        ],
        // E6D6D379-F507-44C2-A23C-238F2A3DF928
        PartitionKind::Lvm => [
            0x79, 0xd3, 0xd6, 0xe6, 0x07, 0xf5, 0xc2, 0x44, 0xa2, 0x3c, 0x23, 0x8f, 0x2a, 0x3d,
            0xf9, 0x28,
        ],
    }
}

/// Has a disk write out its cache.
pub(crate) fn flush(disk: &DiskName) -> Result<(), IoError> {
    let path = disk.device();
    File::open(&path).and_then(|disk| disk.sync_all()).map_err(IoError::at(path))
}

/// Has the kernel read a disk's table again. It is busy for a moment after its last user is gone.
fn reread(disk: &File) -> io::Result<()> {
    if !disk.metadata()?.file_type().is_block_device() {
        return Ok(());
    }
    let end = Instant::now() + APPEARANCE;
    loop {
        match ioctl::reread_partitions(disk) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(50));
            }
            other => return other,
        }
    }
}

/// Waits until device nodes are there.
fn appear(nodes: Vec<String>) -> io::Result<()> {
    let end = Instant::now() + APPEARANCE;
    for node in nodes {
        while !Path::new(&node).exists() {
            if Instant::now() > end {
                return Err(io::Error::other(format!("{node} does not appear")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(())
}
