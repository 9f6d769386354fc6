//! The lines of a file of accounts.

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Of an account.
    Entry(Entry),
    /// A comment, an empty line, or one that refers to the network's accounts.
    Other(Vec<u8>),
}

/// An account. Names and comments may be of any encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its fields, the name first.
    pub fields: Vec<Vec<u8>>,
}

impl Entry {
    /// The account's name.
    pub(super) fn name(&self) -> &[u8] {
        self.fields.first().map_or(&[], Vec::as_slice)
    }
}

/// The lines of a file.
pub(super) fn parsed(text: &[u8]) -> Vec<Line> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    let line = |line: &[u8]| {
        let fields: Vec<Vec<u8>> = line.split(|byte| *byte == b':').map(<[u8]>::to_vec).collect();
        let is_entry = fields.len() > 1 && !matches!(line[0], b'#' | b'+' | b'-' | b':');
        if is_entry { Line::Entry(Entry { fields }) } else { Line::Other(line.to_vec()) }
    };
    text.split(|byte| *byte == b'\n').map(line).collect()
}

/// The text of a file with these lines.
pub(super) fn printed(lines: &[Line]) -> Vec<u8> {
    let text = |line: &Line| match line {
        Line::Entry(entry) => entry.fields.join(&b':'),
        Line::Other(text) => text.clone(),
    };
    lines.iter().flat_map(|line| [text(line), b"\n".to_vec()]).flatten().collect()
}

/// The accounts among lines.
pub(super) fn entries(lines: &[Line]) -> impl Iterator<Item = &Entry> {
    lines.iter().filter_map(|line| match line {
        Line::Entry(entry) => Some(entry),
        Line::Other(_) => None,
    })
}

/// The account of a name: the first one, as the C library finds it.
pub(super) fn find<'a>(lines: &'a [Line], name: &[u8]) -> Option<&'a Entry> {
    entries(lines).find(|entry| entry.name() == name)
}

/// A list of names with what each side added and without what each side removed, in the order of the machine's.
pub(super) fn united(was: &[u8], here: &[u8], there: &[u8]) -> Vec<u8> {
    let names = |list: &[u8]| -> Vec<Vec<u8>> {
        let names = list.split(|byte| *byte == b',').filter(|name| !name.is_empty());
        names.map(<[u8]>::to_vec).collect()
    };
    let [was, here, there] = [was, here, there].map(names);
    let stay = here.iter().filter(|name| there.contains(name) || !was.contains(name));
    let come = there.iter().filter(|name| !was.contains(name) && !here.contains(name));
    stay.chain(come).cloned().collect::<Vec<_>>().join(&b',')
}
