//! Objects in a directory: of the volume `lv-vault`, or of a server's that somebody has mounted.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, open, openat, statat, unlinkat};
use rustix::io::Errno;
use zshield_linux::{durable_file, usage};

use super::bandwidth::Limited;
use super::{
    Bandwidth, Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem, Stored,
};

/// A directory and its files are root's alone.
const PRIVATE_DIRECTORY: Mode = Mode::RWXU;
const PRIVATE_FILE: u32 = 0o600;
/// So much is written at once.
const PART: usize = 1 << 20;

/// A directory of this machine, or one that is mounted.
///
/// It is opened anew for each operation, one part of a path after the other, so that no link leads out of it. An
/// object takes its name when all of it is on the disk; what a cut leaves has a name that nobody lists, and goes with
/// the next [`prepare`](ObjectStore::prepare).
///
/// The directory itself is not made: an empty place where a share is not mounted is no place for objects. So let it be
/// a directory *within* the share.
#[derive(Debug)]
pub struct Directory {
    top: PathBuf,
    bandwidth: Option<Bandwidth>,
    /// So many bytes of the filesystem are left to what is no pack.
    reserve: u64,
}

impl Directory {
    /// Objects in this directory.
    pub fn new(top: impl Into<PathBuf>) -> Self {
        Self { top: top.into(), bandwidth: None, reserve: 0 }
    }

    /// The same, no faster than this.
    #[must_use]
    pub fn limited(mut self, bandwidth: Bandwidth) -> Self {
        self.bandwidth = Some(bandwidth);
        self
    }

    /// The same, with so many bytes of its filesystem that no pack is written into: who makes room has to write an index
    /// before it removes anything.
    #[must_use]
    pub fn reserving(mut self, bytes: u64) -> Self {
        self.reserve = bytes;
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.top
    }

    fn failed(&self, what: impl Into<String>, problem: StoreProblem) -> StoreError {
        StoreError::new(self.location(), what, problem)
    }

    fn opened(&self) -> Result<File, StoreProblem> {
        // Whoever names it may name it by a link.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match open(&self.top, flags, Mode::empty()) {
            Err(Errno::NOENT | Errno::NOTDIR) => Err(StoreProblem::NoPlace),
            opened => Ok(opened.map_err(problem)?.into()),
        }
    }

    /// The directory that an object is in, and its name there.
    fn holder(&self, object: Object) -> Result<(File, String), StoreProblem> {
        let path = object.path();
        let mut at = self.opened()?;
        let mut parts = path.split('/');
        let name = parts.next_back().unwrap_or_default().to_owned();
        for part in parts {
            at = beneath(&at, part)?;
        }
        Ok((at, name))
    }

    /// An object, and how long it is.
    fn file(&self, object: Object) -> Result<(File, u64), StoreProblem> {
        let (holder, name) = self.holder(object)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&holder, &name, flags, Mode::empty()).map_err(problem)?);
        let found = file.metadata().map_err(|error| of_disk(&error))?;
        if !found.is_file() {
            return Err(StoreProblem::Damaged("it is no file".to_owned()));
        }
        Ok((file, found.len()))
    }

    fn read_whole(&self, object: Object) -> Result<Bytes, StoreProblem> {
        let (file, length) = self.file(object)?;
        let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        let mut limited = Limited { from: file.take(length), bandwidth: self.bandwidth.as_ref() };
        limited.read_to_end(&mut content).map_err(|error| of_disk(&error))?;
        if content.len() as u64 != length {
            return Err(StoreProblem::Damaged(format!("{} of {length} bytes", content.len())));
        }
        Ok(content.into())
    }

    fn read_part(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreProblem> {
        let (file, length) = self.file(object)?;
        if range.end > length || range.start > range.end {
            return Err(StoreProblem::Damaged(format!("it ends at {length}")));
        }
        let bytes = usize::try_from(range.end - range.start);
        let mut content = vec![0; bytes.map_err(|error| StoreProblem::Fault(error.into()))?];
        file.read_exact_at(&mut content, range.start).map_err(|error| of_disk(&error))?;
        Ok(content.into())
    }

    fn prepare_all(&self) -> Result<(), StoreProblem> {
        let top = self.opened()?;
        for kind in ObjectKind::ALL {
            let Some(name) = kind.directory() else { continue };
            made(&top, [name])?;
            let directory = beneath(&top, name)?;
            clear(&directory)?;
            made(&directory, packs(kind))?;
            for number in packs(kind) {
                clear(&beneath(&directory, &number)?)?;
            }
        }
        // Other programs keep their locks there.
        made(&top, ["locks"])?;
        clear(&top)
    }

    fn list_all(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreProblem> {
        let top = self.opened()?;
        let mut found = Vec::new();
        let Some(name) = kind.directory() else {
            let entry = statat(&top, "config", AtFlags::SYMLINK_NOFOLLOW);
            return match entry {
                Err(Errno::NOENT) => Ok(found),
                entry => Ok(vec![Stored {
                    name: Object::CONFIG.name,
                    bytes: length(&entry.map_err(problem)?),
                }]),
            };
        };
        // One that is not there has no objects.
        let Some(directory) = there(beneath(&top, name))? else { return Ok(found) };
        if kind != ObjectKind::Pack {
            list_in(&directory, |_| true, &mut found)?;
            return Ok(found);
        }
        for number in packs(kind) {
            let Some(directory) = there(beneath(&directory, &number))? else { continue };
            let belongs = |name: ObjectName| format!("{:02x}", name.bytes()[0]) == number;
            list_in(&directory, belongs, &mut found)?;
        }
        Ok(found)
    }

    fn write_new(&self, object: Object, content: &[Bytes]) -> Result<(), StoreProblem> {
        let (holder, name) = match self.holder(object) {
            Err(StoreProblem::NoObject) => {
                self.prepare_all()?;
                self.holder(object)?
            }
            found => found?,
        };
        // Most often it is not there; where it is, nothing needs to be written to know that.
        if statat(&holder, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Ok(());
        }
        if object.kind == ObjectKind::Pack && self.reserve > 0 {
            let bytes = content.iter().map(|part| part.len() as u64).sum::<u64>();
            let free = usage::free(&self.top).map_err(|error| of_disk(&error))?;
            if free < bytes.saturating_add(self.reserve) {
                return Err(StoreProblem::NoSpace);
            }
        }
        durable_file::create_in(&holder, &name, PRIVATE_FILE, |file| {
            content.iter().flat_map(|part| part.chunks(PART)).try_for_each(|part| {
                self.bandwidth.iter().for_each(|bandwidth| bandwidth.take(part.len()));
                file.write_all(part)
            })
        })
        .map_err(|error| of_disk(&error))
    }

    fn remove_one(&self, object: Object) -> Result<(), StoreProblem> {
        let removed = self.holder(object).and_then(|(holder, name)| {
            unlinkat(&holder, &name, AtFlags::empty()).map_err(problem)?;
            holder.sync_all().map_err(|error| of_disk(&error))
        });
        there(removed).map(drop)
    }
}

impl ObjectStore for Directory {
    fn location(&self) -> String {
        self.top.display().to_string()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.prepare_all().map_err(|problem| self.failed("prepare", problem))
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.list_all(kind).map_err(|problem| self.failed(format!("list {kind}"), problem))
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let what = || format!("read {}", object.path());
        self.read_whole(object).map_err(|problem| self.failed(what(), problem))
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        let what = || format!("read {}", object.path());
        self.read_part(object, range).map_err(|problem| self.failed(what(), problem))
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        let what = || format!("write {}", object.path());
        self.write_new(object, content).map_err(|problem| self.failed(what(), problem))
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        let what = || format!("remove {}", object.path());
        self.remove_one(object).map_err(|problem| self.failed(what(), problem))
    }
}

/// The directories of packs, by the first byte of their names; of other kinds none.
fn packs(kind: ObjectKind) -> impl Iterator<Item = String> {
    let last = (kind == ObjectKind::Pack).then_some(255);
    last.into_iter().flat_map(|last| (0..=last).map(|number: u32| format!("{number:02x}")))
}

fn list_in(
    directory: &File,
    belongs: impl Fn(ObjectName) -> bool,
    found: &mut Vec<Stored>,
) -> Result<(), StoreProblem> {
    for entry in Dir::read_from(directory).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = ObjectName::parse(entry.file_name().to_bytes());
        let Some(name) = name.filter(|name| belongs(*name)) else { continue };
        match statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            // It was removed meanwhile.
            Err(Errno::NOENT) => {}
            Ok(entry) if FileType::from_raw_mode(entry.st_mode) != FileType::RegularFile => {}
            entry => found.push(Stored { name, bytes: length(&entry.map_err(problem)?) }),
        }
    }
    Ok(())
}

