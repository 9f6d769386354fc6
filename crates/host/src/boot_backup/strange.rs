//! What in GRUB's directory is no regular file: directories, links, devices. zshield alone writes there,
//! and writes none of these. A regular file is judged by its name, as one of the set or of the machine.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zshield_golden::compare::FileKind;
use zshield_linux::IoError;
use zshield_linux::attributes::unlocked;
use zshield_linux::durable_file;
use zshield_plan::grub::DIRECTORY;

use super::opened;

/// All of it, by its paths below `/boot`; of a directory not what is in it. What is mounted there is no
/// part of `/boot`.
pub fn found(boot: &Path) -> Result<Vec<(PathBuf, FileKind)>, IoError> {
    let at = boot.join(DIRECTORY);
    in_directory(boot).map_err(IoError::at(at))
}

fn in_directory(boot: &Path) -> io::Result<Vec<(PathBuf, FileKind)>> {
    let root = File::open(boot)?.into();
    let entries = match fs::read_dir(boot.join(DIRECTORY)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = Path::new(DIRECTORY).join(entry.file_name());
        let kind = FileKind::of_mode(entry.metadata()?.mode());
        let strange = match kind {
            FileKind::File => false,
            FileKind::Directory => !is_mounted(&root, &path)?,
            FileKind::Symlink
            | FileKind::CharDevice
            | FileKind::BlockDevice
            | FileKind::Fifo
            | FileKind::Socket => true,
        };
        if strange {
            found.push((path, kind));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Removes all of it, with what is in the directories.
pub(super) fn remove(boot: &Path) -> Result<(), IoError> {
    for (path, kind) in found(boot)? {
        let full = boot.join(&path);
        let removed = if kind == FileKind::Directory {
            remove_directory(boot, path)
        } else {
            durable_file::remove(&full)
        };
        removed.map_err(IoError::at(&full))?;
    }
    Ok(())
}

/// Removes a directory, except for what is mounted within it.
fn remove_directory(boot: &Path, path: PathBuf) -> io::Result<()> {
    let root = File::open(boot)?.into();
    let (mut waiting, mut directories) = (vec![path], Vec::new());
    while let Some(directory) = waiting.pop() {
        if is_mounted(&root, &directory)? {
            continue;
        }
        for entry in fs::read_dir(boot.join(&directory))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(directory.join(entry.file_name()));
            } else {
                durable_file::remove(&entry.path())?;
            }
        }
        directories.push(directory);
    }
    // What is within a directory comes behind it.
    for directory in directories.iter().rev() {
        let full = boot.join(directory);
        match unlocked(&full, || fs::remove_dir(&full)) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            removed => removed?,
        }
    }
    Ok(())
}

fn is_mounted(root: &OwnedFd, directory: &Path) -> io::Result<bool> {
    match opened(root, directory) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => Ok(true),
        opened => opened.map(|_| false),
    }
}
