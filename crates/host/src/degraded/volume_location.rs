//! Where a volume lies, and mappings of it that are not LVM's.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use zshield_golden::Digest;
use zshield_plan::degraded::{Segment, table};

use super::{MAPPER, OwnGroup};
use crate::observe;
use zshield_linux::IoError;
use zshield_units::{Bytes, Sectors};

/// What device-mapper knows the mapping by: LVM's own ids begin with `LVM-`, and it leaves alone
/// what has another.
const ID: &str = "zshield-root-without-its-snapshots";

/// Whether the root that is mounted here was mapped without its snapshots.
pub(crate) fn is_mapped_alone(root: &Path) -> Result<bool, IoError> {
    Ok(observe::mapped(root, "uuid")?.is_some_and(|id| id == ID))
}

/// Where a volume lies, by what LVM knows of it.
pub struct VolumeLocation {
    table: String,
    first: Segment,
}

#[derive(Deserialize)]
struct Piece {
    seg_start: String,
    seg_size: String,
    devices: String,
}

#[derive(Deserialize)]
struct Physical {
    pv_name: String,
    pe_start: String,
    vg_extent_size: String,
}

impl VolumeLocation {
    /// Where a volume lies; an error where any of it is on a disk that is not there.
    pub fn of(group: &OwnGroup, volume: &str) -> io::Result<Self> {
        let (lvm, name) = (&group.lvm, group.volume(volume));
        let words = ["lvs", "--segments", "-o", "seg_start,seg_size,devices", &name];
        let pieces: Vec<Piece> = lvm.report_of_what_is_there(&words)?;
        let words = ["pvs", "-o", "pv_name,pe_start,vg_extent_size"];
        let physical: Vec<Physical> = lvm.report_of_what_is_there(&words)?;
        let mut segments = Vec::new();
        for piece in &pieces {
            segments.push(segment(piece, &physical).ok_or_else(|| gone(&piece.devices))?);
        }
        segments.sort_by_key(|segment| segment.start);
        let table = table(&segments).ok_or_else(|| gone(&name))?;
        let first = segments.into_iter().next().ok_or_else(|| gone(&name))?;
        Ok(Self { table, first })
    }

    /// The digest of its ext4 superblock, read beside whatever is mapped; nothing where finding the
    /// same one later would not prove that nothing was written.
    pub fn superblock(&self) -> io::Result<Option<String>> {
        let mut device = File::open(&self.first.device)?;
        device.seek(SeekFrom::Start(self.first.offset.bytes().0 + 1024))?;
        let mut superblock = [0; 1024];
        device.read_exact(&mut superblock)?;
        let at_rest = zshield_formats::ext4::is_at_rest(&superblock);
        Ok(at_rest.then(|| Digest::of(&superblock).to_string()))
    }

    /// Maps root under a device-mapper name.
    pub fn map(&self, name: &str) -> io::Result<()> {
        Ok(MAPPER.create(name, Some(ID), &self.table)?)
    }

    /// Maps another volume than root, beside LVM, under a device-mapper name.
    pub(crate) fn map_beside(&self, name: &str) -> io::Result<()> {
        Ok(MAPPER.create(name, None, &self.table)?)
    }

    /// Takes that mapping away, where it is there.
    pub(crate) fn unmap(name: &str) -> io::Result<()> {
        let there = MAPPER.mappings()?.iter().any(|mapping| mapping.name == name);
        if there {
            MAPPER.remove(name)?;
        }
        Ok(())
    }

    /// Does something with it mapped to be read, and unmaps it again.
    pub(super) fn mapped<T>(
        &self,
        name: &str,
        work: impl FnOnce(&File) -> io::Result<T>,
    ) -> io::Result<T> {
        mapped(name, &self.table, |device| work(&File::open(device)?))
    }
}

/// Does something with a table mapped to be read, and unmaps it again.
pub(super) fn mapped<T>(
    name: &str,
    table: &str,
    work: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    MAPPER.create_readonly(name, None, table)?;
    let done = work(&Path::new("/dev/mapper").join(name));
    MAPPER.remove(name)?;
    done
}

fn gone(what: &str) -> io::Error {
    io::Error::other(format!("{what} is not all there"))
}

fn segment(piece: &Piece, physical: &[Physical]) -> Option<Segment> {
    let (device, extent) = piece.devices.strip_suffix(')')?.rsplit_once('(')?;
    let on = physical.iter().find(|physical| physical.pv_name == device)?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let sectors = |bytes: &str| Some(Sectors::from(Bytes(number(bytes)?)));
    Some(Segment {
        start: sectors(&piece.seg_start)?,
        length: sectors(&piece.seg_size)?,
        device: device.to_owned(),
        offset: sectors(&on.pe_start)? + sectors(&on.vg_extent_size)? * number(extent)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_on_its_disk() {
        let physical = [Physical {
            pv_name: "/dev/sda5".into(),
            pe_start: "1048576".into(),
            vg_extent_size: "4194304".into(),
        }];
        let piece = |devices: &str| Piece {
            seg_start: "0".into(),
            seg_size: "41943040".into(),
            devices: devices.into(),
        };
        let found = segment(&piece("/dev/sda5(2)"), &physical).unwrap();
        assert_eq!((found.offset, found.length), (Sectors(2048 + 2 * 8192), Sectors(81920)));
        assert!(segment(&piece("[unknown](0)"), &physical).is_none());
    }
}
