//! What can be wrong with a manifest.

use zshield_messages::say;

use crate::path::{EntryPath, PathError};

/// A line that a manifest must not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::golden::manifest_line(*line))]
pub struct ManifestError {
    /// Counted from 1, the header's.
    pub line: u64,
    /// What is wrong with it.
    pub source: Problem,
}

/// What is wrong with a line, or with an entry that is to become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no header.
    #[error("{}", say::golden::manifest_empty())]
    Empty,
    /// The line is longer than any line may be.
    #[error("{}", say::golden::manifest_line_long())]
    LineLong,
    /// The file ends in the middle of the line, or can't be read on.
    #[error("{}", say::golden::manifest_cut())]
    Cut,
    /// No JSON, or a field of the wrong type, or one that nobody knows.
    #[error("{}", say::golden::ManifestJson { column, message })]
    Json {
        /// Where on the line, counted from 1.
        column: usize,
        /// What the parser said.
        message: String,
    },
    /// A newer zshield made this manifest.
    #[error("{}", say::golden::ManifestFormat { found, known })]
    Format {
        /// The format that the header names.
        found: u64,
        /// The format that this zshield knows.
        known: u64,
    },
    /// A field that this type of entry needs is not there.
    #[error("{}", say::golden::manifest_field_missing(name))]
    FieldMissing {
        /// The field.
        name: &'static str,
    },
    /// A field that this type of entry does not have.
    #[error("{}", say::golden::manifest_field_unexpected(name))]
    FieldUnexpected {
        /// The field.
        name: &'static str,
    },
    /// A mode that is not four octal digits.
    #[error("{}", say::golden::manifest_mode(text))]
    Mode {
        /// What stands there.
        text: String,
    },
    /// An extended attribute that can't be one.
    #[error("{}", say::golden::manifest_xattr())]
    Xattr,
    /// A symbolic link to nothing, or with a NUL in it.
    #[error("{}", say::golden::manifest_symlink_target())]
    SymlinkTarget,
    /// A path that leaves the payload.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The first entry is not the root directory.
    #[error("{}", say::golden::manifest_root_first())]
    RootFirst,
    /// The path stands twice.
    #[error("{}", say::golden::manifest_twice(path.to_string()))]
    Twice {
        /// The path.
        path: EntryPath,
    },
    /// The path belongs before the one on the line above.
    #[error("{}", say::golden::manifest_order(path.to_string()))]
    Order {
        /// The path.
        path: EntryPath,
    },
    /// The directory that the path is in does not stand before it.
    #[error("{}", say::golden::manifest_no_parent(path.to_string()))]
    NoParent {
        /// The path.
        path: EntryPath,
    },
    /// The path is in something that is no directory.
    #[error("{}", say::golden::manifest_parent_no_directory(path.to_string()))]
    ParentNoDirectory {
        /// The path.
        path: EntryPath,
    },
    /// A hard link to what does not stand before it as a file with several names.
    #[error("{}", say::golden::ManifestLinkTarget { path: path.to_string(), to: to.to_string() })]
    LinkTarget {
        /// The link.
        path: EntryPath,
        /// What it names.
        to: EntryPath,
    },
    /// The entries are not as many, or not as large, as the header says.
    #[error("{}", say::golden::manifest_totals())]
    Totals,
    /// An artifact stands twice in the header, or one is missing.
    #[error("{}", say::golden::manifest_artifact(name))]
    Artifact {
        /// The artifact.
        name: &'static str,
    },
}

impl Problem {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        // The parser counts lines itself, and always finds one: its count is cut off.
        let text = error.to_string();
        let message = text.split_once(" at line ").map_or(text.as_str(), |(before, _)| before);
        Self::Json { column: error.column(), message: message.to_owned() }
    }

    pub(super) fn on(self, line: u64) -> ManifestError {
        ManifestError { line, source: self }
    }
}
