//! The tokens of a Rust file, as far as paths are concerned: names, `::`, and single marks. Comments,
//! texts and what is for tests alone are left out.

/// Whether a token is a name or a keyword.
pub(super) fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Vec<String> {
    without_tests(all(text))
}

/// All tokens.
fn all(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = silent(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a comment, a text or a character that stands at the beginning.
fn silent(rest: &str) -> Option<usize> {
    let behind = |from: usize, end: &str| {
        rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(behind(2, "*/"));
    }
    let prefix = ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| {
        let marks = rest.strip_prefix(prefix).map(|rest| rest.trim_start_matches('#'));
        marks.is_some_and(|marks| marks.starts_with('"'))
    });
    let prefix = prefix.unwrap_or_default();
    if prefix.ends_with('r') {
        let marks = rest[prefix.len()..].find('"')?;
        let end = format!("\"{}", "#".repeat(marks));
        return Some(behind(prefix.len() + marks + 1, &end));
    }
    if rest[prefix.len()..].starts_with('"') {
        return Some(quoted(rest, prefix.len() + 1, '"'));
    }
    // A lifetime has no second quote behind its first character.
    let character = rest.strip_prefix('\'')?;
    let escaped = character.starts_with('\\');
    let closed = character.chars().nth(1) == Some('\'');
    (escaped || closed).then(|| quoted(rest, 1, '\''))
}

/// The place behind the quote that ends a text.
fn quoted(text: &str, from: usize, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        if !escaped && c == quote {
            return from + at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    text.len()
}

/// Leaves out each item that is compiled for tests alone.
fn without_tests(all: Vec<String>) -> Vec<String> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(all.len());
    let mut at = 0;
    while at < all.len() {
        if all[at..].len() >= TEST.len()
            && all[at..].iter().zip(TEST).all(|(one, other)| one == other)
        {
            at = item_end(&all, at + TEST.len());
        } else {
            kept.push(all[at].clone());
            at += 1;
        }
    }
    kept
}

/// The place behind the item that begins at a token: its last brace, or a semicolon.
fn item_end(tokens: &[String], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_comments_and_characters_say_nothing() {
        let text = "a /* b */ \"c \\\" d\" r#\"e \" f\"# b\"g\" '\\'' 'h' '\"' // i\n j::k";
        assert_eq!(tokens(text), ["a", "j", "::", "k"]);
        assert_eq!(tokens("fn f<'a>(x: &'a str)").join(" "), "fn f < ' a > ( x : & ' a str )");
    }

    #[test]
    fn what_is_for_tests_alone_is_left_out() {
        let text = "a; #[cfg(test)] use b::{c, d}; e; #[cfg(test)] mod f { fn g() { h } } i";
        assert_eq!(tokens(text).join(" "), "a ; ; e ; i");
    }
}
