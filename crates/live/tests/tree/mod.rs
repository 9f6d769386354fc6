//! Random trees of every kind of file, and an account of a tree that shares nothing with the
//! library: two trees are equal where their accounts are.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use rustix::fs::{AtFlags, CWD, FileType, IFlags, Mode, Timespec, Timestamps, XattrFlags};
use tempfile::TempDir;

/// One thing done to a tree. Where it can't be done, since the tree is not so, nothing is.
#[derive(Clone, Debug)]
pub(crate) enum Doing {
    File(Name, Vec<u8>),
    Directory(Name),
    Symlink(Name, String),
    Fifo(Name),
    Device(Name, u32),
    Link(Name, Name),
    Mode(Name, u32),
    Owner(Name, u32),
    Time(Name, i64, i64),
    Xattr(Name, u8),
    Acl(Name),
    Flag(Name, bool),
    Remove(Name),
}

/// A path of few names, so that two trees have many in common.
#[derive(Clone, Debug)]
pub(crate) struct Name(PathBuf);

fn name() -> impl Strategy<Value = Name> {
    let one = prop::sample::select(vec!["a", "b", "c", ".zshield-new"]);
    let several = prop::collection::vec(one, 1..4);
    several.prop_map(|names| Name(names.iter().collect()))
}

fn doing() -> impl Strategy<Value = Doing> {
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..3),
        Just(vec![0; 300_000]),
        Just([vec![7; 270_000], vec![1]].concat()),
    ];
    prop_oneof![
        4 => (name(), content).prop_map(|(name, content)| Doing::File(name, content)),
        4 => name().prop_map(Doing::Directory),
        1 => (name(), "[ab]{1,2}").prop_map(|(name, target)| Doing::Symlink(name, target)),
        1 => name().prop_map(Doing::Fifo),
        1 => (name(), 0u32..3).prop_map(|(name, number)| Doing::Device(name, number)),
        3 => (name(), name()).prop_map(|(name, to)| Doing::Link(name, to)),
        1 => (name(), prop::sample::select(vec![0o644, 0o755, 0o4755, 0o1777, 0]))
            .prop_map(|(name, mode)| Doing::Mode(name, mode)),
        1 => (name(), 0u32..3).prop_map(|(name, owner)| Doing::Owner(name, owner)),
        1 => (name(), 0i64..3, 0i64..3).prop_map(|(name, s, ns)| Doing::Time(name, s, ns)),
        1 => (name(), 0u8..3).prop_map(|(name, value)| Doing::Xattr(name, value)),
        1 => name().prop_map(Doing::Acl),
        1 => (name(), any::<bool>()).prop_map(|(name, append)| Doing::Flag(name, append)),
        1 => name().prop_map(Doing::Remove),
    ]
}

pub(crate) fn doings() -> impl Strategy<Value = Vec<Doing>> {
    prop::collection::vec(doing(), 0..24)
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Does one thing; what the tree does not allow is left out.
pub(crate) fn perform(root: &Path, doing: &Doing) {
    let at = |name: &Name| root.join(&name.0);
    // Whether something can be done depends on what was done before.
    let _: Option<()> = match doing {
        Doing::File(name, content) if is_file_or_nothing(&at(name)) => {
            fs::write(at(name), content).ok()
        }
        Doing::Directory(name) => fs::create_dir_all(at(name)).ok(),
        Doing::Symlink(name, target) => std::os::unix::fs::symlink(target, at(name)).ok(),
        Doing::Fifo(name) => {
            rustix::fs::mknodat(CWD, at(name), FileType::Fifo, Mode::from_raw_mode(0o600), 0).ok()
        }
        Doing::Device(name, number) if is_root() => rustix::fs::mknodat(
            CWD,
            at(name),
            FileType::CharacterDevice,
            Mode::from_raw_mode(0o600),
            // null, zero, full
            rustix::fs::makedev(1, 3 + 2 * number),
        )
        .ok(),
        Doing::Link(name, to) => fs::hard_link(at(to), at(name)).ok(),
        Doing::Mode(name, mode) if !at(name).is_symlink() && (is_root() || *mode & 0o700 != 0) => {
            fs::set_permissions(at(name), fs::Permissions::from_mode(*mode)).ok()
        }
        Doing::Owner(name, owner) if is_root() => {
            std::os::unix::fs::lchown(at(name), Some(*owner), Some(*owner + 1)).ok()
        }
        Doing::Time(name, seconds, nanoseconds) => {
            let time = Timespec { tv_sec: *seconds, tv_nsec: *nanoseconds };
            let times = Timestamps { last_access: time, last_modification: time };
            rustix::fs::utimensat(CWD, at(name), &times, AtFlags::SYMLINK_NOFOLLOW).ok()
        }
        Doing::Xattr(name, value) if is_root() => {
            rustix::fs::lsetxattr(at(name), "trusted.test", &[*value], XattrFlags::empty()).ok()
        }
        Doing::Acl(name) if !at(name).is_symlink() => {
            // user::rw-, user:1:r--, group::r--, mask::r--, other::---
            let entries: [(u16, u16, u32); 5] =
                [(1, 6, !0), (2, 4, 1), (4, 4, !0), (16, 4, !0), (32, 0, !0)];
            let mut value = 2u32.to_le_bytes().to_vec();
            for (tag, bits, id) in entries {
                value.extend([tag.to_le_bytes(), bits.to_le_bytes()].concat());
                value.extend(id.to_le_bytes());
            }
            let attribute = "system.posix_acl_access";
            rustix::fs::setxattr(at(name), attribute, &value, XattrFlags::empty()).ok()
        }
        Doing::Flag(name, append) if is_root() => flag(&at(name), *append),
        Doing::Remove(name) => {
            fs::remove_file(at(name)).or_else(|_| fs::remove_dir_all(at(name))).ok()
        }
        _ => None,
    };
}

/// A pipe would wait for a reader.
fn is_file_or_nothing(path: &Path) -> bool {
    path.symlink_metadata().map_or(true, |metadata| metadata.is_file())
}

fn flag(path: &Path, append: bool) -> Option<()> {
    let kind = path.symlink_metadata().ok()?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return None;
    }
    let flag = if append { IFlags::APPEND } else { IFlags::IMMUTABLE };
    rustix::fs::ioctl_setflags(fs::File::open(path).ok()?, flag | IFlags::NODUMP).ok()
}

