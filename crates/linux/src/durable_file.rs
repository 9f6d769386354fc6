//! Files that last: replaced as a whole, so that a power cut leaves the old content or the new.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::attributes::unlocked;
use crate::label;
use crate::open_flags::OpenFlags as _;
use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, RenameFlags, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

/// The end of the name under which a content is written, before it takes the place of the old one.
const FRESH: &str = ".new";

/// Replaces a file by these bytes; see [`replace`].
pub fn write(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    replace(path, mode, |file| file.write_all(bytes))
}

/// Replaces a file as a whole: written beside it under a name that nobody knows in advance, made
/// durable, renamed, and the name made durable. It has these permissions, whatever the umask; they
/// are set before anything is written. A symbolic link of its name is replaced, and not followed.
/// Nothing is left beside it, not even of a writing that the power cut. What `chattr` forbids, of it or of
/// its directory, is taken away.
pub fn replace(
    path: &Path,
    mode: u32,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let (directory, name) = path
        .parent()
        .zip(path.file_name().and_then(|name| name.to_str()))
        .ok_or(io::ErrorKind::InvalidInput)?;
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    remove_leftovers(directory, name)?;
    let (prefix, mut builder) = (format!(".{name}."), tempfile::Builder::new());
    // O_CREAT and O_EXCL: no link is followed, and nobody else's file is taken.
    let builder = builder.prefix(&prefix).suffix(FRESH);
    let mut fresh = unlocked(path, || builder.tempfile_in(directory))?;
    // Who cleans up meanwhile sees that it is in use.
    fresh.as_file().lock()?;
    fresh.as_file().set_permissions(Permissions::from_mode(mode))?;
    label::inherit(fresh.as_file(), path, directory)?;
    content(fresh.as_file_mut())?;
    fresh.as_file().sync_all()?;
    let (file, fresh) = fresh.into_parts();
    unlocked(path, || fs::rename(&fresh, path))?;
    // Its name is gone: nothing is left to be removed.
    fresh.keep().map_err(|failed| failed.error)?;
    drop(file);
    File::open(directory)?.sync_all()
}

/// Writes a new file in an open directory, which no link can lead out of: under a name of its own, made durable,
/// renamed, and the name made durable. A file that is there already stays as it is. A power cut leaves the file or
/// none, and beside it at most what [`clear_in`] removes.
pub fn create_in(
    directory: &File,
    name: &str,
    mode: u32,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let (mut file, fresh) = fresh_in(directory, name, mode)?;
    let placed = content(&mut file).and_then(|()| file.sync_all()).and_then(|()| {
        match place(directory, &fresh, name) {
            // It is there: of two writers one came first.
            Err(Errno::EXIST) => Ok(unlinkat(directory, &fresh, AtFlags::empty())?),
            placed => Ok(placed?),
        }
    });
    if let Err(error) = placed {
        // What has failed is told; what it left goes with the next `clear_in`.
        let _ = unlinkat(directory, &fresh, AtFlags::empty());
        return Err(error);
    }
    directory.sync_all()
}

/// A file that is new, and the name that it has until it is whole.
fn fresh_in(directory: &File, name: &str, mode: u32) -> io::Result<(File, String)> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for number in 0_u32.. {
        let fresh = format!(".{name}.{}-{number}{FRESH}", std::process::id());
        match openat(directory, &fresh, flags, Mode::from_raw_mode(mode)) {
            Err(Errno::EXIST) => {}
            opened => {
                let file = File::from(opened?);
                // Who clears sees by that that it is in use. Some shares know no locks, and nothing is cleared there.
                let locked = file.try_lock();
                // Somebody has cleared it before.
                if matches!(locked, Err(TryLockError::WouldBlock)) || file.metadata()?.nlink() == 0
                {
                    continue;
                }
                return Ok((file, fresh));
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Gives a file its name, if nobody has it.
fn place(directory: &File, fresh: &str, name: &str) -> Result<(), Errno> {
    match renameat_with(directory, fresh, directory, name, RenameFlags::NOREPLACE) {
        // NFS, SMB, and kernels before 3.15 can't ask for it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(Errno::NOENT) => renameat(directory, fresh, directory, name),
                Err(error) => Err(error),
            }
        }
        placed => placed,
    }
}

/// Removes what power cuts have left of the files of an open directory.
pub fn clear_in(directory: &File) -> io::Result<()> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if unfinished(entry.file_name().to_bytes()).is_none() {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(directory, entry.file_name(), flags, Mode::empty()) {
            // It has got its name meanwhile, or is a link that nobody here has made.
            Err(Errno::NOENT | Errno::LOOP) => continue,
            opened => File::from(opened?),
        };
        // Who writes it holds it.
        if file.try_lock().is_ok() {
            unlinkat(directory, entry.file_name(), AtFlags::empty())?;
        }
    }
    Ok(())
}

