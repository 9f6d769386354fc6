//! The first line of a manifest: what the image is and what its slot holds.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::path::EntryPath;
use crate::slot::{Artifact, ArtifactRecord};
use crate::verity::Verity;

/// The manifest format that this zshield reads and writes.
pub const FORMAT: u64 = 1;

/// What the vendor calls the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Name of the product.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// When it was built, RFC 3339.
    pub created: String,
    /// The payload's kernel, as `uname -r` will print it.
    pub kernel_release: String,
    /// The payload's kernel image, as a path within the payload.
    pub kernel: String,
    /// The payload's initial RAM disk, likewise.
    pub initrd: String,
}

/// The first line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    format: u64,
    /// Name of the product.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// When it was built, RFC 3339.
    pub created: String,
    /// The payload's kernel, as `uname -r` will print it.
    pub kernel_release: String,
    /// The payload's kernel image, as a path within the payload.
    pub kernel: String,
    /// The payload's initial RAM disk, likewise.
    pub initrd: String,
    /// Where the hash tree of `root.squashfs` is, and its root.
    pub verity: Verity,
    /// Every file of the slot but the manifest and its signature, each once.
    pub artifacts: Vec<ArtifactRecord>,
    /// How many entries follow.
    pub entries: u64,
    /// How many bytes all files of the payload have.
    pub bytes: u64,
}

impl Header {
    pub(super) fn new(
        identity: Identity,
        verity: Verity,
        artifacts: Vec<ArtifactRecord>,
        entries: u64,
        bytes: u64,
    ) -> Result<Self, Problem> {
        let Identity { product, version, created, kernel_release, kernel, initrd } = identity;
        let header = Self {
            format: FORMAT,
            product,
            version,
            created,
            kernel_release,
            kernel,
            initrd,
            verity,
            artifacts,
            entries,
            bytes,
        };
        header.is_sound()?;
        Ok(header)
    }

    /// The header of another version that is this one but for its entries.
    pub(super) fn of_version(&self, version: &str, entries: u64, bytes: u64) -> Self {
        Self { version: version.to_owned(), entries, bytes, ..self.clone() }
    }

    pub(super) fn read(line: &[u8]) -> Result<Self, Problem> {
        // What a later format has beside `format` is not for this zshield to judge.
        #[derive(Deserialize)]
        struct Versioned {
            format: u64,
        }
        let versioned: Versioned =
            serde_json::from_slice(line).map_err(|error| Problem::json(&error))?;
        if versioned.format != FORMAT {
            return Err(Problem::Format { found: versioned.format, known: FORMAT });
        }
        let header: Self = serde_json::from_slice(line).map_err(|error| Problem::json(&error))?;
        header.is_sound()?;
        Ok(header)
    }

    fn is_sound(&self) -> Result<(), Problem> {
        // Both are looked up in a target: neither may lead out of it.
        for path in [&self.kernel, &self.initrd] {
            path.parse::<EntryPath>()?;
        }
        for artifact in Artifact::ALL {
            if self.artifacts.iter().filter(|record| record.name == artifact).count() != 1 {
                return Err(Problem::Artifact { name: artifact.file_name() });
            }
        }
        Ok(())
    }

    /// The record of a file of the slot.
    pub fn artifact(&self, name: Artifact) -> Option<&ArtifactRecord> {
        self.artifacts.iter().find(|record| record.name == name)
    }
}
