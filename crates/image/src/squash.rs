//! The payload as a zstd squashfs, its owners, devices and attributes as the vendor made them.

use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;
use zshield_units::UnixTime;

use crate::error::{BuildError, at};
use crate::notice::Notice;
use crate::payload::{Payload, Source, feed, with_tar};
use crate::tar::Index;
use crate::tool::{Run, Tool, ToolError, end_of};

/// zstd's level. From 9 to 15 a Debian gets 5 % smaller and takes ten times as long.
const LEVEL: &str = "9";

const BLOCK: &str = "256K";

/// Packs a payload to `output`. What could not be kept as it was is in the notices.
pub fn pack(
    payload: &Payload,
    output: &Path,
    created: UnixTime,
) -> Result<Vec<Notice>, BuildError> {
    let packing = Packing { index: payload.index(), output, created };
    match payload.source() {
        Source::Directory(directory) => packing.directory(directory),
        Source::Tar(path, compression) => {
            with_tar(path, *compression, |input| packing.tar(input, path))
        }
        Source::Squashfs(path, superblock) if superblock.zstd => {
            fs::copy(path, output).map_err(at(path))?;
            Ok(vec![])
        }
        Source::Squashfs(path, _) => {
            let run = Tool::Sqfs2tar.run()?.args(["--no-skip", "--root-becomes", "."]).arg(path);
            let mut notices = packing.made_by(run, path)?;
            notices.push(Notice::Repacked);
            Ok(notices)
        }
    }
}

struct Packing<'a> {
    index: &'a Index,
    output: &'a Path,
    created: UnixTime,
}

impl Packing<'_> {
    /// mksquashfs would take a tar too, but makes the root directory its caller's, open to everybody.
    fn tar(&self, input: &mut (dyn Read + Send), of: &Path) -> Result<Vec<Notice>, BuildError> {
        let run = Tool::Tar2sqfs
            .run()?
            .env("SOURCE_DATE_EPOCH", self.created.0.to_string())
            .args(["--quiet", "--compressor", "zstd", "--block-size", BLOCK])
            .arg(format!("--comp-extra=level={LEVEL}"))
            .arg(format!("--defaults=uid=0,gid=0,mode=0755,mtime={}", self.created.0))
            .arg(self.output);
        let fed = feed(run, &mut BufReader::new(input), self.index, |_| true);
        let (output, lost) = fed.map_err(|error| error.of(of))?;
        // It skips an entry that it can't keep, says so, and ends well.
        let said = end_of(&output.stderr);
        if !said.is_empty() {
            return Err(ToolError::Failed { tool: Tool::Tar2sqfs, said }.into());
        }
        Ok(if lost.is_empty() { vec![] } else { vec![Notice::AttributesLost(lost)] })
    }

    /// Packs the tar that a program writes.
    fn made_by(&self, run: Run, of: &Path) -> Result<Vec<Notice>, BuildError> {
        let mut making = run.piped()?;
        let packed = self.tar(&mut making.stdout()?, of);
        making.wait()?;
        packed
    }

    /// By way of a tar, since mksquashfs leaves access lists out.
    fn directory(&self, directory: &Path) -> Result<Vec<Notice>, BuildError> {
        let run = Tool::Tar
            .run()?
            .args(["--create", "--file=-", "--format=posix", "--sort=name", "--numeric-owner"])
            .args(["--pax-option=delete=atime,delete=ctime", "--sparse"])
            .args(["--acls", "--xattrs", "--xattrs-include=*"])
            // Files younger than the image get its time.
            .arg(format!("--mtime=@{}", self.created.0))
            .args(["--clamp-mtime", "-C"])
            .arg(directory);
        if rustix::process::geteuid().is_root() {
            return self.made_by(run.arg("."), directory);
        }
        refuse_unreadable(directory)?;
        let mut notices =
            self.made_by(run.args(["--owner=root:0", "--group=root:0", "."]), directory)?;
        notices.push(Notice::AllOwnedByRoot);
        Ok(notices)
    }
}

/// Refuses a directory with files that this user can't read: an image without them would look whole.
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
