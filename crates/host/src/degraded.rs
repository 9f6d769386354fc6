//! Root without its snapshots, for an appliance whose HDD is missing or has snapshots that can't be
//! read; and the note of it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use zshield_golden::Digest;
use zshield_plan::degraded::{Degraded, FORMAT, Segment, table};

use crate::error::IoError;
use crate::ledger::write_durably;
use crate::observe::{self, Report};

/// The note's name in GRUB's folder.
const NOTE: &str = "degraded";
/// What device-mapper knows the mapping by: LVM's own ids begin with `LVM-`, and it leaves alone
/// what has another.
const ID: &str = "zshield-root-without-its-snapshots";
/// LVM as it is wherever this runs, without udev to talk to.
const CONFIG: &str = "devices { obtain_device_list_from_udev=0 external_device_info_source=\"none\" } \
                      activation { udev_sync=0 udev_rules=0 }";

/// The note in GRUB's folder; one that can't be read says nothing else than that it is there.
pub fn read(folder: &Path) -> Result<Option<Degraded>, IoError> {
    let path = folder.join(NOTE);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IoError::at(&path)(error)),
        Ok(json) => Ok(Some(serde_json::from_slice(&json).unwrap_or(Degraded {
            format: FORMAT,
            since: 0,
            superblock: None,
        }))),
    }
}

/// Leaves the note; an older one stays, for what it says was before.
pub fn note(folder: &Path, degraded: &Degraded) -> Result<(), IoError> {
    if read(folder)?.is_some() {
        return Ok(());
    }
    let json = serde_json::to_vec(degraded).map_err(io::Error::from);
    json.and_then(|json| write_durably(folder, NOTE, &json)).map_err(IoError::at(folder))
}

/// Removes the note.
pub fn clear(folder: &Path) -> Result<(), IoError> {
    let path = folder.join(NOTE);
    let remove = || match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::open(folder)?.sync_all(),
    };
    remove().map_err(IoError::at(&path))
}

/// Whether the root that is mounted here was mapped without its snapshots.
pub(crate) fn is_apart(root: &Path) -> Result<bool, IoError> {
    Ok(observe::mapped(root, "uuid")?.is_some_and(|id| id == ID))
}

#[derive(Deserialize)]
struct Group {
    vg_missing_pv_count: String,
}

/// Whether LVM finds all physical volumes of a group.
pub fn is_whole(group: &str) -> io::Result<bool> {
    let groups: Vec<Group> = report(&["vgs", "-o", "vg_missing_pv_count", group])?;
    Ok(all_there(&groups))
}

fn all_there(groups: &[Group]) -> bool {
    groups.iter().any(|group| group.vg_missing_pv_count == "0")
}

/// Whether LVM can activate a volume with all its snapshots. Nothing is mapped after it: it is asked
/// where nobody else has mapped anything yet. What LVM leaves of an activation that failed it does
/// not take away again itself.
pub fn can_activate(group: &str, volume: &str) -> io::Result<bool> {
    let can = lvm(&["lvchange", "--activate", "y", &format!("{group}/{volume}")])?;
    for what in ["remove_all", "mknodes"] {
        let status = mapper(&[what]).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("dmsetup {what}: {status}")));
        }
    }
    Ok(can)
}

#[derive(Deserialize)]
struct Logical {
    lv_name: String,
    origin: String,
}

/// Removes the snapshots of a volume, none of which is active.
pub fn remove_snapshots(group: &str, volume: &str) -> io::Result<()> {
    let all: Vec<Logical> = report(&["lvs", "-o", "lv_name,origin", group])?;
    for snapshot in all.iter().filter(|logical| logical.origin == volume) {
        let name = format!("{group}/{}", snapshot.lv_name);
        if !lvm(&["lvremove", "--yes", &name])? {
            return Err(io::Error::other(format!("{name} can't be removed")));
        }
    }
    Ok(())
}

/// Where root lies, by what LVM knows of it.
pub struct RootPlace {
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

impl RootPlace {
    /// Where a volume lies; an error where any of it is on a disk that is not there.
    pub fn of(group: &str, volume: &str) -> io::Result<Self> {
        let name = format!("{group}/{volume}");
        let pieces: Vec<Piece> =
            report(&["lvs", "--segments", "-o", "seg_start,seg_size,devices", &name])?;
        let physical: Vec<Physical> = report(&["pvs", "-o", "pv_name,pe_start,vg_extent_size"])?;
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
        device.seek(SeekFrom::Start(self.first.offset * 512 + 1024))?;
        let mut superblock = [0; 1024];
        device.read_exact(&mut superblock)?;
        let at_rest = zshield_cow::is_at_rest(&superblock);
        Ok(at_rest.then(|| Digest::of(&superblock).to_string()))
    }

