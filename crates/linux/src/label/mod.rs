//! The labels that `SELinux` goes by, of what zshield writes: in the rescue system, where no `SELinux` is at
//! work to give them, and in a running system, where the kernel gives those of the directory.

mod policy;

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{
    FileType, Stat, XattrFlags, fgetxattr, fsetxattr, fstat, lgetxattr, lsetxattr, lstat,
};
use rustix::io::Errno;

const LABEL: &str = "security.selinux";
/// Longer than any label.
const LONGEST: usize = 4096;

/// Gives a fresh file, which has this name or will have it, its label: that of what it will replace; where it
/// replaces nothing, the one that the policy of its system has for its path; else the one that the kernel
/// gave it, or that of its directory. Where there are no labels nothing is done.
pub fn inherit(fresh: impl AsFd, path: &Path, directory: &Path) -> io::Result<()> {
    let meta = fstat(&fresh)?;
    let own = read(|buffer| fgetxattr(&fresh, LABEL, buffer))?;
    let replaced = if is_named(&meta, path) { None } else { of(path)? };
    if let Some(label) = replaced {
        return set(fresh, own.as_deref(), &label);
    }
    let Some(of_directory) = of(directory)? else { return Ok(()) };
    if let Some(label) = policy::label_of(path, FileType::from_raw_mode(meta.st_mode)) {
        match set(&fresh, own.as_deref(), &label) {
            Ok(()) => return Ok(()),
            // A policy at work may not let us, or may be another than the one that its files have.
            Err(error) => tracing::warn!("no label for {}: {error}", path.display()),
        }
    }
    let label = own.clone().unwrap_or(of_directory);
    set(fresh, own.as_deref(), &label)
}

/// Gives a fresh file the label that the policy has for another path, where it has a label at all: as what
/// its path will be in the system that the policy is of.
pub fn as_at(fresh: impl AsFd, path: &Path) -> io::Result<()> {
    let own = read(|buffer| fgetxattr(&fresh, LABEL, buffer))?;
    let kind = FileType::from_raw_mode(fstat(&fresh)?.st_mode);
    match own.and_then(|own| Some((own, policy::label_of(path, kind)?))) {
        Some((own, label)) => set(fresh, Some(&own), &label),
        None => Ok(()),
    }
}

fn is_named(file: &Stat, path: &Path) -> bool {
    lstat(path).is_ok_and(|named| (named.st_dev, named.st_ino) == (file.st_dev, file.st_ino))
}

fn set(file: impl AsFd, own: Option<&[u8]>, label: &[u8]) -> io::Result<()> {
    if own == Some(label) {
        return Ok(());
    }
    match fsetxattr(file, LABEL, label, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) => Ok(()),
        set => Ok(set?),
    }
}

/// Makes a directory with all above it, each with its label as a fresh file has it.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    create_dir_all_as(path, path)
}

/// The same of a directory whose path will be another in the system that the policy is of.
pub fn create_dir_all_as(path: &Path, named: &Path) -> io::Result<()> {
    if path.is_dir() || path.as_os_str().is_empty() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    create_dir_all_as(above, named.parent().unwrap_or(named))?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let directory = File::open(path)?;
    inherit(&directory, path, above)?;
    if path == named { Ok(()) } else { as_at(&directory, named) }
}

/// The label of a file or directory; nothing where it has none, or is not there.
pub fn of(path: &Path) -> io::Result<Option<Vec<u8>>> {
    read(|buffer| lgetxattr(path, LABEL, buffer))
}

