//! What comes to the rescue system from GRUB, from whoever sits before it, and from its files.

use zshield_formats::depmod::{Index, Lists};
use zshield_rescue::{CommandLine, Settings, fuzzing};

pub(crate) fn cmdline(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    let read = CommandLine::parse(&line);
    // What is not understood is said, and nothing else follows from it.
    for warning in &read.warnings {
        assert!(!warning.to_string().is_empty());
    }
    assert_eq!(CommandLine::parse(&line), read);
}

pub(crate) fn settings(bytes: &[u8]) {
    let Ok(settings) = Settings::parse(&String::from_utf8_lossy(bytes)) else { return };
    // What lets a person in is there only where it is asked for.
    let asked = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(!settings.allow_shell || asked(b"allow_shell") || asked(b"\\"));
}

pub(crate) fn key(bytes: &[u8]) {
    assert!(fuzzing::keys(bytes) <= bytes.len());
}

pub(crate) fn line(bytes: &[u8]) {
    let shown = fuzzing::line(&String::from_utf8_lossy(bytes));
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

/// Parts of a file, with empty lines between them.
pub(crate) fn parts<const N: usize>(text: &str) -> [&str; N] {
    let mut parts = text.split("\n\n");
    [(); N].map(|()| parts.next().unwrap_or_default())
}

pub(crate) fn modules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let [dep, alias, softdep, device] = parts(&text);
    let index = Index::parse(Lists { dep, alias, softdep, builtin: "" });
    for module in index.for_device(device).flat_map(|module| index.in_order(module)) {
        assert!(!module.contains('/'), "{module}");
    }
}
