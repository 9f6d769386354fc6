//! A page as lines of text, for serial consoles: readable by a person and by a script.

use std::fmt::Write as _;

use zshield_messages::explained;
use zshield_messages::say::rescue as say;

use super::page::{Block, DiskRow, Page};
use super::wrap::width;
use super::{Frame, Screen, content};
use crate::operations::Vouched;

/// The lines of a screen with its frame. Lines come only at the end while a screen goes on, so
/// that a console prints what is new and not the whole again.
pub(crate) fn lines(frame: &Frame, screen: &Screen) -> Vec<String> {
    let page = content::page(screen);
    let mut lines = vec![String::new(), format!("==== {} ====", page.headline)];
    if let Some(product) = &frame.product {
        lines.push(format!("{} {}", product.name, product.version));
        lines.push(match product.vouched() {
            Vouched::By(key) => say::signature_trusted(key),
            Vouched::NotCompared => say::image_not_compared(),
            Vouched::Foreign => {
                format!("!!! {} !!! {}", say::image_foreign(), say::image_foreign_means())
            }
            Vouched::Nobody => format!("!!! {} !!!", say::signature_unsigned()),
        });
    }
    for warning in &frame.warnings {
        lines.push(format!("! {warning}"));
    }
    match screen {
        Screen::Progress(progress) => {
            if let Some(facts) = &progress.resumed {
                lines.push(say::progress_resumed());
                lines.extend(facts.iter().map(ToString::to_string));
            }
            lines.extend(progress.steps.iter().map(content::plain_step));
        }
        _ => body(&page, &mut lines),
    }
    if !matches!(screen, Screen::Starting(_) | Screen::Progress(_)) {
        lines.push(keys(&page));
    }
    lines
}

fn keys(page: &Page) -> String {
    let keys: Vec<String> =
        page.keys.iter().map(|hint| format!("[{}] {}", hint.key, hint.does)).collect();
    keys.join("   ")
}

fn body(page: &Page, lines: &mut Vec<String>) {
    for block in &page.blocks {
        match block {
            Block::Text(_, text) => lines.push(text.clone()),
            Block::Call(text) => lines.push(format!(">> {text}")),
            Block::Disks(disks) => disk_table(disks, lines),
            Block::List { title, items, .. } => {
                lines.push(title.clone());
                lines.extend(items.iter().map(|item| format!("  - {item}")));
            }
            Block::Choices(choices) => {
                for choice in choices {
                    let mark = if choice.chosen { '>' } else { ' ' };
                    lines.push(format!("{mark} {}. {}", choice.key, choice.title));
                    lines.extend(choice.facts.iter().map(|fact| format!("      {fact}")));
                }
            }
            Block::Log(log) => lines.extend(log.iter().map(|line| format!("  | {line}"))),
            // What changes at every moment is no line.
            Block::Bar { .. } | Block::Field { .. } => {}
        }
    }
}

/// Disks in aligned columns; what is said of one stands below it.
fn disk_table(disks: &[DiskRow], lines: &mut Vec<String>) {
    let head = say_head();
    let rows: Vec<[&str; 5]> = disks.iter().map(cells).collect();
    let widths = column_widths(&head, &rows);
    lines.push(format!("  {}", aligned(&head.each_ref().map(String::as_str), &widths)));
    for (disk, row) in disks.iter().zip(&rows) {
        lines.push(format!("  {}", aligned(row, &widths)));
        let against = |why| format!("      {}", explained(say::disk_passed_over(), why));
        lines.extend(disk.why.iter().map(against));
    }
}

/// The heads of a table of disks.
pub(super) fn say_head() -> [String; 5] {
    [say::disk_role(), say::disk_size(), say::disk_device(), say::disk_model(), say::disk_serial()]
}

/// A disk's row of a table.
pub(super) fn cells(disk: &DiskRow) -> [&str; 5] {
    [&disk.role, &disk.size, &disk.device, &disk.model, &disk.serial]
}

/// Cells padded to their columns.
pub(super) fn aligned(row: &[&str; 5], widths: &[usize; 5]) -> String {
    let mut line = String::new();
    for (cell, limit) in row.iter().zip(widths) {
        let _ = write!(line, "{cell}{}", " ".repeat(limit + 2 - width(cell)));
    }
    line.trim_end().to_owned()
}

/// The width of each column.
pub(super) fn column_widths(head: &[String; 5], rows: &[[&str; 5]]) -> [usize; 5] {
    std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| width(row[column]));
        cells.chain([width(&head[column])]).max().unwrap_or(0)
    })
}

/// What a console has yet to print to show `now` after `before`.
pub(crate) fn news<'a>(before: &[String], now: &'a [String]) -> &'a [String] {
    now.strip_prefix(before).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::news;

    #[test]
    fn only_what_is_new_is_printed() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        assert_eq!(news(&lines("ab"), &lines("abc")), lines("c"));
        assert_eq!(news(&lines("ab"), &lines("ab")), lines(""));
        assert_eq!(news(&lines("abc"), &lines("ab")), lines("ab"));
        assert_eq!(news(&lines("ab"), &lines("xb")), lines("xb"));
    }
}
