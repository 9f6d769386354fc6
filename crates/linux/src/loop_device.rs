//! Loop devices: a file as a device.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::IoError;
use crate::ioctl;

/// A loop device bound to a file. It is unbound when nobody has it open any more: a process that is killed leaves none, and
/// what was made of it meanwhile keeps it.
#[derive(Debug)]
pub struct LoopDevice {
    node: String,
    _open: File,
}

impl LoopDevice {
    /// Binds a free one to a file.
    pub fn bind(image: &Path) -> Result<Self, IoError> {
        const CONTROL: &str = "/dev/loop-control";
        let file = File::open(image).map_err(IoError::at(image))?;
        let control = OpenOptions::new().read(true).write(true).open(CONTROL);
        let control = control.map_err(IoError::at(CONTROL))?;
        loop {
            let number = ioctl::free_loop(&control).map_err(IoError::at(CONTROL))?;
            let node = format!("/dev/loop{number}");
            match bound(&node, &file) {
                // Somebody else took it in between.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                Err(error) => return Err(IoError::at(node)(error)),
                Ok(open) => return Ok(Self { node, _open: open }),
            }
        }
    }

    /// Its node.
    pub fn node(&self) -> &str {
        &self.node
    }
}

fn bound(node: &str, file: &File) -> io::Result<File> {
    let device = File::open(node)?;
    ioctl::bind_loop(&device, file)?;
    // Asked for while two have it open, it is put off until the last of them closes it.
    ioctl::unbind_loop(&File::open(node)?)?;
    Ok(device)
}
