//! Texts that follow the language: said anew each time they are shown.

use std::fmt;
use std::sync::Arc;

/// A text for a person, rendered in the language that is current when it is displayed.
///
/// The language can be switched while a screen stands, so a screen's data holds what to say and
/// not what was said.
#[derive(Clone)]
pub struct Text(Arc<dyn Fn() -> String + Send + Sync>);

impl Text {
    /// What `say` returns, asked for at each display: `Text::said(|| say::rescue::title())`.
    pub fn said(say: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// An error, or anything else whose `Display` follows the language.
    pub fn of(shown: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || shown.to_string()))
    }

    /// A text that is the same in every language: a name, a number, a tool's own words.
    pub fn fixed(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Arc::new(move || text.clone()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&(self.0)())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", (self.0)())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        (self.0)() == (other.0)()
    }
}
