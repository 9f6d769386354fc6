//! What an earlier run left in the tree that it was cut off in.
//!
//! A name says nothing: a power cut leaves files of the right length without their content, and
//! directories without their attributes; and the tree may be that of another version. So each thing is
//! compared with its entry, content included, and made again where it differs. What has no entry goes.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use rustix::fs::{AtFlags, FileType, statat, unlinkat};
use rustix::io::Errno;

use super::UnpackError;
use super::job::Job;
use super::node::Creator;
use super::subset::Subset;
use crate::compare;
use crate::descent::{Descent, listing};
use crate::error::{Action, FileError};
use crate::manifest::{Attributes, Kind, Node};
use crate::path::EntryPath;
use crate::xattrs::by_number;

/// Removes all names of files but the first ones: whatever file has more than one name then has
/// one outside the tree, and is not taken for whole.
pub(super) fn remove_later_names(tree: &mut Descent, subset: &Subset) -> Result<(), UnpackError> {
    let is_link = |node: &Node| match node {
        Node::HardLink { .. } => true,
        Node::Inode { .. } => false,
    };
    for entry in subset.entries().iter().filter(|entry| is_link(&entry.node)) {
        match remove(tree, &entry.path) {
            Err(error) if leads_nowhere(&error) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Whether no directory leads there.
fn leads_nowhere(error: &FileError) -> bool {
    error.is_overtaken() || Errno::from_io_error(&error.source) == Some(Errno::LOOP)
}

/// Makes what has a directory's name one like any that is made here, with nothing in it that has no entry.
pub(super) fn directory(
    tree: &mut Descent,
    creator: &Creator,
    path: &EntryPath,
    subset: &Subset,
) -> Result<(), UnpackError> {
    if !path.is_root() && kind_of(tree, path)? != Some(FileType::Directory) {
        remove(tree, path)?;
        let parent = tree.directory(&path.parent().unwrap_or_default())?;
        creator.directory(&parent, path)?;
    }
    let directory = tree.directory(path)?;
    creator.renew(&directory, path)?;
    for child in children(tree, path)? {
        if !subset.has(&child) {
            remove(tree, &child)?;
        }
    }
    Ok(())
}

/// Whether a file of one name is there, as it is to be.
pub(super) fn is_whole_file(job: &Job) -> bool {
    let kind = Kind::File { size: job.size, digest: job.digest, links: 1 };
    is_whole(&job.directory, &job.path, &job.attributes, &kind)
}

/// Whether what is there is as it is to be. What can't be read is not.
pub(super) fn is_whole(
    directory: &OwnedFd,
    path: &EntryPath,
    attributes: &Attributes,
    kind: &Kind,
) -> bool {
    let name = OsStr::from_bytes(path.name().unwrap_or_default());
    let full = PathBuf::from(by_number(directory)).join(name);
    compare::is_whole(&full, attributes, kind).unwrap_or(false)
}

/// Removes what stands where a file is to be made, if it is no directory.
pub(super) fn remove_file(job: &Job) -> io::Result<()> {
    match unlinkat(&job.directory, job.path.name().unwrap_or_default(), AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes what stands there if it is a directory.
pub(super) fn remove_directory(tree: &mut Descent, path: &EntryPath) -> Result<(), FileError> {
    if kind_of(tree, path)? == Some(FileType::Directory) { remove(tree, path) } else { Ok(()) }
}

/// Removes what stands there, and all that is in it, but nothing of what is mounted there: that is
/// an error.
pub(super) fn remove(tree: &mut Descent, path: &EntryPath) -> Result<(), FileError> {
    let mut ahead = vec![path.clone()];
    while let Some(path) = ahead.last().cloned() {
        let directory = tree.directory(&path.parent().unwrap_or_default())?;
        let name = path.name().unwrap_or_default();
        let removed = match unlinkat(&directory, name, AtFlags::empty()) {
            Err(Errno::ISDIR) => unlinkat(&directory, name, AtFlags::REMOVEDIR),
            other => other,
        };
        match removed {
            Ok(()) | Err(Errno::NOENT) => drop(ahead.pop()),
            Err(Errno::NOTEMPTY | Errno::EXIST) => ahead.extend(children(tree, &path)?),
            Err(error) => return Err(failed(tree, &path)(error.into())),
        }
    }
    Ok(())
}

/// What is in a directory.
fn children(tree: &mut Descent, path: &EntryPath) -> Result<Vec<EntryPath>, FileError> {
    let directory = tree.directory(path)?;
    let child = |name: Vec<u8>| path.join(&name).map_err(io::Error::other);
    let children = listing(&directory).and_then(|names| names.into_iter().map(child).collect());
    children.map_err(failed(tree, path))
}

/// What is there.
fn kind_of(tree: &mut Descent, path: &EntryPath) -> Result<Option<FileType>, FileError> {
    let directory = tree.directory(&path.parent().unwrap_or_default())?;
    match statat(&directory, path.name().unwrap_or_default(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(failed(tree, path)(error.into())),
    }
}

fn failed(tree: &Descent, path: &EntryPath) -> impl FnOnce(io::Error) -> FileError + use<> {
    FileError::at(Action::Write, tree.name().join(path.as_path()))
}
