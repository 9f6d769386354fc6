//! A path in the system.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// A path in the system, relative to its root, as manifests write it: what is no printable text is `%XX`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SystemPath(String);

/// A text that is no path in the system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::not_a_path(.0))]
pub struct NoPath(String);

impl SystemPath {
    /// The path of this text.
    pub fn new(text: impl Into<String>) -> Result<Self, NoPath> {
        let text = text.into();
        let is_name = |name: &str| !matches!(name, "" | "." | "..");
        if text.split('/').all(is_name) && !text.contains(char::is_control) {
            Ok(Self(text))
        } else {
            Err(NoPath(text.escape_debug().to_string()))
        }
    }

    /// The path as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `directory` or lies below it.
    pub fn is_within(&self, directory: &str) -> bool {
        self.0.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The name beside it under which a new version's file is laid.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self(format!("{}.zshield-new", self.0))
    }

    /// Whether one of these stands for it or for what it lies in; a `*` at the end stands for the rest of a
    /// name.
    pub fn is_among(&self, patterns: &[String]) -> bool {
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            None => self.is_within(pattern),
            Some(beginning) => self.0.starts_with(beginning),
        })
    }
}

impl fmt::Display for SystemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0)
    }
}

impl<'de> Deserialize<'de> for SystemPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_system() {
        for text in ["etc/passwd", "a", "etc/a%0Ab", "etc/名"] {
            assert_eq!(SystemPath::new(text).unwrap().as_str(), text);
        }
        for text in ["", "/etc", "etc/", "a//b", "../a", "a/./b", "a\nb", "a\0"] {
            assert!(SystemPath::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn patterns_go_by_whole_names_unless_they_end_in_a_star() {
        let path = |text: &str| SystemPath::new(text).unwrap();
        let patterns = ["etc/ssh/ssh_host_*", "tmp"].map(str::to_owned);
        for text in ["etc/ssh/ssh_host_rsa_key", "tmp", "tmp/a/b"] {
            assert!(path(text).is_among(&patterns), "{text}");
        }
        for text in ["etc/ssh/sshd_config", "tmpfiles", "etc/ssh"] {
            assert!(!path(text).is_among(&patterns), "{text}");
        }
        assert_eq!(path("etc/a").beside().to_string(), "/etc/a.zshield-new");
    }
}
