//! Directories opened name by name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Dir, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use zshield_messages::say;

use crate::error::{Action, FileError};
use crate::path::EntryPath;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

/// So many directories of a way stay open, the lowest: whoever may make a directory makes as many in
/// each other as he likes, and a process has a thousand files.
const OPEN: usize = 8;

/// The way from a root to the directory in use, the lower end of it open. Symbolic links are never
/// followed.
#[derive(Debug)]
pub struct Descent {
    name: PathBuf,
    root: Arc<OwnedFd>,
    /// Name by name; what is not open any more is opened again where the way goes on from there.
    way: Vec<(Vec<u8>, Option<Arc<OwnedFd>>)>,
    /// Whether it goes into what is mounted below the root.
    enters: bool,
}

impl Descent {
    /// A way that begins at this directory.
    pub fn from(root: &Path) -> Result<Self, FileError> {
        let opened = rustix::fs::open(root, DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let root_directory = Arc::new(opened.map_err(FileError::at(Action::Read, root))?);
        Ok(Self { name: root.to_owned(), root: root_directory, way: Vec::new(), enters: true })
    }

    /// The same, of which nothing leads into what is mounted below the root.
    pub fn unmounted(root: &Path) -> Result<Self, FileError> {
        Ok(Self { enters: false, ..Self::from(root)? })
    }

    /// The root's own name, for errors.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The root itself.
    pub fn root(&self) -> &Arc<OwnedFd> {
        &self.root
    }

    /// The directory at this path. What it has in common with the one asked for before is not
    /// opened again, as far as it is open.
    pub fn directory(&mut self, path: &EntryPath) -> Result<Arc<OwnedFd>, FileError> {
        let common =
            self.way.iter().zip(path.names()).take_while(|((have, _), want)| have == want).count();
        self.way.truncate(common);
        while self.way.last().is_some_and(|(_, directory)| directory.is_none()) {
            self.way.pop();
        }
        for name in path.names().skip(self.way.len()) {
            let opened = if self.enters {
                let opened =
                    rustix::fs::openat(self.last(), name, DIRECTORY | PLAIN, Mode::empty());
                opened.map_err(io::Error::from)
            } else {
                open_directory(self.last(), name)
            };
            let directory =
                opened.map_err(FileError::at(Action::Read, self.name.join(path.as_path())))?;
            self.way.push((name.to_vec(), Some(Arc::new(directory))));
            if let Some(above) = self.way.len().checked_sub(OPEN + 1) {
                self.way[above].1 = None;
            }
        }
        Ok(Arc::clone(self.last()))
    }

    fn last(&self) -> &Arc<OwnedFd> {
        self.way.last().and_then(|(_, directory)| directory.as_ref()).unwrap_or(&self.root)
    }
}

/// Opens one directory in another, and nothing that only leads to one or is mounted there.
pub fn open_directory(directory: &OwnedFd, name: impl AsRef<[u8]>) -> io::Result<OwnedFd> {
    open_unmounted(directory, name, DIRECTORY)
}

/// Opens what has a name in a directory, and not what is mounted there, be it a part of the same
/// filesystem: that is an error of the kind [`io::ErrorKind::CrossesDevices`].
pub fn open_unmounted(
    directory: &OwnedFd,
    name: impl AsRef<[u8]>,
    flags: OFlags,
) -> io::Result<OwnedFd> {
    let (name, flags) = (name.as_ref(), flags | PLAIN);
    match rustix::fs::openat2(directory, name, flags, Mode::empty(), ResolveFlags::NO_XDEV) {
        // A kernel before 5.6, or a container that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => open_compared(directory, name, flags),
        Err(Errno::XDEV) => Err(mounted_over()),
        opened => Ok(opened?),
    }
}

/// The same where the kernel can only be asked afterwards.
fn open_compared(directory: &OwnedFd, name: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let opened = rustix::fs::openat(directory, name, flags, Mode::empty())?;
    if is_same_mount(directory, &opened)? { Ok(opened) } else { Err(mounted_over()) }
}

fn mounted_over() -> io::Error {
    io::Error::new(io::ErrorKind::CrossesDevices, say::golden::drift_mounted_over())
}

/// The names in a directory.
pub fn listing(directory: &OwnedFd) -> io::Result<BTreeSet<Vec<u8>>> {
    let names = Dir::read_from(directory)?.map(|entry| Ok(entry?.file_name().to_bytes().to_vec()));
    let names = names.collect::<io::Result<BTreeSet<Vec<u8>>>>()?;
    Ok(names.into_iter().filter(|name| !matches!(name.as_slice(), b"." | b"..")).collect())
}

/// Whether two open files are on one mounted filesystem, so that a name can be moved from the directory of one
/// to that of the other.
pub fn is_same_mount(one: &OwnedFd, other: &OwnedFd) -> io::Result<bool> {
    Ok(mount_of(one)? == mount_of(other)?)
}

/// The filesystem of an open file, and the number of its mount where the kernel tells it.
fn mount_of(file: &OwnedFd) -> io::Result<(u64, Option<u64>)> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok());
    Ok((rustix::fs::fstat(file)?.st_dev, id))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Runs this test once more where what it mounts is nobody else's.
    const INSIDE: &str = "ZSHIELD_TEST_OWN_MOUNTS";

    #[test]
    fn a_way_of_any_length_has_few_directories_open() {
        let root = tempfile::tempdir().unwrap();
        let mut way = Descent::unmounted(root.path()).unwrap();
        let open = || fs::read_dir("/proc/self/fd").unwrap().count();
        let before = open();
        let mut path = EntryPath::root();
        for _ in 0..1100 {
            let directory = way.directory(&path).unwrap();
            rustix::fs::mkdirat(&*directory, "d", Mode::RWXU).unwrap();
            path = path.join(b"d").unwrap();
        }
        assert!(open() <= before + OPEN + 1, "{} files more", open() - before);
        // Upwards again, and down from there.
        let inode = |way: &mut Descent, path: &EntryPath| {
            rustix::fs::fstat(&*way.directory(path).unwrap()).unwrap().st_ino
        };
        let deepest = inode(&mut way, &path);
        let mut above = path.clone();
        for _ in 0..200 {
            above = above.parent().unwrap();
            inode(&mut way, &above);
        }
        assert_eq!(inode(&mut way, &path), deepest);
    }

    #[test]
    fn what_is_mounted_there_is_not_opened() {
        if std::env::var_os(INSIDE).is_none() {
            let root = rustix::process::geteuid().is_root();
            let unshare = || {
                let mut unshare = Command::new("unshare");
                unshare.arg(if root { "-m" } else { "-rm" });
                unshare
            };
            if !unshare().arg("true").status().unwrap().success() {
                println!("left out: nobody may mount here");
                return;
            }
            let mut again = unshare();
            again.arg(std::env::current_exe().unwrap()).args(["--exact", "--nocapture"]);
            again.arg("descent::tests::what_is_mounted_there_is_not_opened").env(INSIDE, "1");
            assert!(again.status().unwrap().success());
            return;
        }
        let root = tempfile::tempdir().unwrap();
        for name in ["plain", "bound", "other", "file"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        for name in ["one", "two"] {
            fs::write(root.path().join(name), name).unwrap();
        }
        let mount = |arguments: &[&str]| {
            let mut mount = Command::new("mount");
            mount.args(arguments).current_dir(root.path());
            assert!(mount.status().unwrap().success(), "{arguments:?}");
        };
        mount(&["--bind", ".", "bound"]);
        mount(&["-t", "tmpfs", "none", "other"]);
        mount(&["--bind", "one", "two"]);
        let directory: OwnedFd = fs::File::open(root.path()).unwrap().into();
        for open in [
            |directory: &OwnedFd, name: &str| open_unmounted(directory, name, OFlags::PATH),
            |directory: &OwnedFd, name: &str| {
                open_compared(directory, name.as_bytes(), OFlags::PATH | PLAIN)
            },
        ] {
            for name in ["plain", "one", "."] {
                open(&directory, name).unwrap();
            }
            for name in ["bound", "other", "two"] {
                let kind = open(&directory, name).unwrap_err().kind();
                assert_eq!(kind, io::ErrorKind::CrossesDevices, "{name}");
            }
            assert_eq!(open(&directory, "no").unwrap_err().kind(), io::ErrorKind::NotFound);
        }
        let mut way = Descent::unmounted(root.path()).unwrap();
        way.directory(&"plain".parse().unwrap()).unwrap();
        way.directory(&"bound/plain".parse().unwrap()).unwrap_err();
        Descent::from(root.path()).unwrap().directory(&"bound/plain".parse().unwrap()).unwrap();
    }
}
