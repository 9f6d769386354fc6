//! The virtual terminal behind the framebuffer.

use std::fs::File;
use std::io;

use rustix::ioctl::{IntegerSetter, ioctl};

/// `KDSETMODE` of `linux/kd.h`.
const KDSETMODE: u32 = 0x4b3a;

/// What the kernel does with a virtual terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It prints text.
    Text = 0,
    /// It leaves the picture alone; switching to another terminal is off as well.
    Graphics = 1,
}

/// Sets the mode of a virtual terminal.
#[allow(unsafe_code)]
pub(super) fn set_mode(terminal: &File, mode: Mode) -> io::Result<()> {
    // SAFETY: KDSETMODE takes its argument by value and touches no memory of this process; on a
    // file that is no virtual terminal the kernel answers ENOTTY.
    unsafe { ioctl(terminal, IntegerSetter::<KDSETMODE>::new_usize(mode as usize)) }?;
    Ok(())
}