fn length(entry: &rustix::fs::Stat) -> u64 {
    u64::try_from(entry.st_size).unwrap_or_default()
}

fn beneath(directory: &File, name: &str) -> Result<File, StoreProblem> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(directory, name, flags, Mode::empty()).map_err(problem)?.into())
}

/// Makes directories, durably, where they are not there.
fn made(
    directory: &File,
    names: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), StoreProblem> {
    let mut any = false;
    for name in names {
        match mkdirat(directory, name.as_ref(), PRIVATE_DIRECTORY) {
            Err(Errno::EXIST) => {}
            made => {
                made.map_err(problem)?;
                any = true;
            }
        }
    }
    if any { directory.sync_all().map_err(|error| of_disk(&error)) } else { Ok(()) }
}

fn clear(directory: &File) -> Result<(), StoreProblem> {
    durable_file::clear_in(directory).map_err(|error| of_disk(&error))
}

/// Nothing, where it is not there.
fn there<T>(found: Result<T, StoreProblem>) -> Result<Option<T>, StoreProblem> {
    match found {
        Err(StoreProblem::NoObject) => Ok(None),
        found => found.map(Some),
    }
}

fn of_disk(error: &io::Error) -> StoreProblem {
    match error.raw_os_error() {
        Some(number) => problem(Errno::from_raw_os_error(number)),
        None => StoreProblem::Fault(error.to_string().into()),
    }
}

fn problem(error: Errno) -> StoreProblem {
    match error {
        Errno::NOENT => StoreProblem::NoObject,
        Errno::NOSPC | Errno::DQUOT => StoreProblem::NoSpace,
        Errno::ROFS => StoreProblem::ReadOnly,
        Errno::ACCESS | Errno::PERM => StoreProblem::NotAllowed,
        Errno::LOOP | Errno::NOTDIR => {
            StoreProblem::Damaged("a link or a file is in its way".into())
        }
        // What a share answers when its server does not.
        Errno::STALE
        | Errno::TIMEDOUT
        | Errno::NOTCONN
        | Errno::CONNREFUSED
        | Errno::CONNRESET
        | Errno::CONNABORTED
        | Errno::HOSTDOWN
        | Errno::HOSTUNREACH
        | Errno::NETDOWN
        | Errno::NETUNREACH
        | Errno::INTR => StoreProblem::Away(io::Error::from(error).into()),
        error => StoreProblem::Fault(io::Error::from(error).into()),
    }
}

#[cfg(test)]
mod tests;
