//! A picture in memory in the framebuffer's own format, which remembers what has changed.

use ratatui::style::Color;

use super::font::{self, Bitmap};
use super::{Depth, Geometry};

/// A picture of the screen.
#[derive(Debug)]
pub(super) struct Canvas {
    geometry: Geometry,
    bytes: Vec<u8>,
    /// For each row of cells the pixels to write: from, and up to.
    dirty: Vec<Option<(usize, usize)>>,
}

impl Canvas {
    /// A black picture.
    pub(super) fn new(geometry: Geometry) -> Self {
        Self {
            geometry,
            bytes: vec![0; geometry.stride * geometry.height],
            dirty: vec![Some((0, geometry.width)); geometry.height.div_ceil(font::HEIGHT)],
        }
    }

    /// Its layout.
    pub(super) const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Its bytes, rows of `stride` bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills the whole with a colour.
    pub(super) fn fill(&mut self, colour: Color) {
        let pixel = encode(colour, self.geometry.depth);
        let depth = self.geometry.depth.bytes();
        for row in self.bytes.chunks_mut(self.geometry.stride) {
            for place in row.chunks_exact_mut(depth).take(self.geometry.width) {
                place.copy_from_slice(&pixel[..depth]);
            }
        }
        self.dirty.fill(Some((0, self.geometry.width)));
    }

    /// Draws a character at a pixel, `cells` cells wide, each pixel of the font as a square of
    /// `scale`.
    pub(super) fn glyph(
        &mut self,
        x: usize,
        y: usize,
        cells: usize,
        scale: usize,
        bitmap: &Bitmap,
        colours: (Color, Color),
    ) {
        let depth = self.geometry.depth;
        let (text, background) = (encode(colours.0, depth), encode(colours.1, depth));
        let (width, height) = (cells * font::WIDTH * scale, font::HEIGHT * scale);
        if x + width > self.geometry.width || y + height > self.geometry.height {
            return;
        }
        for row in 0..height {
            let start = (y + row) * self.geometry.stride + x * depth.bytes();
            let line = &mut self.bytes[start..start + width * depth.bytes()];
            for (column, place) in line.chunks_exact_mut(depth.bytes()).enumerate() {
                let set = bitmap.is_set(column / scale, row / scale);
                place.copy_from_slice(&if set { text } else { background }[..depth.bytes()]);
            }
        }
        for row in y / font::HEIGHT..(y + height).div_ceil(font::HEIGHT) {
            let (from, to) = self.dirty[row].unwrap_or((x, x + width));
            self.dirty[row] = Some((from.min(x), to.max(x + width)));
        }
    }

    /// What has changed since the last call: offsets and bytes, one for each row of pixels, or one
    /// for many rows where whole rows have changed.
    pub(super) fn take_changes(&mut self, mut write: impl FnMut(&[u8], usize)) {
        let Geometry { width, height, stride, depth } = self.geometry;
        for (row, dirty) in self.dirty.iter_mut().enumerate() {
            let Some((from, to)) = dirty.take() else { continue };
            let lines = row * font::HEIGHT..((row + 1) * font::HEIGHT).min(height);
            if to - from > width / 2 {
                let (start, end) = (lines.start * stride, lines.end * stride);
                write(&self.bytes[start..end], start);
            } else {
                for line in lines {
                    let start = line * stride + from * depth.bytes();
                    write(&self.bytes[start..start + (to - from) * depth.bytes()], start);
                }
            }
        }
    }
}

/// A colour as the framebuffer stores it; only the first bytes of it count.
fn encode(colour: Color, depth: Depth) -> [u8; 4] {
    let (red, green, blue) = match colour {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Black => (0, 0, 0),
        // Pages name their colours in full; anything else is a mistake that must stay legible.
        _ => (0xff, 0xff, 0xff),
    };
    match depth {
        Depth::Rgb565 => {
            let packed =
                u16::from(red >> 3) << 11 | u16::from(green >> 2) << 5 | u16::from(blue >> 3);
            let [low, high] = packed.to_le_bytes();
            [low, high, 0, 0]
        }
        Depth::Rgb888 | Depth::Xrgb8888 => [blue, green, red, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_packed_as_the_hardware_wants_them() {
        let orange = Color::Rgb(0xff, 0x80, 0x08);
        assert_eq!(encode(orange, Depth::Rgb565)[..2], 0xfc01_u16.to_le_bytes());
        assert_eq!(encode(orange, Depth::Xrgb8888), [0x08, 0x80, 0xff, 0]);
    }

    #[test]
    fn only_what_changed_is_written_and_only_once() {
        let geometry = Geometry { width: 320, height: 40, stride: 1300, depth: Depth::Xrgb8888 };
        let mut canvas = Canvas::new(geometry);
        canvas.take_changes(|_, _| {});
        let white = Color::Rgb(255, 255, 255);
        canvas.glyph(16, 16, 1, 1, &font::bitmap('L'), (white, Color::Black));
        let mut written = Vec::new();
        canvas.take_changes(|bytes, offset| written.push((offset, bytes.len())));
        assert_eq!(written.len(), 16);
        assert_eq!(written[0], (16 * 1300 + 16 * 4, 8 * 4));
        canvas.take_changes(|_, _| panic!("nothing has changed"));
    }

    #[test]
    fn a_glyph_over_the_edge_is_left_out() {
        let geometry = Geometry { width: 32, height: 20, stride: 64, depth: Depth::Rgb565 };
        let mut canvas = Canvas::new(geometry);
        let white = Color::Rgb(255, 255, 255);
        canvas.glyph(24, 0, 2, 1, &font::bitmap('中'), (white, white));
        canvas.glyph(0, 16, 1, 1, &font::bitmap('A'), (white, white));
        assert!(canvas.bytes().iter().all(|&byte| byte == 0));
    }
}
