//! The payload as a zstd squashfs, its owners, devices and attributes as the vendor made them.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{BuildError, at};
use crate::notice::Notice;
use crate::payload::{Source, with_tar};
use crate::tool::{Run, Tool};

/// Packs a payload to `output`. What could not be kept as it was is in the notices.
pub fn pack(
    source: &Source,
    output: &Path,
    scratch: &Path,
    created: i64,
) -> Result<Vec<Notice>, BuildError> {
    match source {
        Source::Directory(folder) if rustix::process::geteuid().is_root() => {
            squash(created, folder, output)?.arg("-exit-on-error").output()?;
            Ok(vec![])
        }
        Source::Directory(folder) => {
            refuse_unreadable(folder)?;
            squash(created, folder, output)?.args(["-exit-on-error", "-all-root"]).output()?;
            Ok(vec![Notice::AllOwnedByRoot])
        }
        Source::Tar(path, compression) => {
            let run = squash(created, Path::new("-"), output)?.arg("-tar");
            with_tar(path, *compression, |input| Ok(run.reading(input).output().map(drop)?))?;
            Ok(vec![])
        }
        Source::Squashfs(path, superblock) if superblock.zstd => {
            fs::copy(path, output).map_err(at(path))?;
            Ok(vec![])
        }
        Source::Squashfs(path, superblock) => {
            if rustix::process::geteuid().is_root() {
                repack_as_root(path, output, scratch, created)?;
            } else if superblock.xattrs {
                return Err(BuildError::RepackNeedsRoot(path.clone()));
            } else {
                repack(path, output, scratch, created)?;
            }
            Ok(vec![Notice::Repacked])
        }
    }
}

/// zstd's level. From 9 to 15 a Debian gets 5 % smaller and takes ten times as long.
const LEVEL: &str = "9";

/// mksquashfs with all that its output depends on. Files younger than the image get its time.
fn squash(created: i64, from: &Path, to: &Path) -> Result<Run, BuildError> {
    Ok(Tool::Mksquashfs
        .run()?
        .env("SOURCE_DATE_EPOCH", created.to_string())
        .arg(from)
        .arg(to)
        .args(["-comp", "zstd", "-Xcompression-level", LEVEL, "-b", "256K"])
        .args(["-noappend", "-no-exports", "-no-recovery", "-no-progress", "-quiet"]))
}

/// A squashfs of another compression, by way of a pseudo file: no root needed, but it carries no
/// extended attributes.
fn repack(path: &Path, output: &Path, scratch: &Path, created: i64) -> Result<(), BuildError> {
    let empty = scratch.join("empty");
    fs::create_dir(&empty).map_err(at(&empty))?;
    let mut reading =
        Tool::Unsquashfs.run()?.args(["-no-progress", "-pf", "-"]).arg(path).piped()?;
    let pseudo = reading.stdout()?;
    squash(created, &empty, output)?.args(["-pf", "-"]).reading(pseudo).output()?;
    Ok(reading.wait()?)
}

fn repack_as_root(
    path: &Path,
    output: &Path,
    scratch: &Path,
    created: i64,
) -> Result<(), BuildError> {
    let root = scratch.join("unpacked");
    Tool::Unsquashfs.run()?.args(["-no-progress", "-quiet", "-d"]).arg(&root).arg(path).output()?;
    squash(created, &root, output)?.arg("-exit-on-error").output()?;
    Ok(())
}

/// Refuses a folder with files that this user can't read: mksquashfs would make them empty.
fn refuse_unreadable(folder: &Path) -> Result<(), BuildError> {
    const SHOWN: usize = 20;
    let mut unreadable: Vec<PathBuf> = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() || entry.file_type().is_dir() => {
                if rustix::fs::access(entry.path(), rustix::fs::Access::READ_OK).is_err() {
                    unreadable.push(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(error) => unreadable.extend(error.path().map(Path::to_owned)),
        }
    }
    unreadable.dedup();
    unreadable.truncate(SHOWN);
    if unreadable.is_empty() { Ok(()) } else { Err(BuildError::Unreadable(unreadable)) }
}
