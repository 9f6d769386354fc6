//! Everything that zshield says to a person, in Chinese and in English.
//!
//! The texts are Fluent files, one for each area, in `i18n/en` and `i18n/zh`. `build.rs` makes an
//! item of each message. `say::alarm::banner(3)` is the message `banner` of
//! `alarm.ftl`. A message with two arguments or more is a struct that displays itself, so that
//! each argument has its name at the call: `say::plan::LossGroup { group, volumes }`. A message
//! that lacks one of the languages, or takes other arguments there, fails the build; an unknown
//! one does not compile.

mod said;

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

pub use said::Said;

/// The messages, one module for each area.
// What documents a message is its text, which is no Markdown.
#[allow(clippy::doc_markdown)]
pub mod say {
    use crate::Source;
    include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
}

/// A language that zshield speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Language {
    /// English, the language where nothing else is asked for.
    English = 0,
    /// Simplified Chinese.
    Chinese = 1,
}

impl Language {
    /// The language of a locale's name (`zh_CN.UTF-8`), of a tag (`zh`), or `None` for others.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The tag used in `appliance.toml`, in `--lang` and on the kernel command line.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The language that a key switches to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }
}

static CURRENT: AtomicU8 = AtomicU8::new(Language::English as u8);

/// The language that messages are rendered in from now on.
pub fn set_language(language: Language) {
    CURRENT.store(language as u8, Ordering::Relaxed);
}

thread_local! {
    static HERE: Cell<Option<Language>> = const { Cell::new(None) };
}

/// What `text` renders in a given language, whatever the current one is.
///
/// For what is written once and read later, such as a boot menu.
pub fn in_language<T>(language: Language, text: impl FnOnce() -> T) -> T {
    let before = HERE.replace(Some(language));
    let rendered = text();
    HERE.set(before);
    rendered
}

/// The language that messages are rendered in.
pub fn language() -> Language {
    if let Some(language) = HERE.get() {
        language
    } else if CURRENT.load(Ordering::Relaxed) == Language::Chinese as u8 {
        Language::Chinese
    } else {
        Language::English
    }
}

/// What can stand in a message: a number, which may select a plural, or anything that displays.
pub trait Argument {
    /// The value as Fluent takes it.
    fn value(&self) -> FluentValue<'static>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Argument for $number {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64);

// A text stays a text even where it looks like a number: a serial number keeps its zeros.
macro_rules! texts {
    ($($text:ty),*) => {$(
        impl Argument for $text {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(self.to_string())
            }
        }
    )*};
}
texts!(str, String, char, std::path::Display<'_>, std::fmt::Arguments<'_>, std::io::Error);

impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

/// Several texts in one line, with the mark of the current language between them.
pub fn list<T: ToString>(texts: impl IntoIterator<Item = T>) -> String {
    let mark = match language() {
        Language::English => "; ",
        Language::Chinese => "；",
    };
    let texts: Vec<String> = texts.into_iter().map(|text| text.to_string()).collect();
    texts.join(mark)
}

/// A text with its explanation behind it, after the mark of the current language.
pub fn explained(text: impl Display, explanation: impl Display) -> String {
    match language() {
        Language::English => format!("{text}: {explanation}"),
        Language::Chinese => format!("{text}：{explanation}"),
    }
}

/// The two texts of one area.
pub(crate) struct Source {
    area: &'static str,
    english: &'static str,
    chinese: &'static str,
}

type Bundle = FluentBundle<FluentResource>;

/// The bundles of a language, by area.
fn bundles(language: Language) -> &'static HashMap<&'static str, Bundle> {
    static ENGLISH: OnceLock<HashMap<&'static str, Bundle>> = OnceLock::new();
    static CHINESE: OnceLock<HashMap<&'static str, Bundle>> = OnceLock::new();
    let cell = match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    cell.get_or_init(|| {
        say::SOURCES.iter().map(|source| (source.area, bundle(source, language))).collect()
    })
}

fn bundle(source: &Source, language: Language) -> Bundle {
    let text = match language {
        Language::English => source.english,
        Language::Chinese => source.chinese,
    };
    // build.rs has parsed both texts: what comes back here is whole.
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The message `id` of an area in the current language; the items of [`say`] call it.
pub(crate) fn render(
    area: &'static str,
    id: &'static str,
    arguments: &[(&'static str, FluentValue<'static>)],
) -> String {
    let arguments: FluentArgs = arguments.iter().cloned().collect();
    bundles(language())
        .get(area)
        .and_then(|bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            Some(bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned())
        })
        .unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_a_locale() {
        assert_eq!(Language::from_tag("zh_CN.UTF-8"), Some(Language::Chinese));
        assert_eq!(Language::from_tag("en"), Some(Language::English));
        assert_eq!(Language::from_tag("C.UTF-8"), None);
        assert_eq!(Language::from_tag(""), None);
    }

    #[test]
    fn both_languages_render_with_their_arguments() {
        set_language(Language::Chinese);
        let chinese = say::alarm::banner(3);
        set_language(Language::English);
        let english = "zshield: 3 open alarms (zshield alarm list)";
        assert_eq!(say::alarm::banner(3), english);
        assert_eq!(say::alarm::banner(1), "zshield: an open alarm (zshield alarm list)");
        assert!(chinese.contains('3') && chinese != english, "{chinese}");
    }

    /// A message with each argument's name in marks for its value, and the marks that have to show.
    struct Sample {
        id: &'static str,
        render: fn() -> String,
        english: &'static [&'static str],
        chinese: &'static [&'static str],
    }

    #[test]
    fn every_message_shows_its_arguments_in_both_languages() {
        use crate::say::*;
        const SAMPLES: &[Sample] = include!(concat!(env!("OUT_DIR"), "/samples.rs"));
        assert!(SAMPLES.iter().any(|sample| sample.english.len() > 2), "no message of three");
        for sample in SAMPLES {
            let languages =
                [(Language::English, sample.english), (Language::Chinese, sample.chinese)];
            for (language, shown) in languages {
                let text = in_language(language, sample.render);
                let tag = language.tag();
                for mark in shown {
                    assert!(text.contains(mark), "{} in {tag} lacks {mark}: {text}", sample.id);
                }
            }
        }
    }

    #[test]
    fn marks_between_texts_are_those_of_the_language() {
        let marks = || explained("SSD", list(["one", "two"]));
        assert_eq!(in_language(Language::English, marks), "SSD: one; two");
        assert_eq!(in_language(Language::Chinese, marks), "SSD：one；two");
    }

    #[test]
    fn a_text_that_looks_like_a_number_stays_a_text() {
        assert!(say::common::unknown_language("007").contains("007"));
    }
}
