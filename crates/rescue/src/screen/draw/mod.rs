//! A page drawn into a ratatui buffer.

mod body;
mod surround;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::page::{BACKGROUND, Tone};
use super::wrap::width;
use super::{Frame, Screen, content};

/// Marks a character that the framebuffer draws at twice its size: it covers twice its cells and
/// the row below, which are left blank. No screen here blinks, so the bit is free.
pub(crate) const LARGE: Modifier = Modifier::RAPID_BLINK;

/// Cells left free at the sides.
const MARGIN: u16 = 4;
/// Text wider than this is hard to read.
const WIDEST: u16 = 112;

/// Draws a screen with its frame.
pub(crate) fn screen(frame: &Frame, screen: &Screen, buffer: &mut Buffer) {
    let page = content::page(screen);
    let area = buffer.area;
    buffer.set_style(area, Style::new().bg(BACKGROUND).fg(Tone::Calm.text()));
    let mut top = surround::header(frame, buffer);
    top = surround::headline(&page, top, buffer);
    let bottom = surround::footer(frame, &page.keys, buffer);
    let inner = Rect {
        x: MARGIN.min(area.width / 8),
        y: top,
        width: area.width.saturating_sub(2 * MARGIN).min(WIDEST),
        height: bottom.saturating_sub(top),
    };
    body::draw(&page, inner, buffer);
}

fn band(buffer: &mut Buffer, top: u16, height: u16, background: Color) {
    let area = Rect { y: top, height, ..buffer.area };
    buffer.set_style(area.intersection(buffer.area), Style::new().bg(background));
}

fn put(buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) -> u16 {
    if y >= buffer.area.height || x >= buffer.area.width {
        return x;
    }
    buffer.set_stringn(x, y, text, usize::from(buffer.area.width - x), style).0
}

/// A text at twice the size; returns the cell behind it.
fn put_large(buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let mut at = x;
    for character in text.chars() {
        let mut bytes = [0; 4];
        let symbol: &str = character.encode_utf8(&mut bytes);
        let cells = cells(symbol) * 2;
        if cells == 0 || at + cells > buffer.area.width || y + 2 > buffer.area.height {
            break;
        }
        for row in y..y + 2 {
            for column in at..at + cells {
                buffer[(column, row)]
                    .set_symbol(" ")
                    .set_style(style)
                    .set_diff_option(CellDiffOption::Skip);
            }
        }
        let lead = &mut buffer[(at, y)];
        lead.set_symbol(symbol)
            .set_style(style.add_modifier(LARGE))
            .set_diff_option(CellDiffOption::None);
        at += cells;
    }
    at
}

fn cells(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX / 4)
}

/// The size of text on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Normal = 1,
    Large = 2,
}

impl Size {
    const fn cells(self) -> u16 {
        self as u16
    }
}
