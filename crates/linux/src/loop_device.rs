//! Loop devices: a file as a device.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::IoError;
use crate::ioctl;

/// The node of a device that is known by its numbers, `7:0`.
pub fn node_of(number: &str) -> Option<String> {
    let link = fs::read_link(format!("/sys/dev/block/{number}")).ok()?;
    Some(format!("/dev/{}", link.file_name()?.to_str()?))
}

/// Binds a free loop device to a file, and returns its node.
pub fn bind(image: &Path) -> Result<String, IoError> {
    const CONTROL: &str = "/dev/loop-control";
    let file = File::open(image).map_err(IoError::at(image))?;
    let control = OpenOptions::new().read(true).write(true).open(CONTROL);
    let control = control.map_err(IoError::at(CONTROL))?;
    loop {
        let number = ioctl::free_loop(&control).map_err(IoError::at(CONTROL))?;
        let node = format!("/dev/loop{number}");
        let device = File::open(&node).map_err(IoError::at(&node))?;
        match ioctl::bind_loop(&device, &file) {
            // Somebody else took it in between.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            other => return other.map(|()| node.clone()).map_err(IoError::at(&node)),
        }
    }
}

/// Unbinds the loop device with this node.
pub fn release(node: &str) -> Result<(), IoError> {
    let device = File::open(node).map_err(IoError::at(node))?;
    ioctl::unbind_loop(&device).map_err(IoError::at(node))
}
