//! The payload as a zstd squashfs, its owners, devices and attributes as the vendor made them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use walkdir::WalkDir;
use zshield_units::UnixTime;

use crate::error::{BuildError, at};
use crate::notice::Notice;
use crate::payload::{Source, with_tar};
use crate::tool::{Tool, ToolError};

/// zstd's level. From 9 to 15 a Debian gets 5 % smaller and takes ten times as long.
const LEVEL: &str = "9";

const BLOCK: &str = "256K";

/// Packs a payload to `output`. What could not be kept as it was is in the notices.
pub fn pack(source: &Source, output: &Path, created: UnixTime) -> Result<Vec<Notice>, BuildError> {
    match source {
        Source::Directory(directory) => pack_directory(directory, output, created),
        Source::Tar(path, compression) => {
            with_tar(path, *compression, |input| pack_tar(input, output, created))
        }
        Source::Squashfs(path, superblock) if superblock.zstd => {
            fs::copy(path, output).map_err(at(path))?;
            Ok(vec![])
        }
        Source::Squashfs(path, _) => {
            let mut reading = Tool::Sqfs2tar
                .run()?
                .args(["--no-skip", "--root-becomes", "."])
                .arg(path)
                .piped()?;
            let mut notices = pack_tar(reading.stdout()?.into(), output, created)?;
            reading.wait()?;
            notices.push(Notice::Repacked);
            Ok(notices)
        }
    }
}

/// mksquashfs would take a tar too, but makes the root directory its caller's, open to everybody.
fn pack_tar(input: Stdio, output: &Path, created: UnixTime) -> Result<Vec<Notice>, BuildError> {
    const ACL: &str = "WARNING: squashfs does not support xattr prefix of system.posix_acl";
    let run = Tool::Tar2sqfs
        .run()?
        .env("SOURCE_DATE_EPOCH", created.0.to_string())
        .args(["--quiet", "--compressor", "zstd", "--block-size", BLOCK])
        .arg(format!("--comp-extra=level={LEVEL}"))
        .arg(format!("--defaults=uid=0,gid=0,mode=0755,mtime={}", created.0))
        .arg(output)
        .reading(input)
        .both()?;
    // It skips an entry that it can't keep, says so, and ends well.
    let stderr = String::from_utf8_lossy(&run.stderr);
    let (lists, other): (Vec<&str>, Vec<&str>) = stderr
        .lines()
        .filter(|line| !line.trim().is_empty())
        .partition(|line| line.starts_with(ACL));
    if !other.is_empty() {
        let said = other.join("\n");
        return Err(ToolError::Failed { tool: Tool::Tar2sqfs, said }.into());
    }
    Ok(if lists.is_empty() { vec![] } else { vec![Notice::AccessListsLost] })
}

fn pack_directory(
    directory: &Path,
    output: &Path,
    created: UnixTime,
) -> Result<Vec<Notice>, BuildError> {
    // Files younger than the image get its time.
    let run = Tool::Mksquashfs
        .run()?
        .env("SOURCE_DATE_EPOCH", created.0.to_string())
        .arg(directory)
        .arg(output)
        .args(["-comp", "zstd", "-Xcompression-level", LEVEL, "-b", BLOCK, "-exit-on-error"])
        .args(["-noappend", "-no-exports", "-no-recovery", "-no-progress", "-quiet"]);
    if rustix::process::geteuid().is_root() {
        run.output()?;
        return Ok(vec![]);
    }
    refuse_unreadable(directory)?;
    run.arg("-all-root").output()?;
    Ok(vec![Notice::AllOwnedByRoot])
}

/// Refuses a directory with files that this user can't read: mksquashfs would make them empty.
fn refuse_unreadable(directory: &Path) -> Result<(), BuildError> {
    const SHOWN: usize = 20;
    let mut unreadable: Vec<PathBuf> = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
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
