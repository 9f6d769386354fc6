//! Names of the payload's files as the manifest has them: relative, raw bytes, never upwards.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// The longest path that Linux takes, its final NUL included.
const LONGEST: usize = 4096;
/// The longest name of one file.
const LONGEST_NAME: usize = 255;

/// A path inside the payload: relative, without `.`, `..`, empty names or NUL; any other bytes.
///
/// The root itself is the empty path and prints as `.`.
///
/// Paths are ordered name by name, so that what is in a directory follows it directly: `a`, `a/b`,
/// `a-b`, although `-` sorts before `/`.
///
/// In JSON and in messages a path is text: valid UTF-8 stands for itself, and control characters,
/// `%` and bytes that are no UTF-8 are written as `%XX`.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EntryPath(Vec<u8>);

/// Why some bytes are no path inside the payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It begins at the root of the running system.
    #[error("{}", say::golden::path_absolute(escape(.0)))]
    Absolute(Vec<u8>),
    /// It holds `.`, `..` or an empty name.
    #[error("{}", say::golden::path_indirect(escape(.0)))]
    Indirect(Vec<u8>),
    /// It holds a NUL byte.
    #[error("{}", say::golden::path_nul(escape(.0)))]
    Nul(Vec<u8>),
    /// It or one of its names is longer than Linux takes.
    #[error("{}", say::golden::path_long(escape(.0)))]
    Long(Vec<u8>),
    /// A `%` is not followed by two hexadecimal digits.
    #[error("{}", say::golden::path_escape(.0))]
    Escape(String),
}

impl EntryPath {
    /// The root of the payload.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path made of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, PathError> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Ok(Self::root());
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul(bytes));
        }
        if bytes[0] == b'/' {
            return Err(PathError::Absolute(bytes));
        }
        if bytes.split(|byte| *byte == b'/').any(|name| matches!(name, b"" | b"." | b"..")) {
            return Err(PathError::Indirect(bytes));
        }
        let long_name = bytes.split(|byte| *byte == b'/').any(|name| name.len() > LONGEST_NAME);
        if long_name || bytes.len() >= LONGEST {
            return Err(PathError::Long(bytes));
        }
        Ok(Self(bytes))
    }

    /// The path of `name` in this directory. `name` is one name, checked like any path.
    pub fn join(&self, name: &[u8]) -> Result<Self, PathError> {
        if name.is_empty() || name.contains(&b'/') {
            return Err(PathError::Indirect(name.to_vec()));
        }
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self::new(bytes)
    }

    /// The bytes, as the kernel takes them below the root's directory. Empty for the root.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same as a path of the standard library, still relative.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Whether this is the root of the payload.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names from the root downwards; none for the root.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }

    /// The last name; `None` for the root.
    pub fn name(&self) -> Option<&[u8]> {
        self.names().last()
    }

    /// The directory that holds this; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(self.0[..end].to_vec()))
    }

    /// Whether this is `directory` or lies below it.
    pub fn is_within(&self, directory: &Self) -> bool {
        match self.0.strip_prefix(directory.0.as_slice()) {
            Some(rest) => directory.is_root() || rest.is_empty() || rest[0] == b'/',
            None => false,
        }
    }
}

impl Ord for EntryPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.names().cmp(other.names())
    }
}

impl PartialOrd for EntryPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.is_root() { ".".to_owned() } else { escape(&self.0) })
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl From<EntryPath> for String {
    fn from(path: EntryPath) -> Self {
        path.to_string()
    }
}

impl TryFrom<String> for EntryPath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        match text.as_str() {
            "." => Ok(Self::root()),
            "" => Err(PathError::Indirect(Vec::new())),
            text => Self::new(unescape(text)?),
        }
    }
}

impl std::str::FromStr for EntryPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::try_from(text.to_owned())
    }
}

/// Bytes as text that can be read back, and printed: see [`EntryPath`]. Names of files, processes and
/// mounts are bytes, and may hold what a terminal obeys.
pub fn escape(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '%' || character.is_ascii_control() {
                let _ = write!(text, "%{:02X}", u32::from(character));
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The bytes that [`escape`] made text of; an error for a text that it makes of nothing.
pub fn unescape(text: &str) -> Result<Vec<u8>, PathError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let byte = after
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| PathError::Escape(text.to_owned()))?;
        bytes.push(byte);
        rest = &after[2..];
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    #[test]
    fn what_leaves_the_root_is_no_path() {
        assert!(matches!("/etc".parse::<EntryPath>(), Err(PathError::Absolute(_))));
        for text in ["..", "a/../b", "a//b", "a/", "./a", ""] {
            let parsed = EntryPath::new(text);
            assert_eq!(parsed.is_err(), !text.is_empty(), "{text}");
        }
        assert!(matches!(EntryPath::new(*b"a\0b"), Err(PathError::Nul(_))));
        assert!(matches!("a%00b".parse::<EntryPath>(), Err(PathError::Nul(_))));
        assert!(matches!("%2e%2e/etc".parse::<EntryPath>(), Err(PathError::Indirect(_))));
        assert!(matches!("a%2".parse::<EntryPath>(), Err(PathError::Escape(_))));
        assert!(matches!(EntryPath::new(vec![b'a'; 256]), Err(PathError::Long(_))));
    }

    #[test]
    fn what_is_in_a_directory_follows_it_directly() {
        let mut paths = ["a-b", "a/b", "a", "b", "a/b/c", "."].map(path);
        paths.sort();
        assert_eq!(paths.map(|path| path.to_string()), [".", "a", "a/b", "a/b/c", "a-b", "b"]);
    }

    #[test]
    fn within_goes_by_whole_names() {
        assert!(path("a/b").is_within(&path("a")) && path("a").is_within(&path("a")));
        assert!(path("a").is_within(&EntryPath::root()));
        assert!(!path("a-b").is_within(&path("a")));
    }

    proptest! {
        #[test]
        fn any_bytes_survive_the_text(bytes: Vec<u8>) {
            prop_assert_eq!(unescape(&escape(&bytes)).unwrap(), bytes);
        }
    }
}
