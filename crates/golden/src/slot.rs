//! The slot: the directory that holds one Golden Image, on the stick and on the SSD alike.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::digest::Digest;
use crate::error::{Action, FileError, Progress};

/// File name of the manifest.
pub const MANIFEST: &str = "manifest";
/// File name of the manifest's signature; an unsigned image has none.
pub const SIGNATURE: &str = "manifest.minisig";

/// What a system is held against, of the slot or the release in a directory: the names and contents of signature, policy and, last,
/// manifest. An unsigned image has no signature.
pub fn release(directory: &Path) -> Result<Vec<(String, Vec<u8>)>, FileError> {
    let mut files = Vec::new();
    for name in [SIGNATURE, Artifact::Policy.file_name(), MANIFEST] {
        let path = directory.join(name);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && name == SIGNATURE => {}
            read => {
                let bytes = read.map_err(FileError::at(Action::Read, &path))?;
                files.push((name.to_owned(), bytes));
            }
        }
    }
    Ok(files)
}

/// The files of a slot that the manifest's header lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Artifact {
    /// The rescue system's kernel.
    #[serde(rename = "vmlinuz")]
    Kernel,
    /// The rescue system's initramfs.
    #[serde(rename = "initramfs.img")]
    Initramfs,
    /// The payload, with its hash tree behind it.
    #[serde(rename = "root.squashfs")]
    Squashfs,
    /// GRUB's boot sector for BIOS.
    #[serde(rename = "boot.img")]
    BootSector,
    /// GRUB's core for BIOS.
    #[serde(rename = "core.img")]
    Core,
    /// The FAT filesystem of an EFI system partition.
    #[serde(rename = "esp.img")]
    Esp,
    /// GRUB's font.
    #[serde(rename = "menu.pf2")]
    Font,
    /// The initramfs that goes before the payload's own.
    #[serde(rename = "early.img")]
    Early,
    /// The policy, `appliance.toml`.
    #[serde(rename = "appliance.toml")]
    Policy,
}

impl Artifact {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Kernel,
        Self::Initramfs,
        Self::Squashfs,
        Self::BootSector,
        Self::Core,
        Self::Esp,
        Self::Font,
        Self::Early,
        Self::Policy,
    ];

    /// Its name in the slot.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Kernel => "vmlinuz",
            Self::Initramfs => "initramfs.img",
            Self::Squashfs => "root.squashfs",
            Self::BootSector => "boot.img",
            Self::Core => "core.img",
            Self::Esp => "esp.img",
            Self::Font => "menu.pf2",
            Self::Early => "early.img",
            Self::Policy => "appliance.toml",
        }
    }
}

/// A file of the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactRecord {
    /// Which file.
    pub name: Artifact,
    /// Its length in bytes.
    pub size: u64,
    /// Digest of its content.
    pub blake3: Digest,
}

impl ArtifactRecord {
    /// The record of an artifact with this content.
    pub fn of_reader(name: Artifact, reader: &mut impl io::Read) -> io::Result<Self> {
        let (blake3, size) = Digest::of_reader(reader, |_| {})?;
        Ok(Self { name, size, blake3 })
    }
}

/// Why a slot's file is not the one that the manifest names.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is longer or shorter.
    #[error("{}", say::golden::ArtifactSize { actual, expected, name: artifact.file_name() })]
    Size {
        /// Which file.
        artifact: Artifact,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes found.
        actual: u64,
    },
    /// Its content is another.
    #[error("{}", say::golden::artifact_content(artifact.file_name()))]
    Content {
        /// Which file.
        artifact: Artifact,
    },
}

/// Whether every file of the slot in `dir` has the length and content that its record says.
pub fn check(
    dir: &Path,
    records: &[ArtifactRecord],
    progress: Progress<'_>,
) -> Result<(), SlotError> {
    // What costs little first: a slot that was only half copied is told at once.
    for record in records {
        let path = dir.join(record.name.file_name());
        let actual = path.metadata().map_err(FileError::at(Action::Read, &path))?.len();
        if actual != record.size {
            let (artifact, expected) = (record.name, record.size);
            return Err(SlotError::Size { artifact, expected, actual });
        }
    }
    records.iter().try_for_each(|record| check_artifact(dir, record, progress))
}

/// Whether one file of the slot in `dir` is the one of the record.
pub fn check_artifact(
    dir: &Path,
    record: &ArtifactRecord,
    progress: Progress<'_>,
) -> Result<(), SlotError> {
    let path = dir.join(record.name.file_name());
    let mut file = File::open(&path).map_err(FileError::at(Action::Read, &path))?;
    let (digest, actual) = Digest::of_reader(&mut file, |piece| progress(piece.len() as u64))
        .map_err(FileError::at(Action::Read, &path))?;
    if actual != record.size {
        let (artifact, expected) = (record.name, record.size);
        return Err(SlotError::Size { artifact, expected, actual });
    }
    if digest != record.blake3 {
        return Err(SlotError::Content { artifact: record.name });
    }
    Ok(())
}

/// One file of the slot in `dir`, read once, where it is the one of the record.
pub fn read_artifact(dir: &Path, record: &ArtifactRecord) -> Result<Vec<u8>, SlotError> {
    let artifact = record.name;
    let path = dir.join(artifact.file_name());
    let bytes = std::fs::read(&path).map_err(FileError::at(Action::Read, &path))?;
    let (actual, expected) = (bytes.len() as u64, record.size);
    if actual != expected {
        return Err(SlotError::Size { artifact, expected, actual });
    }
    if Digest::of(&bytes) != record.blake3 {
        return Err(SlotError::Content { artifact });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_checked() {
        let directory = tempfile::tempdir().unwrap();
        let (name, content) = (Artifact::Early, b"early");
        let record = ArtifactRecord { name, size: 5, blake3: Digest::of(content) };
        let put = |content: &[u8]| {
            std::fs::write(directory.path().join(name.file_name()), content).unwrap();
            read_artifact(directory.path(), &record)
        };
        assert_eq!(put(content).unwrap(), content);
        assert!(matches!(put(b"other"), Err(SlotError::Content { .. })));
        assert!(matches!(put(b"longer"), Err(SlotError::Size { actual: 6, .. })));
    }

    #[test]
    fn an_artifact_is_written_by_its_file_name() {
        for artifact in Artifact::ALL {
            let text = serde_json::to_string(&artifact).unwrap();
            assert_eq!(text, format!("{:?}", artifact.file_name()));
        }
    }
}
