//! What is wrong in a policy, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

use zshield_messages::say;

use super::Policy;
use super::sense::{Keys, contradiction, nonsense};

/// A mistake in a policy: file, line, column, what was found, and what was expected.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", say::plan::PolicyMistake { column, fault: fault.to_string(), file: file.display(), line })]
pub struct PolicyError {
    /// The policy's file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong at a place in a policy.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// A word that is not known there.
    #[error("{}", match .nearest {
        Some(nearest) => say::plan::UnknownWordNear { expected: expected.join(", "), nearest, word }.to_string(),
        None => say::plan::UnknownWord { expected: expected.join(", "), word }.to_string(),
    })]
    UnknownWord {
        /// The word.
        word: String,
        /// The words that are.
        expected: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// Something that must be there and is not.
    #[error("{}", say::plan::missing_word(.0))]
    Missing(String),
    /// A value that contradicts another, or that no appliance can do with.
    #[error("{0}")]
    Contradiction(String),
    /// What the TOML parser itself says.
    #[error("{0}")]
    Syntax(String),
}

impl PolicyError {
    /// The mistake that the parser found in the text of a file.
    pub fn of_parser(error: &toml::de::Error, text: &str, file: &Path) -> Self {
        let fault = fault(error.message());
        // serde reports an unknown word inside a value by the whole value's span.
        let span = narrowed(text, error.span().unwrap_or(0..0), &fault);
        at(text, file, span, fault)
    }
}

impl Policy {
    /// Reads a policy; `file` is its name in messages.
    pub fn parse(text: &str, file: &Path) -> Result<Self, PolicyError> {
        let policy: Self =
            toml::from_str(text).map_err(|error| PolicyError::of_parser(&error, text, file))?;
        refuse(text, file, contradiction(&policy))?;
        Ok(policy)
    }

    /// Reads a policy that an image is built from: likewise, and without anything that no appliance
    /// can do with.
    pub fn for_build(text: &str, file: &Path) -> Result<Self, PolicyError> {
        let policy = Self::parse(text, file)?;
        refuse(text, file, nonsense(&policy))?;
        Ok(policy)
    }
}

fn refuse(text: &str, file: &Path, found: Option<(Keys, String)>) -> Result<(), PolicyError> {
    let Some((keys, message)) = found else { return Ok(()) };
    let span = place(text, &keys).unwrap_or(0..0);
    Err(at(text, file, span, Fault::Contradiction(message)))
}

/// The fault in what serde says; its texts name words in backquotes.
fn fault(message: &str) -> Fault {
    let mut quoted = message.split('`').skip(1).step_by(2).map(str::to_owned);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    match (unknown, message.starts_with("missing field"), quoted.next()) {
        (true, _, Some(word)) => {
            let expected: Vec<String> = quoted.collect();
            let nearest = nearest(&word, &expected);
            Fault::UnknownWord { word, expected, nearest }
        }
        (_, true, Some(word)) => Fault::Missing(word),
        _ => Fault::Syntax(message.to_owned()),
    }
}

/// The word most like this one, where one is like it at all.
fn nearest(word: &str, candidates: &[String]) -> Option<String> {
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 2)
        .map(|(_, candidate)| candidate.clone())
}

fn narrowed(text: &str, span: Range<usize>, fault: &Fault) -> Range<usize> {
    match fault {
        Fault::UnknownWord { word, .. } => text
            .get(span.clone())
            .and_then(|part| part.find(word.as_str()))
            .map_or(span.clone(), |offset| span.start + offset..span.end),
        _ => span,
    }
}

/// Where the value stands that these keys lead to, or the nearest table above it.
fn place(text: &str, keys: &[&str]) -> Option<Range<usize>> {
    let document = toml::de::DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut found = None;
    for key in keys {
        let Some(value) = table.get(*key) else { break };
        found = Some(value.span());
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    found
}

fn at(text: &str, file: &Path, span: Range<usize>, fault: Fault) -> PolicyError {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    PolicyError { file: file.to_owned(), line, column, fault }
}
