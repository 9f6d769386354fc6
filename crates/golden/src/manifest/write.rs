//! Writing a manifest.

use super::entry::Entry;
use super::header::{Header, Identity};
use super::line;
use super::order::Order;
use super::problem::{ManifestError, Problem};
use crate::slot::ArtifactRecord;
use crate::verity::Verity;

/// A manifest that is made but not signed.
#[derive(Debug)]
pub struct Draft {
    /// Its first line.
    pub header: Header,
    /// The bytes of the file.
    pub text: Vec<u8>,
}

/// The entries of a manifest in the making, from wherever they come. Keeps the reader's rules.
#[derive(Default)]
pub struct Listing {
    lines: Vec<u8>,
    order: Order,
}

impl Listing {
    /// No entries yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A listing of these entries.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Result<Self, Problem> {
        let mut listing = Self::new();
        for entry in entries {
            listing.push(&entry)?;
        }
        Ok(listing)
    }

    /// Adds the next entry.
    pub fn push(&mut self, entry: &Entry) -> Result<(), Problem> {
        self.order.accept(entry)?;
        self.lines.extend(line::write(entry)?);
        self.lines.push(b'\n');
        Ok(())
    }

    /// The entries, read back one by one.
    pub fn iter(&self) -> impl Iterator<Item = Result<Entry, ManifestError>> {
        let lines = self.lines.split_inclusive(|byte| *byte == b'\n');
        // They will stand behind the header.
        (2..)
            .zip(lines)
            .map(|(number, line)| line::read(line).map_err(|problem| problem.on(number)))
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        self.order.entries
    }

    /// How many bytes all files have.
    pub fn bytes(&self) -> u64 {
        self.order.bytes
    }

    /// The manifest, to be signed and stored as it is.
    pub fn into_manifest(
        self,
        identity: Identity,
        verity: Verity,
        artifacts: Vec<ArtifactRecord>,
    ) -> Result<Draft, Problem> {
        let header =
            Header::new(identity, verity, artifacts, self.order.entries, self.order.bytes)?;
        let mut text = serde_json::to_vec(&header).map_err(|error| Problem::json(&error))?;
        text.push(b'\n');
        text.extend(self.lines);
        Ok(Draft { header, text })
    }

    /// The text of a manifest with these entries, whose header is another one's but for the version.
    pub(super) fn into_text(self, header: &Header, version: &str) -> Result<Vec<u8>, Problem> {
        let header = header.of_version(version, self.order.entries, self.order.bytes);
        let mut text = serde_json::to_vec(&header).map_err(|error| Problem::json(&error))?;
        text.push(b'\n');
        text.extend(self.lines);
        Ok(text)
    }
}
