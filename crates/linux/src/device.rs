//! Devices, opened for reading.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use crate::error::IoError;

/// A device as the disk has it, read beside the page cache: the kernel writes it there too.
pub fn direct(device: impl AsRef<Path>) -> Result<File, IoError> {
    let open = || {
        let flags = i32::try_from(OFlags::DIRECT.bits()).map_err(std::io::Error::other)?;
        OpenOptions::new().read(true).custom_flags(flags).open(&device)
    };
    open().map_err(IoError::at(&device))
}

/// A device as the system has it.
pub fn buffered(device: impl AsRef<Path>) -> Result<File, IoError> {
    File::open(&device).map_err(IoError::at(&device))
}
