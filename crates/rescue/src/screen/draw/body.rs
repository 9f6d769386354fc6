//! A page's blocks, one below the other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use zshield_messages::say::rescue as say;

use super::super::page::{BACKGROUND, Block, Choice, DiskRow, PANEL, Page, Tone};
use super::super::plain::{aligned, cells as disk_cells, column_widths, say_head};
use super::super::wrap::wrap;
use super::{Size, cells, put, put_large};

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
    /// The titles of choices.
    choices: Size,
    /// Free rows above and below each choice.
    around: u16,
    /// Free rows below each large line.
    leading: u16,
}

/// Draws the body as large as it fits; many disks are the first to become small.
pub(super) fn draw(page: &Page, area: Rect, buffer: &mut Buffer) {
    use Size::{Large, Normal};
    let smallest = Fit { text: Normal, disks: Normal, choices: Normal, around: 0, leading: 0 };
    let close = Fit { choices: Large, ..smallest };
    let small = Fit { around: 1, ..close };
    let large = Fit { text: Large, ..small };
    let large_disks = Fit { disks: Large, ..large };
    let fits = [Fit { leading: 1, ..large_disks }, large_disks, large, small, close];
    let drawn = |fit: Fit| {
        let mut trial = buffer.clone();
        let rows = draw_body(page, area, fit, &mut trial);
        (trial, rows)
    };
    let fitting = fits.into_iter().map(drawn).find(|(_, rows)| *rows <= area.height);
    *buffer = fitting.map_or_else(|| drawn(smallest).0, |(trial, _)| trial);
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
                pen.text(
                    indent,
                    &say::DiskIdentity { model: *model, serial: *serial }.to_string(),
                    Size::Large,
                    quiet,
                );
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

/// A choice with room around it; where the page is drawn small, without.
fn draw_choice(choice: &Choice, pen: &mut Pen<'_>) {
    let (background, text) =
        if choice.chosen { Tone::Calm.band() } else { (BACKGROUND, Tone::Calm.text()) };
    let text = if choice.available { text } else { Tone::Quiet.text() };
    let Fit { choices: size, around, .. } = pen.fit;
    let lines: Vec<String> = choice
        .facts
        .iter()
        .flat_map(|fact| wrap(fact, usize::from(pen.room(6, Size::Normal))))
        .collect();
    let height = 2 * around + size.cells() + u16::try_from(lines.len()).unwrap_or(0);
    let area = Rect { y: pen.area.y + pen.row, height, ..pen.area };
    pen.buffer.set_style(area.intersection(pen.buffer.area), Style::new().bg(background));
    let style = Style::new().fg(text).bg(background);
    pen.row += around;
    let title = style.add_modifier(Modifier::BOLD);
    pen.line(2, &format!("{} {}", choice.key, choice.title), size, title);
    for line in &lines {
        pen.line(6, line, Size::Normal, style);
    }
    pen.row += around;
}
