//! The journal on its disk: two copies in the gap before the first partition.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zshield_plan::journal::Journal;

use zshield_linux::IoError;
use zshield_linux::ab_record::{AbRecord, CopyLocation};
use zshield_linux::open_flags::OpenFlags as _;

/// Where the copies begin, in bytes: sectors 256 and 1024. GRUB's boot code and the partition
/// table end before the first, and the first partition begins behind the second.
const COPIES: [u64; 2] = [256 * 512, 1024 * 512];
/// The room of each copy.
const ROOM: usize = 192 << 10;
/// What the two copies take up, for whoever erases around them.
pub(crate) const KEPT: std::ops::Range<u64> = COPIES[0]..COPIES[1] + ROOM as u64;

// The copies lie apart, and within the gap between the table and the first partition.
const _: () = assert!(COPIES[0] >= 34 * 512 && KEPT.end <= 2048 * 512);
const _: () = assert!(COPIES[0] + ROOM as u64 <= COPIES[1]);

/// The place of an installation's journal.
pub struct JournalStore {
    copies: AbRecord<Region>,
    device: PathBuf,
}

struct Region {
    device: PathBuf,
    start: u64,
}

impl JournalStore {
    /// The journal of the disk with this device node.
    pub fn on(device: &Path) -> Self {
        let region = |start| Region { device: device.to_owned(), start };
        Self { copies: AbRecord::new(COPIES.map(region)), device: device.to_owned() }
    }

    /// The journal that is there; `None` where there is none that this program reads.
    pub fn read(&self) -> Result<Option<Journal>, IoError> {
        let content = self.copies.read().map_err(IoError::at(&self.device))?;
        Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
    }

    /// Makes the journal durable.
    pub fn write(&self, journal: &Journal) -> Result<(), IoError> {
        serde_json::to_vec(journal)
            .map_err(io::Error::from)
            .and_then(|content| self.copies.write(&content))
            .map_err(IoError::at(&self.device))
    }
}

impl CopyLocation for Region {
    fn read(&self) -> io::Result<Vec<u8>> {
        let device = File::open(&self.device)?;
        let mut bytes = vec![0; ROOM];
        let mut filled = 0;
        while filled < ROOM {
            match device.read_at(&mut bytes[filled..], self.start + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn write(&self, copy: &[u8]) -> io::Result<()> {
        if copy.len() > ROOM {
            return Err(io::Error::other("the journal is larger than its room"));
        }
        let device = OpenOptions::new().write(true).flags(OFlags::DSYNC).open(&self.device)?;
        // Whole sectors, so that the kernel need not read before it writes.
        let mut sectors = copy.to_vec();
        sectors.resize(copy.len().next_multiple_of(4096), 0);
        device.write_all_at(&sectors, self.start)?;
        device.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_a_journal_has_none() {
        let disk = tempfile::NamedTempFile::new().unwrap();
        assert!(JournalStore::on(disk.path()).read().unwrap().is_none());
        disk.as_file().set_len(4 << 20).unwrap();
        assert!(JournalStore::on(disk.path()).read().unwrap().is_none());
    }
}
