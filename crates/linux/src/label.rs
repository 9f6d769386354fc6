//! The labels that `SELinux` goes by, of what is written where no `SELinux` is at work to give them: in
//! the rescue system, into a system that has it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr, lgetxattr, lsetxattr};
use rustix::io::Errno;

const LABEL: &str = "security.selinux";
/// Longer than any label.
const LONGEST: usize = 4096;

/// Gives a fresh file the label of what it will replace, or else of its directory. It keeps a label that
/// the kernel gave it, but for the one of what it replaces. Where there are no labels nothing is done.
pub fn inherit(fresh: impl AsFd, replaced: &Path, directory: &Path) -> io::Result<()> {
    let own = read(|buffer| fgetxattr(&fresh, LABEL, buffer))?;
    let of = |path: &Path| read(|buffer| lgetxattr(path, LABEL, buffer));
    let wanted = match of(replaced)? {
        None if own.is_none() => of(directory)?,
        found => found,
    };
    match wanted {
        Some(label) if own.as_ref() != Some(&label) => {
            match fsetxattr(fresh, LABEL, &label, XattrFlags::empty()) {
                Err(Errno::OPNOTSUPP) => Ok(()),
                set => Ok(set?),
            }
        }
        Some(_) | None => Ok(()),
    }
}

/// Makes a directory with all above it, each with the label of the directory that it is in.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if path.is_dir() || path.as_os_str().is_empty() {
        return Ok(());
    }
    let above = above.unwrap_or(Path::new("."));
    create_dir_all(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    inherit(File::open(path)?, path, above)
}

/// The label of a file or directory; nothing where it has none, or is not there.
pub fn of(path: &Path) -> io::Result<Option<Vec<u8>>> {
    read(|buffer| lgetxattr(path, LABEL, buffer))
}

/// Gives a directory this label where it has none and can be written.
pub fn give_where_none(directory: &Path, label: &[u8]) -> io::Result<()> {
    // A kernel that goes by labels has one for every file, and may forbid to change it.
    if of(directory)?.is_some() {
        return Ok(());
    }
    match lsetxattr(directory, LABEL, label, XattrFlags::CREATE) {
        Err(Errno::OPNOTSUPP | Errno::ROFS | Errno::NOENT) => Ok(()),
        set => Ok(set?),
    }
}

fn read(get: impl FnOnce(&mut [u8]) -> rustix::io::Result<usize>) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; LONGEST];
    match get(&mut buffer) {
        Ok(length) => Ok(Some(buffer[..length].to_vec())),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable_file;

    fn label(path: &Path) -> Option<Vec<u8>> {
        read(|buffer| lgetxattr(path, LABEL, buffer)).unwrap()
    }

    fn set(path: &Path, label: &[u8]) {
        rustix::fs::lsetxattr(path, LABEL, label, XattrFlags::empty()).unwrap();
    }

    #[test]
    fn what_is_written_has_the_label_of_what_it_replaces_or_of_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let (root, etc) = (directory.path(), directory.path().join("etc"));
        fs::create_dir(&etc).unwrap();
        durable_file::write(&etc.join("plain"), 0o644, b"x").unwrap();
        assert_eq!(label(&etc.join("plain")), None);
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (of_etc, of_shadow) =
            (b"system_u:object_r:etc_t:s0\0", b"system_u:object_r:shadow_t:s0\0");
        set(&etc, of_etc);
        fs::write(etc.join("shadow"), "old").unwrap();
        set(&etc.join("shadow"), of_shadow);
        for name in ["fstab", "shadow", "fstab"] {
            durable_file::write(&etc.join(name), 0o600, b"new").unwrap();
        }
        assert_eq!(label(&etc.join("shadow")).as_deref(), Some(&of_shadow[..]));
        assert_eq!(label(&etc.join("fstab")).as_deref(), Some(&of_etc[..]));
        create_dir_all(&etc.join("zshield/keys")).unwrap();
        assert_eq!(label(&etc.join("zshield/keys")).as_deref(), Some(&of_etc[..]));
        create_dir_all(&root.join("var/lib")).unwrap();
        assert_eq!(label(&root.join("var/lib")), None);
        give_where_none(&root.join("var/lib"), of_etc).unwrap();
        give_where_none(&root.join("var/lib"), of_shadow).unwrap();
        give_where_none(&root.join("none"), of_shadow).unwrap();
        assert_eq!(of(&root.join("var/lib")).unwrap().as_deref(), Some(&of_etc[..]));
    }
}
