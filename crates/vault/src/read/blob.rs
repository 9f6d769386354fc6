//! A content as an index and a pack tell of it.

use serde::Deserialize;

use crate::store::ObjectName;

/// What a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BlobKind {
    /// A part of a file.
    Data,
    /// A directory.
    Tree,
}

/// A name as JSON has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Id(ObjectName);

impl Id {
    pub(crate) const fn name(self) -> ObjectName {
        self.0
    }
}

impl From<ObjectName> for Id {
    fn from(name: ObjectName) -> Self {
        Self(name)
    }
}

impl TryFrom<String> for Id {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        ObjectName::parse(text.as_bytes()).map(Self).ok_or("not a name")
    }
}

/// A content in a pack.
#[derive(Deserialize)]
pub(crate) struct Blob {
    pub(crate) id: Id,
    #[serde(rename = "type")]
    pub(crate) kind: BlobKind,
    pub(crate) offset: u32,
    pub(crate) length: u32,
    /// How many bytes it has when it is unpacked; 0 where it is not packed.
    #[serde(default, rename = "uncompressed_length")]
    pub(crate) plain: u32,
}
