//! ratatui's backend on a framebuffer.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::{Position, Size};

use super::canvas::Canvas;
use super::{Geometry, Pixels, font};
use crate::screen::draw::LARGE;
use crate::screen::page::BACKGROUND;

/// Large screens get large glyphs: at least this many cells must fit.
const CELLS: (usize, usize) = (100, 36);

/// A framebuffer that ratatui draws on.
#[derive(Debug)]
pub(crate) struct Framebuffer<P> {
    canvas: Canvas,
    pixels: P,
    scale: usize,
}

impl<P: Pixels> Framebuffer<P> {
    pub(crate) fn new(geometry: Geometry, pixels: P) -> Self {
        let fits =
            (geometry.width / font::WIDTH / CELLS.0).min(geometry.height / font::HEIGHT / CELLS.1);
        Self { canvas: Canvas::new(geometry), pixels, scale: fits.max(1) }
    }

    /// What has been drawn so far.
    pub(crate) const fn pixels(&self) -> &P {
        &self.pixels
    }

    fn cell(&self) -> (usize, usize) {
        (font::WIDTH * self.scale, font::HEIGHT * self.scale)
    }

    fn draw_cell(&mut self, x: u16, y: u16, cell: &Cell) {
        let character = cell.symbol().chars().next().unwrap_or(' ');
        let cells = usize::from(cell.cell_width()).max(1);
        let scale = if cell.modifier.contains(LARGE) { 2 * self.scale } else { self.scale };
        let (width, height) = self.cell();
        let place = (usize::from(x) * width, usize::from(y) * height);
        self.canvas.glyph(
            place.0,
            place.1,
            cells,
            scale,
            &font::bitmap(character),
            (cell.fg, cell.bg),
        );
    }
}

impl<P: Pixels> Backend for Framebuffer<P> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.draw_cell(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<At: Into<Position>>(&mut self, _position: At) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.canvas.fill(BACKGROUND);
        Ok(())
    }

    fn clear_region(&mut self, _region: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = self.cell();
        let geometry = self.canvas.geometry();
        let cells = |pixels: usize, cell: usize| u16::try_from(pixels / cell).unwrap_or(u16::MAX);
        Ok(Size { width: cells(geometry.width, width), height: cells(geometry.height, height) })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let geometry = self.canvas.geometry();
        let pixels = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        let pixels = Size { width: pixels(geometry.width), height: pixels(geometry.height) };
        Ok(WindowSize { columns_rows: self.size()?, pixels })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut result = Ok(());
        let pixels = &mut self.pixels;
        self.canvas.take_changes(|bytes, offset| {
            if result.is_ok() {
                result = pixels.write_at(bytes, offset);
            }
        });
        result
    }
}
