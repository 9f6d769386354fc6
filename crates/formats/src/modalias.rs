//! The patterns by which a module names its devices: shell globs over their modaliases.

/// Whether a glob (`*`, `?`, `[0-9a-f]`, no escapes) covers the whole of a text.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    // Where to go on after the last star: behind it in the pattern, and one further in the text.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, place));
                at += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => in_class(&pattern[at + 1..], text[place]),
            Some(&byte) if byte == text[place] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(length), _) => {
                at += length;
                place += 1;
            }
            (None, Some((after, tried))) => {
                star = Some((after, tried + 1));
                at = after;
                place = tried + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

/// The length of a class with its brackets if the byte is in it. `class` begins after the `[`.
fn in_class(class: &[u8], byte: u8) -> Option<usize> {
    let end = class.iter().position(|&member| member == b']')?;
    let mut members = &class[..end];
    while let Some(&low) = members.first() {
        let (high, length) = match members {
            [_, b'-', high, ..] => (*high, 3),
            _ => (low, 1),
        };
        if (low..=high).contains(&byte) {
            return Some(end + 2);
        }
        members = &members[length..];
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::matches;

    fn covers(pattern: &str, text: &str) -> bool {
        matches(pattern.as_bytes(), text.as_bytes())
    }

    #[test]
    fn modaliases_of_real_devices_meet_their_patterns() {
        let ahci = "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01";
        assert!(covers("pci:v*d*sv*sd*bc01sc06i01*", ahci));
        assert!(covers("pci:v00008086d00002922sv*sd*bc*sc*i*", ahci));
        assert!(!covers("pci:v00001000d000010E7sv*sd*bc*sc*i*", ahci));
        assert!(covers(
            "usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*",
            "usb:v46F4p0001d0000dc00dsc00dp00ic08isc06ip50in00"
        ));
        assert!(covers("usb:v0001p000[1-3a]d*", "usb:v0001p000ad0001"));
        assert!(!covers("usb:v0001p000[1-3a]d*", "usb:v0001p0004d0001"));
    }

    #[test]
    fn stars_go_back_as_far_as_they_must() {
        assert!(covers("a*b*c", "aXbYbZc"));
        assert!(!covers("a*b*c", "aXbYbZ"));
        assert!(covers("*", ""));
        assert!(!covers("?", ""));
        assert!(!covers("[", "["));
    }

    proptest! {
        #[test]
        fn a_text_meets_itself_with_any_part_starred(text in "[a-z0-9:]{0,20}", from in 0usize..21, to in 0usize..21) {
            let (from, to) = (from.min(to).min(text.len()), from.max(to).min(text.len()));
            let pattern = format!("{}*{}", &text[..from], &text[to..]);
            prop_assert!(covers(&pattern, &text));
        }

        #[test]
        fn no_pattern_panics(pattern in "[*?\\[\\]a-c-]{0,12}", text in "[a-c]{0,12}") {
            covers(&pattern, &text);
        }
    }
}
