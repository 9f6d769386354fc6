//! Ranges of subordinate numbers: several lines can be of one name.

use super::lines::{Entry, Line, entries};

/// Lowest number and count.
type Range = (u64, u64);

/// The ranges of both sides. A name's ranges are the new version's where nobody changed them here.
pub(super) fn merged(old: &[Line], local: Vec<Line>, new: &[Line]) -> Vec<Line> {
    let of = |lines: &[Line], name: &[u8]| -> Vec<Entry> {
        entries(lines).filter(|it| it.name() == name).cloned().collect()
    };
    let follows = |name: &[u8]| {
        let (was, here, there) = (of(old, name), of(&local, name), of(new, name));
        here == was && here != there && !there.is_empty()
    };
    let stays = |line: &&Line| match line {
        Line::Entry(entry) => !follows(entry.name()),
        Line::Other(_) => true,
    };
    let mut lines: Vec<Line> = local.iter().filter(stays).cloned().collect();
    for entry in entries(new).filter(|it| follows(it.name())) {
        let moved = moved(entry, &lines);
        lines.push(Line::Entry(moved));
    }
    lines
}

fn range(entry: &Entry) -> Option<Range> {
    let number = |index: usize| std::str::from_utf8(entry.fields.get(index)?).ok()?.parse().ok();
    Some((number(1)?, number(2)?))
}

/// An entry whose range overlaps none of the others.
fn moved(entry: &Entry, others: &[Line]) -> Entry {
    let Some((start, count)) = range(entry) else { return entry.clone() };
    let taken: Vec<Range> = entries(others).filter_map(range).collect();
    let end = |(start, count): Range| start.saturating_add(count);
    let overlaps = |other: &Range| start < end(*other) && other.0 < end((start, count));
    if !taken.iter().any(overlaps) {
        return entry.clone();
    }
    let behind = taken.iter().map(|range| end(*range)).max().unwrap_or(start);
    let mut fields = entry.fields.clone();
    fields[1] = behind.to_string().into_bytes();
    Entry { fields }
}