/// A directory for trees that goes with all that is in it, whatever flags forbid it.
pub(crate) struct Unlocked(TempDir);

impl Unlocked {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Unlocked {
    fn drop(&mut self) {
        unlock(self.0.path());
    }
}

/// Makes every file of a tree one that can be removed.
fn unlock(root: &Path) {
    if is_root() {
        let status = Command::new("chattr").args(["-R", "-f", "-i", "-a"]).arg(root).status();
        // It complains of links and devices.
        let _ = status.unwrap();
    }
}

/// All there is to say of a tree, a line for each path that is counted.
pub(crate) fn account(root: &Path, counts: &dyn Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut lines = Vec::new();
    let mut first_names: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut ahead = vec![PathBuf::new()];
    let mut paths = Vec::new();
    while let Some(path) = ahead.pop() {
        let full = root.join(&path);
        if full.symlink_metadata().unwrap().is_dir() {
            ahead.extend(fs::read_dir(&full).unwrap().map(|e| path.join(e.unwrap().file_name())));
        }
        paths.push(path);
    }
    paths.retain(|path| counts(path));
    paths.sort();
    for path in paths {
        let full = root.join(&path);
        let metadata = full.symlink_metadata().unwrap();
        let kind = metadata.file_type();
        let content = if kind.is_file() {
            format!("{:?}", summed(&fs::read(&full).unwrap()))
        } else if kind.is_symlink() {
            format!("to {}", fs::read_link(&full).unwrap().display())
        } else if kind.is_char_device() {
            metadata.rdev().to_string()
        } else {
            String::new()
        };
        let first = first_names.entry(metadata.ino()).or_insert_with(|| path.clone());
        let flags = if kind.is_file() || kind.is_dir() {
            rustix::fs::ioctl_getflags(fs::File::open(&full).unwrap()).unwrap()
                & (IFlags::IMMUTABLE | IFlags::APPEND | IFlags::NODUMP)
        } else {
            IFlags::empty()
        };
        let line = format!(
            "{:o} {}:{} {}.{:09} {content} {:?} {flags:?} as {}",
            metadata.mode(),
            metadata.uid(),
            metadata.gid(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            xattrs(&full),
            first.display(),
        );
        lines.push((path, line));
    }
    lines
}

fn summed(content: &[u8]) -> (usize, u64) {
    let sum = content
        .iter()
        .fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte) + 1));
    (content.len(), sum)
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    let mut names = vec![0; 1000];
    let length = rustix::fs::llistxattr(&*path, names.as_mut_slice()).unwrap();
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let mut value = vec![0; 1000];
            let length = rustix::fs::lgetxattr(&*path, name, value.as_mut_slice()).unwrap();
            (String::from_utf8_lossy(name).into_owned(), value[..length].to_vec())
        })
        .collect()
}
