//! Kinds and names of objects.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// What an object is to the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// The one `config`: version, id, and what files are cut by.
    Config,
    /// A master key, encrypted with a password.
    Key,
    /// A generation: when it was copied, and its topmost directory.
    Snapshot,
    /// Which contents lie where in which packs.
    Index,
    /// Contents of files, or of directories.
    Pack,
}

impl ObjectKind {
    /// All kinds, in the order in which a repository grows: each names only objects of kinds before it, but for packs, which an index names.
    pub const ALL: [Self; 5] = [Self::Config, Self::Key, Self::Pack, Self::Index, Self::Snapshot];

    /// The directory of this kind in every repository; `config` has none, and is a file of that name.
    pub const fn directory(self) -> Option<&'static str> {
        match self {
            Self::Config => None,
            Self::Key => Some("keys"),
            Self::Snapshot => Some("snapshots"),
            Self::Index => Some("index"),
            Self::Pack => Some("data"),
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.directory().unwrap_or("config"))
    }
}

/// The name of an object: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName([u8; 32]);

impl ObjectName {
    /// A name of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The name of what holds this.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// The bytes of the name.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hexadecimal digits; anything else is no name.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (pairs, rest) = text.as_chunks::<2>();
        let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        rest.is_empty().then_some(Self(bytes))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name. `config` has none that counts.
    pub name: ObjectName,
}

impl Object {
    /// The one `config`.
    pub const CONFIG: Self = Self { kind: ObjectKind::Config, name: ObjectName::new([0; 32]) };

    /// Its path below the top of a repository, parts separated by `/`: `config`, `keys/…`, `data/ab/abcd…`.
    pub fn path(self) -> String {
        let name = self.name;
        match (self.kind.directory(), self.kind) {
            (None, _) => "config".to_owned(),
            (Some(directory), ObjectKind::Pack) => {
                format!("{directory}/{:02x}/{name}", name.bytes()[0])
            }
            (
                Some(directory),
                ObjectKind::Config | ObjectKind::Key | ObjectKind::Snapshot | ObjectKind::Index,
            ) => {
                format!("{directory}/{name}")
            }
        }
    }
}

/// An object as a store lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: ObjectName,
    /// How many bytes it has.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_lower_case_digits_are_a_name() {
        let text = "0123456789abcdef".repeat(4);
        let name = ObjectName::parse(text.as_bytes()).unwrap();
        assert_eq!(name.to_string(), text);
        for other in
            [&text[1..], &text.to_uppercase(), &format!("{text}0"), &text.replace('a', "g"), ""]
        {
            assert_eq!(ObjectName::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn paths_are_restic_s() {
        let name = ObjectName::new([0xab; 32]);
        let path = |kind| Object { kind, name }.path();
        assert_eq!(path(ObjectKind::Config), "config");
        assert_eq!(path(ObjectKind::Snapshot), format!("snapshots/{name}"));
        assert_eq!(path(ObjectKind::Pack), format!("data/ab/{name}"));
    }
}