    /// Maps it under a device-mapper name.
    pub fn map(&self, name: &str) -> io::Result<()> {
        let words = ["create", name, "--uuid", ID, "--noudevsync"];
        let mut dmsetup = mapper(&words).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = dmsetup.stdin.take() {
            stdin.write_all(self.table.as_bytes())?;
        }
        let status = dmsetup.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("dmsetup create {name}: {status}")))
    }
}

/// Whether LVM finds its label on a partition: in one of the first four sectors of 512 bytes
/// (lib/label/label.c). One that can't be read has none.
pub fn is_physical(partition: &Path) -> bool {
    let mut sectors = [0; 4 * 512];
    let read = File::open(partition).and_then(|mut file| file.read_exact(&mut sectors));
    read.is_ok() && sectors.chunks(512).any(|sector| sector.starts_with(b"LABELONE"))
}

fn gone(what: &str) -> io::Error {
    io::Error::other(format!("{what} is not all there"))
}

fn segment(piece: &Piece, physical: &[Physical]) -> Option<Segment> {
    let (device, extent) = piece.devices.strip_suffix(')')?.rsplit_once('(')?;
    let on = physical.iter().find(|physical| physical.pv_name == device)?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    Some(Segment {
        start: number(&piece.seg_start)?,
        length: number(&piece.seg_size)?,
        device: device.to_owned(),
        offset: number(&on.pe_start)? + number(extent)? * number(&on.vg_extent_size)?,
    })
}

/// LVM's report in sectors. Its exit status says that a disk is missing, which is known.
fn report<Row: for<'de> Deserialize<'de>>(words: &[&str]) -> io::Result<Vec<Row>> {
    let shape = ["--units", "s", "--nosuffix", "--reportformat", "json"];
    let output = lvm_command(words).args(shape).stderr(Stdio::null()).output()?;
    Ok(Report::read(&String::from_utf8_lossy(&output.stdout))?.rows())
}

/// Whether a command of LVM's succeeded; what it says goes to the console.
fn lvm(words: &[&str]) -> io::Result<bool> {
    Ok(lvm_command(words).stdout(Stdio::null()).status()?.success())
}

fn mapper(words: &[&str]) -> Command {
    let mut dmsetup = Command::new("dmsetup");
    dmsetup.args(words).env("DM_DISABLE_UDEV", "1").stdin(Stdio::null()).stdout(Stdio::null());
    dmsetup
}

fn lvm_command(words: &[&str]) -> Command {
    let mut lvm = Command::new("lvm");
    lvm.args(words)
        .args(["--config", CONFIG])
        .env("DM_DISABLE_UDEV", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    lvm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_note_stays_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        let degraded = |since| Degraded { format: FORMAT, since, superblock: Some("a".into()) };
        note(folder.path(), &degraded(1)).unwrap();
        note(folder.path(), &degraded(2)).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(degraded(1)));
        clear(folder.path()).unwrap();
        clear(folder.path()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_damaged_note_is_a_note() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NOTE), b"damaged").unwrap();
        assert!(read(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_physical_volume_is_known_by_its_label() {
        let partition = tempfile::NamedTempFile::new().unwrap();
        let is = |content: &[u8]| {
            fs::write(partition.path(), content).unwrap();
            is_physical(partition.path())
        };
        let mut content = vec![0; 4096];
        assert!(!is(&content));
        // As pvcreate writes it: the second sector.
        content[512..520].copy_from_slice(b"LABELONE");
        assert!(is(&content));
        assert!(!is(&content[..1024]));
        content.rotate_right(8);
        assert!(!is(&content));
        assert!(!is_physical("/no/such/partition".as_ref()));
    }

    #[test]
    fn a_group_is_whole_when_none_of_its_disks_is_missing() {
        let whole = |output: &str| all_there(&Report::read(output).unwrap().rows());
        let said = |missing: &str| {
            format!(
                r#"  {{
      "report": [
          {{
              "vg": [
                  {{"vg_missing_pv_count":"{missing}"}}
              ]
          }}
      ]
  }}
"#
            )
        };
        assert!(whole(&said("0")));
        assert!(!whole(&said("1")));
        assert!(!whole(r#"{"report": [{"vg": []}]}"#));
    }

    #[test]
    fn a_piece_is_found_on_its_disk() {
        let physical = [Physical {
            pv_name: "/dev/sda5".into(),
            pe_start: "2048".into(),
            vg_extent_size: "8192".into(),
        }];
        let piece = |devices: &str| Piece {
            seg_start: "0".into(),
            seg_size: "81920".into(),
            devices: devices.into(),
        };
        let found = segment(&piece("/dev/sda5(2)"), &physical).unwrap();
        assert_eq!((found.offset, found.length), (2048 + 2 * 8192, 81920));
        assert!(segment(&piece("[unknown](0)"), &physical).is_none());
    }
}
