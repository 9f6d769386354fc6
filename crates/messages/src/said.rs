//! A text that is kept.

use std::fmt;

use fluent_bundle::FluentValue;
use serde::{Deserialize, Serialize};

use crate::{Argument, Language, in_language, language};

/// A text in both languages: whoever reads it later may speak another than the process that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Said {
    english: String,
    chinese: String,
}

impl Said {
    /// What `text` renders in each language.
    pub fn of(text: impl Fn() -> String) -> Self {
        Self {
            english: in_language(Language::English, &text),
            chinese: in_language(Language::Chinese, text),
        }
    }
}

/// Words that are the same in both: a tool's own, or those of a version that kept one language.
impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { english: text.clone(), chinese: text }
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match language() {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        })
    }
}

impl Argument for Said {
    fn value(&self) -> FluentValue<'static> {
        self.to_string().value()
    }
}

/// Its form in a file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    /// The same in both.
    Same(String),
    /// One for each.
    Each { en: String, zh: String },
}

impl From<Kept> for Said {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Same(text) => text.into(),
            Kept::Each { en, zh } => Self { english: en, chinese: zh },
        }
    }
}

impl From<Said> for Kept {
    fn from(Said { english, chinese }: Said) -> Self {
        if english == chinese {
            Self::Same(english)
        } else {
            Self::Each { en: english, zh: chinese }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say;

    #[test]
    fn a_text_that_is_kept_is_read_in_the_reader_s_language() {
        let text = || say::common::unknown_language("fr");
        let kept = in_language(Language::English, || Said::of(text));
        let json = serde_json::to_string(&kept).unwrap();
        // Scripts read it too, by these names.
        for (language, name) in [(Language::English, "en"), (Language::Chinese, "zh")] {
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value[name], in_language(language, text));
        }
        let read: Said = serde_json::from_str(&json).unwrap();
        for language in [Language::English, Language::Chinese] {
            assert_eq!(in_language(language, || read.to_string()), in_language(language, text));
        }
        assert_eq!(read, kept);
    }

    #[test]
    fn what_an_earlier_version_kept_is_read_as_it_is() {
        let read: Said = serde_json::from_str("\"full\"").unwrap();
        let shown = || say::common::unknown_language(&read);
        assert!(in_language(Language::Chinese, shown).contains("full"));
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"full\"");
    }
}
