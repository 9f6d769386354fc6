//! A page drawn into a ratatui buffer.

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use zshield_messages::say::rescue as say;

use super::page::{BACKGROUND, Block, Choice, DiskRow, Hint, PANEL, Page, Tone};
use super::plain::{aligned, cells as disk_cells, column_widths, say_head};
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
            put(
                buffer,
                MARGIN,
                1,
                &say::signature_trusted(key),
                Style::new().fg(Tone::Good.text()).bg(PANEL),
            );
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

/// A pen that goes down the page.
struct Pen<'a> {
    area: Rect,
    row: u16,
    fit: Fit,
    buffer: &'a mut Buffer,
}

impl Pen<'_> {
    fn left(&self) -> u16 {
        self.area.height.saturating_sub(self.row)
    }

    /// How many characters fit in a line.
    fn room(&self, indent: u16, size: Size) -> u16 {
        self.area.width.saturating_sub(indent) / size.cells()
    }

    /// The size for text of a tone: what matters less is small.
    const fn size_of(&self, tone: Tone) -> Size {
        match tone {
            Tone::Quiet => Size::Normal,
            Tone::Calm | Tone::Good | Tone::Warning | Tone::Danger => self.fit.text,
        }
    }

    fn line(&mut self, indent: u16, text: &str, size: Size, style: Style) {
        let (x, y) = (self.area.x + indent, self.area.y + self.row);
        if self.left() >= size.cells() {
            match size {
                Size::Normal => put(self.buffer, x, y, text, style),
                Size::Large => put_large(self.buffer, x, y, text, style),
            };
        }
        self.row += size.cells() + if size == Size::Large { self.fit.leading } else { 0 };
    }

    fn text(&mut self, indent: u16, text: &str, size: Size, style: Style) {
        for line in wrap(text, usize::from(self.room(indent, size))) {
            self.line(indent, &line, size, style);
        }
    }
}

/// How large a page is drawn.
#[derive(Clone, Copy)]
struct Fit {
    /// What is to be read first.
    text: Size,
    /// Disks.
    disks: Size,
    /// Free rows below each large line.
    leading: u16,
}

/// Draws the body as large as it fits; many disks are the first to become small.
fn body(page: &Page, area: Rect, buffer: &mut Buffer) {
    use Size::{Large, Normal};
    let fits = [(Large, Large, 1), (Large, Large, 0), (Large, Normal, 0), (Normal, Normal, 0)];
    for (text, disks, leading) in fits {
        let mut trial = buffer.clone();
        let rows = draw_body(page, area, Fit { text, disks, leading }, &mut trial);
        if rows <= area.height || text == Normal {
            *buffer = trial;
            return;
        }
    }
}

/// Draws the body; returns the rows that it needs, but for logs and lists of the past.
fn draw_body(page: &Page, area: Rect, fit: Fit, buffer: &mut Buffer) -> u16 {
    let mut pen = Pen { area, row: 1, fit, buffer };
    let mut needed = 0;
    for (place, block) in page.blocks.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| page.blocks.get(place));
        let together = matches!((before, block), (Some(Block::Text(..)), Block::Text(..)));
        if before.is_some() && !together {
            pen.row += 1;
        }
        draw_block(block, &mut pen);
        if !matches!(block, Block::Log(_) | Block::List { tone: Tone::Quiet, .. }) {
            needed = pen.row;
        }
    }
    needed
}

fn draw_block(block: &Block, pen: &mut Pen<'_>) {
    match block {
        Block::Text(tone, text) => {
            pen.text(0, text, pen.size_of(*tone), Style::new().fg(tone.text()));
        }
        Block::Call(text) => call(text, pen),
        Block::Disks(rows) => disks(rows, pen),
        Block::List { tone, title, items } => {
            let (size, style) = (pen.size_of(*tone), Style::new().fg(tone.text()));
            pen.text(0, title, size, Style::new().fg(Tone::Quiet.text()));
            for item in items {
                let row = pen.row;
                pen.line(0, "•", size, style);
                pen.row = row;
                pen.text(2 * size.cells(), item, size, style);
            }
        }
        Block::Bar { label, permille, caption } => bar(label, *permille, caption, pen),
        Block::Field { typed, length } => {
            let (background, text) = Tone::Calm.band();
            let blanks = "_".repeat(length.saturating_sub(typed.chars().count()));
            pen.line(
                0,
                &format!(" {typed}{blanks} "),
                Size::Large,
                Style::new().fg(text).bg(background),
            );
        }
        Block::Choices(choices) => choices.iter().for_each(|choice| draw_choice(choice, pen)),
        Block::Log(lines) => {
            for line in lines {
                // One line each: the log is in the file, this is to recognise it by.
                let cut = wrap(line, usize::from(pen.area.width)).swap_remove(0);
                pen.line(0, &cut, Size::Normal, Style::new().fg(Tone::Quiet.text()));
            }
        }
    }
}

