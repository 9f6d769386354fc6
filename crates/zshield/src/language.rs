//! The language of the command line: what `--lang` says, or else the locale.

use std::ffi::OsString;

use zshield_messages::{Language, set_language};

/// Chooses the language before the command line is parsed, since its help is in it too.
pub(crate) fn choose(arguments: &[OsString]) {
    let asked = asked_for(arguments);
    let tag = asked.or_else(|| {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    });
    if let Some(language) = tag.as_deref().and_then(Language::from_tag) {
        set_language(language);
    }
}

fn asked_for(arguments: &[OsString]) -> Option<String> {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--lang" {
            return words.next().map(str::to_owned);
        }
        if let Some(tag) = word.strip_prefix("--lang=") {
            return Some(tag.to_owned());
        }
    }
    None
}
