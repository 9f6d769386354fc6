//! A page drawn into a ratatui buffer.

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use zshield_messages::say::rescue as say;

use super::page::{BACKGROUND, Block, Choice, Hint, PANEL, Page, Tone};
use super::plain::column_widths;
use super::wrap::{width, wrap};
use super::{Frame, Screen, content};
use crate::operations::Signature;

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
    let mut top = header(frame, buffer);
    top = headline(&page, top, buffer);
    let bottom = footer(frame, &page.keys, buffer);
    let inner = Rect {
        x: MARGIN.min(area.width / 8),
        y: top,
        width: area.width.saturating_sub(2 * MARGIN).min(WIDEST),
        height: bottom.saturating_sub(top),
    };
    body(&page, inner, buffer);
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
                buffer[(column, row)].reset();
                buffer[(column, row)].set_style(style).set_diff_option(CellDiffOption::Skip);
            }
        }
        let lead = &mut buffer[(at, y)];
        lead.set_symbol(symbol).set_style(style.add_modifier(LARGE)).set_diff_option(CellDiffOption::None);
        at += cells;
    }
    at
}

fn cells(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX / 4)
}

/// The product and its signature; returns the first free row.
fn header(frame: &Frame, buffer: &mut Buffer) -> u16 {
    band(buffer, 0, 2, PANEL);
    let quiet = Style::new().fg(Tone::Quiet.text()).bg(PANEL);
    let strong = Style::new().fg(Tone::Calm.text()).bg(PANEL).add_modifier(Modifier::BOLD);
    let name = say::frame_name();
    let right = buffer.area.width.saturating_sub(cells(&name) + MARGIN);
    put(buffer, right, 0, &name, quiet);
    let Some(product) = &frame.product else { return 2 };
    put(buffer, MARGIN, 0, &format!("{} {}", product.name, product.version), strong);
    match &product.signature {
        Signature::Trusted { key } => {
            put(buffer, MARGIN, 1, &say::signature_trusted(key), Style::new().fg(Tone::Good.text()).bg(PANEL));
            2
        }
        Signature::Unsigned => {
            let (background, text) = Tone::Danger.band();
            band(buffer, 1, 3, background);
            let style = Style::new().fg(text).bg(background).add_modifier(Modifier::BOLD);
            put_large(buffer, MARGIN, 1, &say::signature_unsigned(), style);
            put(buffer, MARGIN, 3, &say::signature_unsigned_means(), style);
            4
        }
    }
}

fn headline(page: &Page, top: u16, buffer: &mut Buffer) -> u16 {
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
fn footer(frame: &Frame, keys: &[Hint], buffer: &mut Buffer) -> u16 {
    let area = buffer.area;
    let room = area.width.saturating_sub(2 * MARGIN);
    let mut rows: Vec<Vec<&Hint>> = vec![Vec::new()];
    let mut used = 0;
    for hint in keys {
        let length = hint_width(hint);
        if used + length > room
            && let Some(row) = rows.last()
            && !row.is_empty()
        {
            rows.push(Vec::new());
            used = 0;
        }
        used += length;
        if let Some(row) = rows.last_mut() {
            row.push(hint);
        }
    }
    let height = u16::try_from(rows.len()).unwrap_or(1) * 2 + 1;
    let top = area.height.saturating_sub(height);
    band(buffer, top, height, PANEL);
    for (row, hints) in (0u16..).zip(&rows) {
        let mut x = MARGIN;
        for hint in hints {
            x = key(hint, x, top + 1 + 2 * row, PANEL, buffer) + 3;
        }
    }
    let warnings: Vec<String> =
        frame.warnings.iter().flat_map(|warning| wrap(&warning.to_string(), usize::from(room))).take(4).collect();
    let first = top.saturating_sub(u16::try_from(warnings.len()).unwrap_or(0) + u16::from(!warnings.is_empty()));
    for (row, line) in (0u16..).zip(&warnings) {
        put(buffer, MARGIN, first + row, line, Style::new().fg(Tone::Warning.text()));
    }
    first
}

fn hint_width(hint: &Hint) -> u16 {
    cells(&hint.key) + cells(&hint.does) + 6
}

/// A key as a key cap with what it does; returns the cell behind it.
fn key(hint: &Hint, x: u16, y: u16, background: Color, buffer: &mut Buffer) -> u16 {
    let cap = Style::new().fg(BACKGROUND).bg(Color::Rgb(0xf0, 0xf2, 0xf5)).add_modifier(Modifier::BOLD);
    let x = put(buffer, x, y, &format!(" {} ", hint.key), cap);
    put(buffer, x + 1, y, &hint.does, Style::new().fg(Tone::Calm.text()).bg(background))
}

/// A pen that goes down the page.
struct Pen<'a> {
    area: Rect,
    row: u16,
    buffer: &'a mut Buffer,
}

