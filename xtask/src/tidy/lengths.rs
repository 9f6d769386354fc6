//! No Rust file is too long to be read at once.

use super::Text;

/// No Rust file is longer.
const LINES: usize = 400;

pub(super) fn fault(text: &Text) -> Option<String> {
    let lines = text.content.lines().count();
    (text.ends_in("rs") && lines > LINES)
        .then(|| format!("{}: {lines} lines; {LINES} are the limit", text.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_rust_file_is_a_fault_and_a_long_text_is_not() {
        let text = "x\n".repeat(LINES + 1);
        assert!(fault(&Text::made("a.rs", &text)).is_some());
        assert_eq!(fault(&Text::made("a.md", &text)), None);
        assert_eq!(fault(&Text::made("a.rs", &text[2..])), None);
    }
}
