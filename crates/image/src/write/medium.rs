//! A block device, or a file in its place, as a target.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{Advice, FallocateFlags, OFlags};

use super::copy::Target;

/// What direct reading asks of a buffer's address.
const ALIGNMENT: usize = 4096;

/// A medium that is open for writing.
pub struct Medium {
    file: File,
    /// The same without the kernel's cache; none where the filesystem can't do that.
    direct: Option<File>,
    capacity: u64,
}

impl Medium {
    /// Opens a block device that nobody else uses: not mounted, no swap, nothing on top of it.
    pub fn open_exclusively(path: &Path) -> io::Result<Self> {
        Self::open_with(path, OFlags::EXCL)
    }

    /// Opens a file, which keeps its length.
    pub fn open_file(path: &Path) -> io::Result<Self> {
        Self::open_with(path, OFlags::empty())
    }

    fn open_with(path: &Path, flags: OFlags) -> io::Result<Self> {
        let flag = |flags: OFlags| flags.bits().cast_signed();
        let mut file =
            File::options().read(true).write(true).custom_flags(flag(flags)).open(path)?;
        let direct = File::options().read(true).custom_flags(flag(OFlags::DIRECT)).open(path).ok();
        let capacity = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, direct, capacity })
    }

    /// The number of the device that was opened.
    pub fn number(&self) -> io::Result<(u32, u32)> {
        let device = self.file.metadata()?.rdev();
        Ok((rustix::fs::major(device), rustix::fs::minor(device)))
    }

    fn is_zero(&mut self, offset: u64, length: u64) -> io::Result<bool> {
        let mut buffer = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.read_back(&mut buffer, offset)?;
        Ok(buffer.iter().all(|byte| *byte == 0))
    }
}

impl Target for Medium {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn zero(&mut self, offset: u64, length: u64) -> io::Result<()> {
        // Flash reads much faster than it writes, and most of a new stick is zero.
        if self.is_zero(offset, length)? {
            return Ok(());
        }
        let flags = FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE;
        match rustix::fs::fallocate(&self.file, flags, offset, length) {
            Ok(()) => Ok(()),
            Err(_) => self
                .file
                .write_all_at(&vec![0; usize::try_from(length).unwrap_or(usize::MAX)], offset),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn read_back(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let Some(direct) = &self.direct else {
            rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed)?;
            return self.file.read_exact_at(buffer, offset);
        };
        let mut space = vec![0; buffer.len() + ALIGNMENT];
        let start = space.as_ptr().align_offset(ALIGNMENT);
        let aligned = space.get_mut(start..start + buffer.len());
        let aligned = aligned.ok_or(io::ErrorKind::OutOfMemory)?;
        direct.read_exact_at(aligned, offset)?;
        buffer.copy_from_slice(aligned);
        Ok(())
    }
}