impl Pen<'_> {
    fn left(&self) -> u16 {
        self.area.height.saturating_sub(self.row)
    }

    fn skip(&mut self, rows: u16) {
        self.row += rows;
    }

    fn line(&mut self, indent: u16, text: &str, style: Style) {
        if self.left() > 0 {
            put(self.buffer, self.area.x + indent, self.area.y + self.row, text, style);
        }
        self.row += 1;
    }

    fn text(&mut self, indent: u16, text: &str, style: Style) {
        for line in wrap(text, usize::from(self.area.width.saturating_sub(indent))) {
            self.line(indent, &line, style);
        }
    }

    fn large(&mut self, text: &str, style: Style) {
        for line in wrap(text, usize::from(self.area.width / 2)) {
            if self.left() >= 2 {
                put_large(self.buffer, self.area.x, self.area.y + self.row, &line, style);
            }
            self.row += 2;
        }
    }
}

fn body(page: &Page, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen { area, row: 0, buffer };
    let mut before: Option<&Block> = None;
    for block in &page.blocks {
        let together = matches!((before, block), (Some(Block::Text(one, _)), Block::Text(other, _)) if one == other);
        if before.is_some() && !together {
            pen.skip(1);
        }
        draw_block(block, &mut pen);
        before = Some(block);
    }
}

fn draw_block(block: &Block, pen: &mut Pen<'_>) {
    match block {
        Block::Text(tone, text) => pen.text(0, text, Style::new().fg(tone.text())),
        Block::Call(tone, text) => pen.large(text, Style::new().fg(tone.text())),
        Block::Table { head, rows } => table(head, rows, pen),
        Block::List { tone, title, items } => {
            pen.text(0, title, Style::new().fg(Tone::Quiet.text()));
            for item in items {
                pen.line(1, "•", Style::new().fg(tone.text()));
                pen.row -= 1;
                pen.text(3, item, Style::new().fg(tone.text()));
            }
        }
        Block::Bar { label, permille, caption } => bar(label, *permille, caption, pen),
        Block::Field { typed, length } => {
            let (background, text) = Tone::Calm.band();
            let blanks = "_".repeat(length.saturating_sub(typed.chars().count()));
            pen.large(&format!(" {typed}{blanks} "), Style::new().fg(text).bg(background));
        }
        Block::Choices(choices) => choices.iter().for_each(|choice| draw_choice(choice, pen)),
        Block::Log(lines) => {
            for line in lines {
                // One line each: the log is in the file, this is to recognise it by.
                let cut = wrap(line, usize::from(pen.area.width)).swap_remove(0);
                pen.line(0, &cut, Style::new().fg(Tone::Quiet.text()));
            }
        }
    }
}

/// A table; a last column that doesn't fit beside the others goes below each row.
fn table(head: &[String], rows: &[Vec<String>], pen: &mut Pen<'_>) {
    const GAP: usize = 3;
    let widths = column_widths(head, rows);
    let room = usize::from(pen.area.width);
    let total: usize = widths.iter().map(|width| width + GAP).sum();
    let below = total > room && head.len() > 1;
    let columns = if below { head.len() - 1 } else { head.len() };
    let aligned = |row: &[String]| {
        row.iter()
            .zip(&widths)
            .take(columns)
            .map(|(cell, limit)| format!("{cell}{}", " ".repeat(limit + GAP - width(cell))))
            .collect::<String>()
    };
    pen.line(0, aligned(head).trim_end(), Style::new().fg(Tone::Quiet.text()));
    let strong = Style::new().fg(Tone::Calm.text()).add_modifier(Modifier::BOLD);
    for row in rows {
        pen.line(0, aligned(row).trim_end(), strong);
        if below && let Some(last) = row.last() {
            pen.text(3, last, Style::new().fg(Tone::Warning.text()));
        }
    }
}

fn bar(label: &str, permille: u16, caption: &str, pen: &mut Pen<'_>) {
    pen.line(0, label, Style::new().fg(Tone::Calm.text()));
    let share = format!("{:>4} %", permille / 10);
    let whole = pen.area.width.saturating_sub(cells(&share) + 1);
    let filled = u16::try_from(u32::from(whole) * u32::from(permille) / 1000).unwrap_or(0);
    let row = pen.area.y + pen.row;
    if pen.left() > 0 {
        let (full, _) = Tone::Good.band();
        for column in 0..whole {
            let colour = if column < filled { full } else { PANEL };
            pen.buffer[(pen.area.x + column, row)].set_bg(colour);
        }
    }
    pen.line(whole + 1, &share, Style::new().fg(Tone::Calm.text()).add_modifier(Modifier::BOLD));
    pen.line(0, caption, Style::new().fg(Tone::Quiet.text()));
}

fn draw_choice(choice: &Choice, pen: &mut Pen<'_>) {
    let (background, text) = if choice.chosen { Tone::Calm.band() } else { (BACKGROUND, Tone::Calm.text()) };
    let text = if choice.available { text } else { Tone::Quiet.text() };
    let top = pen.area.y + pen.row;
    let height = 3 + u16::try_from(choice.facts.len()).unwrap_or(0);
    let area = Rect { x: pen.area.x, y: top, width: pen.area.width, height };
    pen.buffer.set_style(area.intersection(pen.buffer.area), Style::new().bg(background));
    let style = Style::new().fg(text).bg(background);
    if pen.left() >= 2 {
        put_large(pen.buffer, pen.area.x + 1, top, &format!("{} {}", choice.key, choice.title), style);
    }
    pen.skip(2);
    for fact in &choice.facts {
        pen.text(5, fact, style);
    }
    pen.skip(1);
}
