//! What starts the machine and lies outside of its filesystems, and the Golden Image, held against
//! the manifest's header.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::Serialize;
use zshield_golden::manifest::Header;
use zshield_golden::slot::{self, Artifact, ArtifactRecord, SlotError};
use zshield_messages::say;

use crate::depth::Depth;

/// The boot code ends where the table of the protective MBR begins.
const BOOT_CODE: usize = 440;
/// A file of the slot that is larger than this is hashed by a deep check alone.
const SMALL: u64 = 4 << 20;

/// A part of the machine that is no file of its system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "part", content = "file")]
pub enum Part {
    /// The boot code in the SSD's first sector.
    BootSector,
    /// GRUB's core for BIOS, in a partition of its own.
    Core,
    /// The EFI system partition.
    Esp,
    /// A file of the Golden Image on the SSD.
    Golden(Artifact),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::BootSector => say::check::boot_sector(),
            Self::Core => say::check::grub_core(),
            Self::Esp => say::check::esp(),
            Self::Golden(artifact) => say::check::golden_file(artifact.file_name()),
        })
    }
}

/// The boot loader's places on the SSD.
#[derive(Debug)]
pub struct Loader {
    /// The whole disk.
    pub disk: File,
    /// The partition of GRUB's core.
    pub core: File,
    /// The EFI system partition.
    pub esp: File,
}

/// A part that is not the manifest's.
#[derive(Debug)]
pub struct Deviation {
    /// Which.
    pub part: Part,
    /// Why it could not be read; nothing where its content was changed.
    pub unreadable: Option<io::Error>,
}

/// The parts that are not as the manifest's header says; `slot` is the Golden Image on the SSD.
pub fn deviations(loader: &Loader, slot: &Path, header: &Header, depth: Depth) -> Vec<Deviation> {
    let mut found = Vec::new();
    let mut note = |part, whether: io::Result<bool>| match whether {
        Ok(true) => {}
        Ok(false) => found.push(Deviation { part, unreadable: None }),
        Err(error) => found.push(Deviation { part, unreadable: Some(error) }),
    };
    for record in &header.artifacts {
        note(Part::Golden(record.name), in_slot(slot, record, depth));
        match record.name {
            Artifact::BootSector => note(Part::BootSector, boot_code(loader, slot)),
            Artifact::Core => note(Part::Core, begins_with(&loader.core, record)),
            Artifact::Esp => note(Part::Esp, begins_with(&loader.esp, record)),
            _ => {}
        }
    }
    found
}

fn in_slot(slot: &Path, record: &ArtifactRecord, depth: Depth) -> io::Result<bool> {
    if depth == Depth::Quick && record.size > SMALL {
        let size = slot.join(record.name.file_name()).metadata()?.len();
        return Ok(size == record.size);
    }
    match slot::check_artifact(slot, record, &|_| {}) {
        Ok(()) => Ok(true),
        Err(SlotError::Size { .. } | SlotError::Content { .. }) => Ok(false),
        Err(SlotError::File(error)) => Err(error.source),
    }
}

/// Whether the first sector has the slot's boot code. Behind it is the partition table.
fn boot_code(loader: &Loader, slot: &Path) -> io::Result<bool> {
    let (mut wanted, mut found) = ([0; BOOT_CODE], [0; BOOT_CODE]);
    File::open(slot.join(Artifact::BootSector.file_name()))?.read_exact(&mut wanted)?;
    loader.disk.read_exact_at(&mut found, 0)?;
    Ok(wanted == found)
}

/// Whether a partition begins with a file of the slot.
fn begins_with(partition: &File, record: &ArtifactRecord) -> io::Result<bool> {
    let mut beginning = partition.take(record.size);
    Ok(ArtifactRecord::of_reader(record.name, &mut beginning)? == *record)
}