/// Disks: large, each in two lines, what tells them apart first; small, as a table.
fn disks(disks: &[DiskRow], pen: &mut Pen<'_>) {
    let quiet = Style::new().fg(Tone::Quiet.text());
    let strong = Style::new().fg(Tone::Calm.text()).add_modifier(Modifier::BOLD);
    let head = say_head();
    let rows: Vec<[&str; 5]> = disks.iter().map(disk_cells).collect();
    let widths = column_widths(&head, &rows);
    if pen.fit.disks == Size::Normal {
        pen.line(0, &aligned(&head.each_ref().map(String::as_str), &widths), Size::Normal, quiet);
    }
    for (disk, row) in disks.iter().zip(&rows) {
        match pen.fit.disks {
            Size::Normal => pen.line(0, &aligned(row, &widths), Size::Normal, strong),
            Size::Large => {
                let [role, size, device, model, serial] = row;
                let first = aligned(&[role, size, device, "", ""], &widths);
                pen.text(0, &first, Size::Large, strong);
                let indent = 2 * (cells(role) + 2);
                pen.text(indent, &say::disk_identity(*model, *serial), Size::Large, quiet);
            }
        }
        if let Some(why) = &disk.why {
            let indent = 2 * pen.fit.disks.cells();
            pen.text(indent, why, pen.fit.disks, Style::new().fg(Tone::Warning.text()));
        }
    }
}

/// The one thing to do now, on a field of its own.
fn call(text: &str, pen: &mut Pen<'_>) {
    const FIELD: Color = Color::Rgb(0x2f, 0x80, 0xc2);
    let lines = wrap(text, usize::from(pen.room(8, Size::Large)));
    let widest = lines.iter().map(|line| cells(line)).max().unwrap_or(0);
    let height = 2 * u16::try_from(lines.len()).unwrap_or(1) + 2;
    let area = Rect { y: pen.area.y + pen.row, width: 2 * widest + 8, height, ..pen.area };
    pen.buffer.set_style(area.intersection(pen.buffer.area), Style::new().bg(FIELD));
    let style = Style::new().fg(Color::Rgb(0xff, 0xff, 0xff)).bg(FIELD);
    pen.row += 1;
    let leading = std::mem::take(&mut pen.fit.leading);
    for line in &lines {
        pen.line(4, line, Size::Large, style);
    }
    pen.fit.leading = leading;
    pen.row += 1;
}

fn bar(label: &str, permille: u16, caption: &str, pen: &mut Pen<'_>) {
    let size = pen.fit.text;
    pen.line(0, label, size, Style::new().fg(Tone::Calm.text()));
    let share = format!("{:>4} %", permille / 10);
    let whole = pen.area.width.saturating_sub((cells(&share) + 1) * size.cells());
    let filled = u16::try_from(u32::from(whole) * u32::from(permille) / 1000).unwrap_or(0);
    if pen.left() >= size.cells() {
        let (full, _) = Tone::Good.band();
        let top = pen.area.y + pen.row;
        for (x, y) in (0..whole).flat_map(|x| (top..top + size.cells()).map(move |y| (x, y))) {
            let colour = if x < filled { full } else { PANEL };
            pen.buffer[(pen.area.x + x, y)].set_bg(colour);
        }
    }
    pen.line(whole, &share, size, Style::new().fg(Tone::Calm.text()).add_modifier(Modifier::BOLD));
    pen.line(0, caption, size, Style::new().fg(Tone::Quiet.text()));
}

fn draw_choice(choice: &Choice, pen: &mut Pen<'_>) {
    let (background, text) =
        if choice.chosen { Tone::Calm.band() } else { (BACKGROUND, Tone::Calm.text()) };
    let text = if choice.available { text } else { Tone::Quiet.text() };
    let lines: Vec<String> = choice
        .facts
        .iter()
        .flat_map(|fact| wrap(fact, usize::from(pen.room(6, Size::Normal))))
        .collect();
    let height = 4 + u16::try_from(lines.len()).unwrap_or(0);
    let area = Rect { y: pen.area.y + pen.row, height, ..pen.area };
    pen.buffer.set_style(area.intersection(pen.buffer.area), Style::new().bg(background));
    let style = Style::new().fg(text).bg(background);
    pen.row += 1;
    pen.line(2, &format!("{} {}", choice.key, choice.title), Size::Large, style);
    for line in &lines {
        pen.line(6, line, Size::Normal, style);
    }
    pen.row += 1;
}
