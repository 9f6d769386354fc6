//! A text that describes a group.

/// What is asked of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    /// How often the group was changed.
    pub(crate) seqno: u32,
    /// Everything, the zero behind it included.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Text<'a> {
    /// The text that begins here, if it is a whole one of this group and names this physical
    /// volume. One of an earlier group on this disk has other ids.
    pub(crate) fn beginning(bytes: &'a [u8], group: &str, physical: &str) -> Option<Self> {
        let rest = bytes.strip_prefix(group.as_bytes())?;
        rest.starts_with(b" {\n").then_some(())?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?;
        let named = format!("id = \"{physical}\"");
        if !is_closed(text) || !is_ended(text) || !text.lines().any(|line| line == named) {
            return None;
        }
        let seqno = text.lines().find_map(|line| line.strip_prefix("seqno = "))?.parse().ok()?;
        Some(Self { seqno, bytes: &bytes[..=end] })
    }
}

/// What LVM writes last.
fn is_ended(text: &str) -> bool {
    let contents = "contents = \"Text Format Volume Group\"";
    let last = text.lines().rfind(|line| !line.is_empty());
    text.ends_with('\n')
        && text.lines().filter(|line| *line == contents).count() == 1
        && last.is_some_and(|line| line.starts_with("creation_time = "))
}

/// Whether each section that was opened is closed, and nothing else.
fn is_closed(text: &str) -> bool {
    let mut depth = 0u32;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return false,
            '}' => depth -= 1,
            '"' if !ends_string(&mut characters) => return false,
            '#' => {
                characters.find(|character| *character == '\n');
            }
            _ => {}
        }
    }
    depth == 0
}

/// Goes behind the quotation mark that ends a string.
fn ends_string(characters: &mut impl Iterator<Item = char>) -> bool {
    while let Some(character) = characters.next() {
        match character {
            '"' => return true,
            '\\' => drop(characters.next()),
            _ => {}
        }
    }
    false
}
