//! Breaking text into lines by the cells it takes.

use ratatui::text::Span;

/// The cells that a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Breaks a text into lines of at most `limit` cells: between words, and between any two wide
/// characters. A word longer than a line is cut.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for piece in pieces(paragraph) {
            if width(&line) + width(piece.trim_end()) > limit && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for character in piece.chars() {
                if width(&line) + width(character.encode_utf8(&mut [0; 4])) > limit
                    && character != ' '
                {
                    lines.push(std::mem::take(&mut line));
                }
                if !(line.is_empty() && character == ' ' && !lines.is_empty()) {
                    line.push(character);
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// What must not begin a line, as Chinese is set.
fn hangs(character: char) -> bool {
    "，。、；：！？）》”’…,.;:!?)".contains(character)
}

/// The pieces between which a line may be broken: a word with the spaces behind it, or a wide
/// character with the punctuation behind it.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (place, character) in text.char_indices() {
        let breaks = before.is_some_and(|before| {
            let wide = |character: char| width(character.encode_utf8(&mut [0; 4])) > 1;
            (before == ' ' && character != ' ')
                || ((wide(before) || wide(character))
                    && !hangs(character)
                    && character != ' '
                    && !"（《“‘(".contains(before))
        });
        if breaks {
            pieces.push(&text[start..place]);
            start = place;
        }
        before = Some(character);
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole_and_chinese_breaks_anywhere_but_before_punctuation() {
        assert_eq!(wrap("erase the whole disk", 10), ["erase the", "whole disk"]);
        assert_eq!(wrap("全部数据将被删除。", 8), ["全部数据", "将被删", "除。"]);
        assert_eq!(wrap("一\n二", 8), ["一", "二"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_character_lost(text in "[a-z中文，。 ]{0,60}", limit in 2usize..30) {
            let lines = wrap(&text, limit);
            prop_assert!(lines.iter().all(|line| width(line) <= limit), "{lines:?}");
            let kept: String = lines.concat().replace(' ', "");
            prop_assert_eq!(kept, text.replace(' ', ""));
        }
    }
}
