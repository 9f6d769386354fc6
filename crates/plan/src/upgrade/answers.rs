//! Answers to the clashes of an upgrade, in a file: for those that nobody is there to be asked of.
//!
//! ```toml
//! format = 1
//!
//! [answers]
//! "/etc/ssh/sshd_config" = "new"
//! "/etc/motd" = "keep"
//! ```
//!
//! One file serves many machines: a path that does not clash here needs no answer, and has none. A path that
//! neither version nor the machine has is a slip of the pen, and refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use zshield_messages::say;

use super::etc::Answer;
use super::path::SystemPath;

/// The format of a file of answers.
pub const FORMAT: u32 = 1;

/// What somebody said of paths beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    by_path: BTreeMap<SystemPath, Answer>,
}

/// Its form in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    #[serde(default)]
    answers: BTreeMap<String, Answer>,
}

/// Why a file holds no answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswers {
    /// It is no TOML of this form, or holds another answer than `keep` and `new`.
    #[error("{}", say::upgrade::answers_unreadable(.0))]
    Unreadable(String),
    /// Its format is another one.
    #[error("{}", say::upgrade::answers_format(.0.to_string()))]
    Format(u32),
    /// This is no absolute path.
    #[error("{}", say::upgrade::answers_path(.0))]
    Path(String),
}

impl Answers {
    /// The answers in a file's text.
    pub fn parse(text: &str) -> Result<Self, BadAnswers> {
        let unreadable = |error: toml::de::Error| BadAnswers::Unreadable(error.to_string());
        let Stored { format, answers } = toml::from_str(text).map_err(unreadable)?;
        if format != FORMAT {
            return Err(BadAnswers::Format(format));
        }
        let path = |text: String| {
            let relative = text.strip_prefix('/').and_then(|rest| SystemPath::new(rest).ok());
            relative.ok_or(BadAnswers::Path(text))
        };
        let by_path = answers.into_iter().map(|(text, answer)| Ok((path(text)?, answer)));
        Ok(Self { by_path: by_path.collect::<Result<_, BadAnswers>>()? })
    }

    /// What was said of a path.
    pub fn get(&self, path: &SystemPath) -> Option<Answer> {
        self.by_path.get(path).copied()
    }

    /// The paths that something was said of, and that are not among these.
    pub(super) fn beside(&self, seen: &BTreeSet<SystemPath>) -> Vec<SystemPath> {
        self.by_path.keys().filter(|path| !seen.contains(*path)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_keep_or_new_of_absolute_paths() {
        let text = "format = 1\n[answers]\n\"/etc/a\" = \"new\"\n\"/etc/b\" = \"keep\"\n";
        let answers = Answers::parse(text).unwrap();
        let get = |text| answers.get(&SystemPath::new(text).unwrap());
        assert_eq!(
            (get("etc/a"), get("etc/b"), get("etc/c")),
            (Some(Answer::New), Some(Answer::Keep), None)
        );
        assert_eq!(Answers::parse("format = 1\n"), Ok(Answers::default()));
    }

    #[test]
    fn anything_else_is_refused() {
        let one = |answer: &str| format!("format = 1\n[answers]\n{answer}\n");
        for text in [
            one("\"/etc/a\" = \"yes\""),
            one("\"/etc/a\" = 1"),
            one("\"/etc/a\" = \"new\"\n\"/etc/a\" = \"keep\""),
            "format = 1\ndefault = \"new\"\n".to_owned(),
            "[answers]\n".to_owned(),
            "format".to_owned(),
        ] {
            assert!(matches!(Answers::parse(&text), Err(BadAnswers::Unreadable(_))), "{text}");
        }
        for path in ["etc/a", "/", "/etc/../a", ""] {
            let refused = Answers::parse(&one(&format!("\"{path}\" = \"new\"")));
            assert_eq!(refused, Err(BadAnswers::Path(path.into())));
        }
        assert_eq!(Answers::parse("format = 2\n"), Err(BadAnswers::Format(2)));
    }
}
