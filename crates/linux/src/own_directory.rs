//! Directories of root's own, in places that may be somebody else's: an audit volume can belong to the
//! group of a log daemon, and `/run/zshield` is made by the command or the daemon that comes first.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use zshield_messages::say;

use crate::durable_file;
use crate::label;
use crate::open_flags::OpenFlags as _;

/// For root alone: who can open a lock can hold it.
pub const PRIVATE: u32 = 0o700;
/// For root to write, and for all to look into.
pub const PUBLIC: u32 = 0o755;

/// Something in its place that is not root's. Its text says what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OfAnother(String);

impl OfAnother {
    fn error(text: String) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, Self(text))
    }
}

/// Whether this is said of something that is not root's.
pub fn is_of_another(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    inner.is::<OfAnother>()
}

/// Makes a directory with all that are above it, where it is not there, and gives it these permissions.
/// One that is a link or belongs to another user is refused: files in it could be anybody's.
pub fn ensure(directory: &Path, mode: u32) -> io::Result<()> {
    label::create_dir_all(directory)?;
    let mut open = OpenOptions::new();
    open.read(true).flags(OFlags::DIRECTORY | OFlags::NOFOLLOW);
    let handle = open.open(directory)?;
    let found = handle.metadata()?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        let text = say::host::directory_of_another(directory.display().to_string());
        return Err(OfAnother::error(text));
    }
    if found.permissions().mode() & 0o7777 == mode {
        return Ok(());
    }
    handle.set_permissions(Permissions::from_mode(mode))
}

/// Replaces a file that is for root alone, in a directory that is for root alone and that is made where it
/// is not there.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    ensure(path.parent().ok_or(io::ErrorKind::InvalidInput)?, PRIVATE)?;
    durable_file::write(path, 0o600, bytes)
}

/// Opens a file of root's own for appending or locking, and gives it these permissions. No link is
/// followed, nothing that is no file is opened, and it is not made shorter.
pub fn open_file(path: &Path, options: &mut OpenOptions, mode: u32) -> io::Result<File> {
    // Without NONBLOCK somebody's pipe of this name would hold the caller for ever.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let is_new = path.symlink_metadata().is_err();
    let file = options.create(true).truncate(false).mode(mode).flags(flags).open(path)?;
    let found = file.metadata()?;
    let is_own = found.is_file() && found.uid() == rustix::process::geteuid().as_raw();
    if !is_own {
        let text = say::host::file_of_another(path.display().to_string());
        return Err(OfAnother::error(text));
    }
    file.set_permissions(Permissions::from_mode(mode))?;
    if is_new {
        label::inherit(&file, path, path.parent().unwrap_or(path))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn its_permissions_do_not_depend_on_who_came_first() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/zshield");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        for _ in 0..2 {
            ensure(&path, PRIVATE).unwrap();
            assert_eq!(mode(&path), PRIVATE);
        }
        fs::write(path.join("lock"), "").unwrap();
        fs::set_permissions(path.join("lock"), Permissions::from_mode(0o644)).unwrap();
        open_file(&path.join("lock"), OpenOptions::new().write(true), 0o600).unwrap();
        assert_eq!(mode(&path.join("lock")), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        write_private(&path.join("note"), b"note").unwrap();
        assert_eq!((mode(&path), mode(&path.join("note"))), (PRIVATE, 0o600));
    }

    #[test]
    fn neither_link_nor_pipe_nor_another_s_directory_is_taken_for_it() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("elsewhere/shadow"), "secret").unwrap();
        symlink(at("elsewhere"), at("link")).unwrap();
        assert!(ensure(&at("link"), PUBLIC).is_err());
        symlink(at("elsewhere/shadow"), at("log")).unwrap();
        let append = |name: &str| open_file(&at(name), OpenOptions::new().append(true), 0o600);
        assert!(append("log").is_err());
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(append("pipe").is_err());
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(at("elsewhere"), Some(65534), None).unwrap();
            let refused = ensure(&at("elsewhere"), PUBLIC).unwrap_err();
            assert!(is_of_another(&refused));
        }
        assert_eq!(fs::read(at("elsewhere/shadow")).unwrap(), b"secret");
    }
}