/// Gives what others have made its label, as a fresh file has it; where it has none, is there, and can be
/// written.
pub fn inherit_where_none(path: &Path) -> io::Result<()> {
    if of(path)?.is_some() {
        return Ok(());
    }
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    match inherit(file, path, path.parent().unwrap_or(path)) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        given => given,
    }
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
        of(path).unwrap()
    }

    fn set_at(path: &Path, label: &[u8]) {
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
        set_at(&etc, of_etc);
        fs::write(etc.join("shadow"), "old").unwrap();
        set_at(&etc.join("shadow"), of_shadow);
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
        assert_eq!(label(&root.join("var/lib")).as_deref(), Some(&of_etc[..]));
    }

    /// A system whose policy has labels for two files in `/etc`, and whose directories are labelled.
    fn labelled(root: &Path) {
        let files = root.join("etc/selinux/strict/contexts/files");
        fs::create_dir_all(&files).unwrap();
        fs::create_dir_all(root.join("etc/ssh")).unwrap();
        fs::write(root.join("etc/selinux/config"), "SELINUX=enforcing\nSELINUXTYPE=strict\n")
            .unwrap();
        let lines = "/etc/ssh/ssh_host.*_key -- u:r:sshd_key_t:s0\n\
            /etc/lvm(/.*)? u:r:lvm_etc_t:s0\n";
        fs::write(files.join("file_contexts"), lines).unwrap();
        fs::write(files.join("file_contexts.subs_dist"), "/etc/keys /etc/ssh\n").unwrap();
        for path in ["etc", "etc/ssh"] {
            set_at(&root.join(path), b"u:r:etc_t:s0\0");
        }
    }

    #[test]
    fn what_is_new_has_the_label_that_the_policy_of_its_system_has_for_it() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        labelled(root);
        let write = |path: &str| {
            create_dir_all(root.join(path).parent().unwrap()).unwrap();
            durable_file::write(&root.join(path), 0o600, b"x").unwrap();
            label(&root.join(path)).map(|label| String::from_utf8(label).unwrap())
        };
        let key = "etc/ssh/ssh_host_rsa_key";
        for (path, label) in [
            (key, "u:r:sshd_key_t:s0\0"),
            ("etc/keys/ssh_host_rsa_key", "u:r:sshd_key_t:s0\0"),
            ("etc/ssh/other", "u:r:etc_t:s0\0"),
            ("etc/lvm/lvmlocal.conf", "u:r:lvm_etc_t:s0\0"),
        ] {
            assert_eq!(write(path).as_deref(), Some(label), "{path}");
        }
        assert_eq!(label(&root.join("etc/lvm")).as_deref(), Some(&b"u:r:lvm_etc_t:s0\0"[..]));
        // Whoever gave it another one has a reason.
        set_at(&root.join(key), b"u:r:other_t:s0\0");
        assert_eq!(write(key).as_deref(), Some("u:r:other_t:s0\0"));
        // Its labels were lost on the way here.
        assert_eq!(write("srv/ssh_host_rsa_key"), None);
    }

    /// A volume's own directory, which mke2fs makes; and a volume that is not at the place it will have.
    #[test]
    fn what_others_made_and_what_will_be_elsewhere_have_their_label_too() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (directory.path(), tempfile::tempdir().unwrap());
        labelled(root);
        let made = root.join("etc/lvm");
        fs::create_dir(&made).unwrap();
        inherit_where_none(&made).unwrap();
        inherit_where_none(&root.join("etc/lost+found")).unwrap();
        assert_eq!(label(&made).as_deref(), Some(&b"u:r:lvm_etc_t:s0\0"[..]));
        assert!(!root.join("etc/lost+found").exists());
        set_at(&made, b"u:r:other_t:s0\0");
        inherit_where_none(&made).unwrap();
        assert_eq!(label(&made).as_deref(), Some(&b"u:r:other_t:s0\0"[..]));

        let at = elsewhere.path().join("lvm/backup");
        create_dir_all_as(&at, &root.join("etc/lvm/backup")).unwrap();
        assert_eq!(label(&at), None);
        fs::remove_dir_all(elsewhere.path().join("lvm")).unwrap();
        set_at(elsewhere.path(), b"u:r:etc_t:s0\0");
        create_dir_all_as(&at, &root.join("etc/lvm/backup")).unwrap();
        for made in [at.as_path(), at.parent().unwrap()] {
            assert_eq!(label(made).as_deref(), Some(&b"u:r:lvm_etc_t:s0\0"[..]));
        }
    }

    #[test]
    fn a_directory_and_a_log_of_root_s_own_have_the_label_of_their_path() {
        use crate::own_directory;
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        labelled(directory.path());
        let (at, log) =
            (directory.path().join("etc/lvm"), directory.path().join("etc/lvm/actions.log"));
        own_directory::ensure(&at, own_directory::PUBLIC).unwrap();
        let append = || {
            let mut open = fs::OpenOptions::new();
            own_directory::open_file(&log, open.append(true), 0o600).unwrap();
        };
        append();
        for made in [&at, &log] {
            assert_eq!(label(made).as_deref(), Some(&b"u:r:lvm_etc_t:s0\0"[..]));
        }
        set_at(&log, b"u:r:other_t:s0\0");
        append();
        assert_eq!(label(&log).as_deref(), Some(&b"u:r:other_t:s0\0"[..]));
    }

    #[test]
    fn without_a_policy_that_can_be_read_a_new_file_has_the_label_of_its_directory() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let (root, key) = (directory.path(), directory.path().join("etc/ssh/ssh_host_rsa_key"));
        labelled(root);
        let policy = root.join("etc/selinux/strict/contexts/files/file_contexts");
        for wrong in ["/etc/ssh/ssh_host.*_key sshd_key_t\n", "/etc/ssh/[z u:r:key_t:s0\n", ""] {
            fs::write(&policy, wrong).unwrap();
            durable_file::write(&key, 0o600, b"x").unwrap();
            assert_eq!(label(&key).as_deref(), Some(&b"u:r:etc_t:s0\0"[..]), "{wrong}");
            fs::remove_file(&key).unwrap();
        }
        fs::remove_file(&policy).unwrap();
        durable_file::write(&key, 0o600, b"x").unwrap();
        assert_eq!(label(&key).as_deref(), Some(&b"u:r:etc_t:s0\0"[..]));
    }
}
