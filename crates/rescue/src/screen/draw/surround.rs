//! What stands around a page: the product, the headline, the keys.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use zshield_messages::say::rescue as say;

use super::super::Frame;
use super::super::page::{BACKGROUND, Hint, PANEL, Page, Tone};
use super::super::wrap::wrap;
use super::{MARGIN, Size, band, cells, put, put_large};
use crate::operations::Vouched;

/// The product and its signature; returns the first free row.
pub(super) fn header(frame: &Frame, buffer: &mut Buffer) -> u16 {
    band(buffer, 0, 2, PANEL);
    let quiet = Style::new().fg(Tone::Quiet.text()).bg(PANEL);
    let strong = Style::new().fg(Tone::Calm.text()).bg(PANEL).add_modifier(Modifier::BOLD);
    let name = say::frame_name();
    let right = buffer.area.width.saturating_sub(cells(&name) + MARGIN);
    put(buffer, right, 0, &name, quiet);
    let Some(product) = &frame.product else { return 2 };
    put(buffer, MARGIN, 0, &format!("{} {}", product.name, product.version), strong);
    let line = |text: &str, tone: Tone, buffer: &mut Buffer| {
        put(buffer, MARGIN, 1, text, Style::new().fg(tone.text()).bg(PANEL));
        2
    };
    match product.vouched() {
        Vouched::By(key) => line(&say::signature_trusted(key), Tone::Good, buffer),
        Vouched::NotCompared => line(&say::image_not_compared(), Tone::Quiet, buffer),
        Vouched::Foreign => warned(&say::image_foreign(), &say::image_foreign_means(), buffer),
        Vouched::Nobody => {
            warned(&say::signature_unsigned(), &say::signature_unsigned_means(), buffer)
        }
    }
}

/// A band over the screen that nobody misses; returns the first free row.
fn warned(text: &str, means: &str, buffer: &mut Buffer) -> u16 {
    let (background, foreground) = Tone::Danger.band();
    band(buffer, 1, 3, background);
    let style = Style::new().fg(foreground).bg(background).add_modifier(Modifier::BOLD);
    put_large(buffer, MARGIN, 1, text, style);
    put(buffer, MARGIN, 3, means, style);
    4
}

/// The headline on its band; returns the first free row.
pub(super) fn headline(page: &Page, top: u16, buffer: &mut Buffer) -> u16 {
    let (background, text) = page.tone.band();
    let style = Style::new().fg(text).bg(background);
    let room = usize::from(buffer.area.width.saturating_sub(2 * MARGIN) / 2);
    let lines = wrap(&page.headline, room);
    let height = 2 * u16::try_from(lines.len()).unwrap_or(1) + 2;
    band(buffer, top + 1, height, background);
    for (row, line) in (0u16..).zip(&lines) {
        put_large(buffer, MARGIN, top + 2 + 2 * row, line, style);
    }
    top + height + 2
}

/// The keys and, above them, what is odd; returns the first row of it.
pub(super) fn footer(frame: &Frame, keys: &[Hint], buffer: &mut Buffer) -> u16 {
    let area = buffer.area;
    let room = area.width.saturating_sub(2 * MARGIN);
    let length = |size: Size| keys.iter().map(|hint| hint_width(hint, size)).sum::<u16>();
    let size = if length(Size::Large) <= room { Size::Large } else { Size::Normal };
    let top = area.height.saturating_sub(size.cells() + 2);
    band(buffer, top, size.cells() + 2, PANEL);
    let mut x = MARGIN;
    for hint in keys {
        key(hint, x, top + 1, size, buffer);
        x += hint_width(hint, size);
    }
    let warnings: Vec<String> = frame
        .warnings
        .iter()
        .flat_map(|warning| wrap(&warning.to_string(), usize::from(room)))
        .take(4)
        .collect();
    let first = top.saturating_sub(
        u16::try_from(warnings.len()).unwrap_or(0) + u16::from(!warnings.is_empty()),
    );
    for (row, line) in (0u16..).zip(&warnings) {
        put(buffer, MARGIN, first + row, line, Style::new().fg(Tone::Warning.text()));
    }
    first
}

/// The cells of a key with what it does and the gap behind it.
fn hint_width(hint: &Hint, size: Size) -> u16 {
    (cells(&hint.key) + cells(&hint.does) + 5) * size.cells()
}

/// A key as a key cap with what it does.
fn key(hint: &Hint, x: u16, y: u16, size: Size, buffer: &mut Buffer) {
    let cap = Style::new().fg(BACKGROUND).bg(Color::Rgb(0xf0, 0xf2, 0xf5));
    let does = Style::new().fg(Tone::Calm.text()).bg(PANEL);
    let write = if size == Size::Large { put_large } else { put };
    let behind = write(buffer, x, y, &format!(" {} ", hint.key), cap);
    write(buffer, behind + size.cells(), y, &hint.does, does);
}
