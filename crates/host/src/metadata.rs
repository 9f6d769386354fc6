//! LVM's metadata after a power cut: a change of the group that is torn on all its physical volumes
//! is undone, since LVM finds no group then.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use zshield_formats::lvm2::{AreaState, LABEL_SIZE, Label, roll_back};

use zshield_linux::IoError;

/// A physical volume that is there.
struct Physical<'a> {
    path: &'a Path,
    label: Label,
}

/// Sees to it that LVM finds a group that it found before its last change: how often the group had
/// been changed by then, where that was torn and is undone. What is no physical volume, or can't be
/// read, is not there.
pub fn undo_torn(group: &str, physical: &[PathBuf]) -> Result<Option<u32>, IoError> {
    let found = physical.iter().filter_map(|path| {
        let looked = look(path, group);
        looked.inspect_err(|error| tracing::warn!("{}: {error}", path.display())).ok().flatten()
    });
    let mut newest = None;
    for (physical, before) in roll_back(found) {
        let Physical { path, label } = physical;
        tracing::warn!("{}: {group} is set back to its change {}", path.display(), before.seqno);
        let set = || {
            let file = OpenOptions::new().write(true).open(path)?;
            file.write_all_at(before.header.as_slice(), label.area().start)?;
            file.sync_all()
        };
        set().map_err(IoError::at(path))?;
        newest = newest.max(Some(before.seqno));
    }
    Ok(newest)
}

fn look<'a>(path: &'a Path, group: &str) -> io::Result<Option<(Physical<'a>, AreaState)>> {
    let file = File::open(path)?;
    let mut beginning = [0; LABEL_SIZE];
    file.read_exact_at(&mut beginning, 0)?;
    let Some(label) = Label::read(&beginning) else { return Ok(None) };
    let range = label.area();
    let mut area = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
    file.read_exact_at(&mut area, range.start)?;
    let state = AreaState::of(&area, &label, group);
    Ok(Some((Physical { path, label }, state)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const REAL: &[u8] = include_bytes!("../../formats/tests/physical-volume");

    /// A physical volume whose text that holds is gone, and the range of its header.
    fn torn() -> Vec<u8> {
        let mut bytes = REAL.to_vec();
        bytes.resize(1 << 20, 0);
        // The last of six changes.
        bytes[4096 + 9728..].fill(0);
        bytes
    }

    #[test]
    fn what_is_torn_on_all_that_is_there_is_undone_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("ssd"), torn()).unwrap();
        fs::write(at("hdd"), torn()).unwrap();
        fs::write(at("none"), [0; 4096]).unwrap();
        let all = ["ssd", "hdd", "none", "gone"].map(at);
        assert_eq!(undo_torn("vgroup", &all).unwrap(), Some(5));
        for name in ["ssd", "hdd"] {
            let (mut now, mut was) = (fs::read(at(name)).unwrap(), torn());
            assert_ne!(now[4096..4608], was[4096..4608]);
            now[4096..4608].fill(0);
            was[4096..4608].fill(0);
            assert!(now == was, "nothing else is written");
        }
        assert_eq!(undo_torn("vgroup", &all).unwrap(), None);
    }

    #[test]
    fn what_is_readable_on_one_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let all = ["ssd", "hdd"].map(|name| directory.path().join(name));
        let mut whole = REAL.to_vec();
        whole.resize(1 << 20, 0);
        fs::write(&all[0], torn()).unwrap();
        fs::write(&all[1], whole).unwrap();
        assert_eq!(undo_torn("vgroup", &all).unwrap(), None);
        assert!(fs::read(&all[0]).unwrap() == torn());
    }
}
