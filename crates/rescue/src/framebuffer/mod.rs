//! The screen as pixels: `/dev/fb0` of whatever the firmware left us (vesafb, efifb, simpledrm).

mod backend;
mod canvas;
mod font;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

pub(crate) use backend::Framebuffer;

/// How a framebuffer's memory is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Bytes from one row of pixels to the next.
    pub stride: usize,
    /// How a colour becomes bytes.
    pub depth: Depth,
}

/// How a colour becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Two bytes: 5 bits red, 6 green, 5 blue.
    Rgb565,
    /// Three bytes: blue, green, red.
    Rgb888,
    /// Four bytes: blue, green, red, unused.
    Xrgb8888,
}

impl Depth {
    /// Bytes of a pixel.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Rgb565 => 2,
            Self::Rgb888 => 3,
            Self::Xrgb8888 => 4,
        }
    }

    const fn of_bits(bits: usize) -> Option<Self> {
        match bits {
            16 => Some(Self::Rgb565),
            24 => Some(Self::Rgb888),
            32 => Some(Self::Xrgb8888),
            _ => None,
        }
    }
}

impl Geometry {
    /// Reads the geometry from a framebuffer's directory in sysfs.
    fn read(directory: &Path) -> io::Result<Self> {
        let value = |name: &str| fs::read_to_string(directory.join(name));
        let number = |text: &str| text.trim().parse::<usize>().map_err(io::Error::other);
        let size = value("virtual_size")?;
        let (width, height) = size.split_once(',').ok_or(io::ErrorKind::InvalidData)?;
        let depth =
            Depth::of_bits(number(&value("bits_per_pixel")?)?).ok_or(io::ErrorKind::Unsupported)?;
        let (width, height) = (number(width)?, number(height)?);
        let stride = number(&value("stride")?)?;
        // The virtual screen may be taller than the visible one; the mode line has the latter.
        let visible = value("modes").ok().and_then(|modes| visible_size(&modes));
        let (width, height) =
            visible.map_or((width, height), |(w, h)| (w.min(width), h.min(height)));
        Ok(Self { width, height, stride, depth })
    }
}

/// `U:1024x768p-0` to its numbers.
fn visible_size(modes: &str) -> Option<(usize, usize)> {
    let (_, mode) = modes.lines().next()?.split_once(':')?;
    let (width, rest) = mode.split_once('x')?;
    let height: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// Where pixels go.
pub(crate) trait Pixels {
    /// Writes bytes at an offset of the framebuffer's memory.
    fn write_at(&mut self, bytes: &[u8], offset: usize) -> io::Result<()>;
}

impl Pixels for Vec<u8> {
    fn write_at(&mut self, bytes: &[u8], offset: usize) -> io::Result<()> {
        let place =
            self.get_mut(offset..offset + bytes.len()).ok_or(io::ErrorKind::InvalidInput)?;
        place.copy_from_slice(bytes);
        Ok(())
    }
}

impl Pixels for File {
    fn write_at(&mut self, bytes: &[u8], offset: usize) -> io::Result<()> {
        self.write_all_at(bytes, offset as u64)
    }
}

/// Opens the first framebuffer, if there is one.
pub(crate) fn open() -> io::Result<Framebuffer<File>> {
    let geometry = Geometry::read(Path::new("/sys/class/graphics/fb0"))?;
    let file = OpenOptions::new().write(true).open("/dev/fb0")?;
    Ok(Framebuffer::new(geometry, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_geometry_of_vesafb_is_read() {
        // As Linux 6.1's vesafb shows 1024x768x16 (vga=0x317) in QEMU.
        let directory = tempfile::tempdir().unwrap();
        for (name, value) in [
            ("virtual_size", "1024,768\n"),
            ("bits_per_pixel", "16\n"),
            ("stride", "2048\n"),
            ("modes", "U:1024x768p-75\n"),
        ] {
            fs::write(directory.path().join(name), value).unwrap();
        }
        let read = Geometry::read(directory.path()).unwrap();
        assert_eq!(read, Geometry { width: 1024, height: 768, stride: 2048, depth: Depth::Rgb565 });
        fs::write(directory.path().join("bits_per_pixel"), "8\n").unwrap();
        assert!(Geometry::read(directory.path()).is_err());
    }

    #[test]
    fn a_mode_line_has_the_visible_size() {
        assert_eq!(visible_size("U:800x600p-0\n"), Some((800, 600)));
        assert_eq!(visible_size(""), None);
    }
}
