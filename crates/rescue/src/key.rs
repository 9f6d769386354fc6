//! Keys, out of the bytes that a terminal sends.

/// A key as far as a dialog knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A character; letters come as they were typed.
    Char(char),
    /// Return.
    Enter,
    /// Escape, alone.
    Escape,
    /// Backspace or delete.
    Backspace,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// A function key, from 1.
    Function(u8),
}

impl Key {
    /// Whether it is this letter, in either case: Caps Lock is no mistake of the person's.
    pub(crate) fn is(self, letter: char) -> bool {
        matches!(self, Self::Char(typed) if typed.eq_ignore_ascii_case(&letter))
    }
}

/// The keys in what came in one go, which is whole: an escape at its end was the escape key.
/// What makes no sense (line noise, half a character) is left out.
pub(crate) fn decode(mut bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while let Some(&first) = bytes.first() {
        let (key, length) = match first {
            0x1b => escape(bytes),
            b'\r' if bytes.get(1) == Some(&b'\n') => (Some(Key::Enter), 2),
            b'\r' | b'\n' => (Some(Key::Enter), 1),
            0x08 | 0x7f => (Some(Key::Backspace), 1),
            0x20..0x7f => (Some(Key::Char(char::from(first))), 1),
            0x80.. => character(bytes),
            _ => (None, 1),
        };
        keys.extend(key);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    keys
}

/// A character of several bytes.
fn character(bytes: &[u8]) -> (Option<Key>, usize) {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid
        .chars()
        .next()
        .map_or((None, 1), |character| (Some(Key::Char(character)), character.len_utf8()))
}

/// What begins with an escape: the sequences of the Linux console, of xterm and of VT100s.
fn escape(bytes: &[u8]) -> (Option<Key>, usize) {
    match bytes.get(1) {
        None | Some(0x1b) => (Some(Key::Escape), 1),
        Some(b'O') => match bytes.get(2) {
            Some(&last) => (arrow(last).or_else(|| function(last, b'P')), 3),
            None => (None, 2),
        },
        // The Linux console's F1 to F5: ESC [ [ A to E.
        Some(b'[') if bytes.get(2) == Some(&b'[') => {
            (bytes.get(3).and_then(|&last| function(last, b'A')), 4)
        }
        Some(b'[') => {
            let body = bytes[2..].iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
            let parameters = &bytes[2..2 + body];
            let key = match bytes.get(2 + body) {
                Some(b'~') => numbered(parameters),
                Some(&last) => arrow(last),
                None => None,
            };
            (key, 3 + body)
        }
        // Alt with a key: not ours, and not the escape key followed by another.
        Some(_) => (None, 2),
    }
}

fn arrow(last: u8) -> Option<Key> {
    match last {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        _ => None,
    }
}

fn function(last: u8, first: u8) -> Option<Key> {
    let number = last.checked_sub(first)?;
    (number < 5).then(|| Key::Function(number + 1))
}

/// ESC [ 11 ~ to ESC [ 15 ~ are F1 to F5, with modifiers behind a semicolon.
fn numbered(parameters: &[u8]) -> Option<Key> {
    let number: u8 = std::str::from_utf8(parameters).ok()?.split(';').next()?.parse().ok()?;
    match number {
        3 => Some(Key::Backspace),
        11..=15 => Some(Key::Function(number - 10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_keys_are_themselves() {
        assert_eq!(decode(b"iI4"), [Key::Char('i'), Key::Char('I'), Key::Char('4')]);
        assert_eq!(decode("中é".as_bytes()), [Key::Char('中'), Key::Char('é')]);
        assert_eq!(
            decode(b"\r\n\r\n\x7f\x08"),
            [Key::Enter, Key::Enter, Key::Enter, Key::Backspace, Key::Backspace][1..]
        );
    }

    #[test]
    fn every_terminal_has_its_own_f2_and_arrows() {
        for f2 in [&b"\x1b[[B"[..], b"\x1bOQ", b"\x1b[12~", b"\x1b[12;2~"] {
            assert_eq!(decode(f2), [Key::Function(2)], "{f2:?}");
        }
        for up in [&b"\x1b[A"[..], b"\x1bOA", b"\x1b[1;5A"] {
            assert_eq!(decode(up), [Key::Up], "{up:?}");
        }
        assert_eq!(decode(b"\x1b"), [Key::Escape]);
        assert_eq!(decode(b"\x1b\x1b[B"), [Key::Escape, Key::Down]);
    }

    #[test]
    fn noise_is_left_out() {
        assert!(decode(b"\0\x01\xff\xfe\xe4\xb8").is_empty());
        assert_eq!(decode(b"\x1bi"), []);
        assert_eq!(decode(b"\xffx\x1b["), [Key::Char('x')]);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            decode(&bytes);
        }
    }
}