/// Removes what a power cut has left of an earlier writing of this file.
fn remove_leftovers(directory: &Path, name: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_fresh(&entry.file_name().to_string_lossy(), name) && is_abandoned(&entry.path())? {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether this is a name under which the file is written; some versions had a fixed one.
fn is_fresh(found: &str, name: &str) -> bool {
    let Some(found) = found.strip_suffix(FRESH) else { return false };
    let random = || found.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.');
    found == name || random().is_some_and(|random| !random.contains('.'))
}

/// Of which file this is a name under which it is written, before it takes the place of the old one.
pub fn unfinished(found: &[u8]) -> Option<&[u8]> {
    let named = found.strip_prefix(b".")?.strip_suffix(FRESH.as_bytes())?;
    let dot = named.iter().rposition(|byte| *byte == b'.')?;
    Some(&named[..dot]).filter(|name| !name.is_empty())
}

/// Whether nobody writes to an unfinished file any more.
pub fn is_abandoned(path: &Path) -> io::Result<bool> {
    if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return Ok(false);
    }
    // Whose directory it is may put a link or a pipe in its place meanwhile.
    let mut open = OpenOptions::new();
    open.read(true).flags(OFlags::NOFOLLOW | OFlags::NONBLOCK);
    let file = match open.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes a file, whatever `chattr` forbids of it; nothing is to be done where there is none.
pub fn remove(path: &Path) -> io::Result<()> {
    match unlocked(path, || fs::remove_file(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("note");
        write(&path, 0o666, b"one").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o666));
        write(&path, 0o600, b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o600));
        assert_eq!(names(directory.path()), ["note"]);
    }

    #[test]
    fn no_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("note"), directory.path().join("other"));
        fs::write(&other, "other").unwrap();
        symlink(&other, &path).unwrap();
        symlink(&other, directory.path().join("note.new")).unwrap();
        write(&path, 0o644, b"note").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"other");
        assert!(path.symlink_metadata().unwrap().is_file());
    }

    #[test]
    fn a_failure_leaves_the_old_content_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("note");
        write(&path, 0o644, b"old").unwrap();
        let failed = replace(&path, 0o644, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["note"]);
    }

    #[test]
    fn what_a_power_cut_left_goes_and_what_is_being_written_stays() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["note.new", ".note.a1b2c3.new", ".note.b.a1b2c3.new", "other.new"] {
            fs::write(at(name), "half").unwrap();
        }
        let busy = File::create(at(".note.busy00.new")).unwrap();
        busy.lock().unwrap();
        write(&at("note"), 0o644, b"whole").unwrap();
        let left = [".note.b.a1b2c3.new", ".note.busy00.new", "note", "other.new"];
        assert_eq!(names(directory.path()), left);
    }

    #[test]
    fn an_unfinished_file_tells_its_name() {
        for (found, of) in [
            (".note.a1b2c3.new", Some("note")),
            (".note.b.a1b2c3.new", Some("note.b")),
            ("note.new", None),
            (".note.new", None),
            ("..a1b2c3.new", None),
            (".note.a1b2c3", None),
        ] {
            assert_eq!(unfinished(found.as_bytes()), of.map(str::as_bytes), "{found}");
        }
    }

    #[test]
    fn a_new_file_comes_as_a_whole_and_replaces_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("note");
        let at = File::open(directory.path()).unwrap();
        let write = |text: &'static str| {
            create_in(&at, "note", 0o600, |file| {
                assert!(unfinished(names(directory.path())[0].as_bytes()).is_some());
                file.write_all(text.as_bytes())
            })
        };
        write("one").unwrap();
        write("two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o600));
        let failed = create_in(&at, "other", 0o600, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(names(directory.path()), ["note"]);
    }

    #[test]
    fn what_cuts_left_in_a_directory_goes_and_what_is_being_written_stays() {
        let directory = tempfile::tempdir().unwrap();
        let at = File::open(directory.path()).unwrap();
        for name in [".note.17-0.new", "note", "other.new"] {
            fs::write(directory.path().join(name), "half").unwrap();
        }
        symlink("note", directory.path().join(".link.17-0.new")).unwrap();
        create_in(&at, "busy", 0o600, |file| {
            clear_in(&at)?;
            file.write_all(b"whole")
        })
        .unwrap();
        assert_eq!(names(directory.path()), [".link.17-0.new", "busy", "note", "other.new"]);
        assert_eq!(fs::read(directory.path().join("busy")).unwrap(), b"whole");
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(write(&directory.path().join("no/note"), 0o644, b"").is_err());
        assert!(write(Path::new("/"), 0o644, b"").is_err());
    }
}
