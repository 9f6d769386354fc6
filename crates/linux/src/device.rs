//! Devices, opened for reading.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;

use rustix::fs::OFlags;
use zshield_units::Bytes;

use crate::error::IoError;
use crate::open_flags::OpenFlags as _;

/// A device as the disk has it, read beside the page cache: the kernel writes it there too.
pub fn direct(device: impl AsRef<Path>) -> Result<File, IoError> {
    let opened = OpenOptions::new().read(true).flags(OFlags::DIRECT).open(&device);
    opened.map_err(IoError::at(&device))
}

/// A device as the system has it.
pub fn buffered(device: impl AsRef<Path>) -> Result<File, IoError> {
    File::open(&device).map_err(IoError::at(&device))
}

/// How long a device is; its place for reading is behind its end after that.
pub fn length(device: &File) -> io::Result<Bytes> {
    (&*device).seek(SeekFrom::End(0)).map(Bytes)
}
