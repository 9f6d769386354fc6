//! The vendor's system as it is handed in: a directory, a tar or a squashfs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::compression::{Compression, first_bytes};
use crate::error::{BuildError, at};
use crate::sysroot::Sysroot;
use crate::tool::{Run, Running, Tool};

/// Directories that hold nothing which the build looks at; device nodes among them, which a normal
/// user can't make.
const UNSEEN: &[&str] = &[
    "dev",
    "proc",
    "sys",
    "run",
    "tmp",
    "var",
    "home",
    "root",
    "srv",
    "opt",
    "media",
    "mnt",
    "usr/share",
    "usr/include",
    "usr/src",
    "usr/local",
    "usr/games",
];

/// What a payload comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory of the build host.
    Directory(PathBuf),
    /// A tar, and how it is compressed.
    Tar(PathBuf, Option<Compression>),
    /// A squashfs.
    Squashfs(PathBuf, Superblock),
}

/// What matters of a squashfs's superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// Whether its compression is zstd, which is what the Golden Image has.
    pub zstd: bool,
}

impl Superblock {
    const LENGTH: usize = 96;

    fn parse(bytes: &[u8]) -> Option<Self> {
        const ZSTD: [u8; 2] = [6, 0];
        let bytes = bytes.get(..Self::LENGTH)?;
        bytes.starts_with(b"hsqs").then(|| Self { zstd: bytes[20..22] == ZSTD })
    }
}

impl Source {
    /// What there is at this path.
    pub fn recognise(path: &Path) -> Result<Self, BuildError> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BuildError::PayloadAbsent(path.into()));
            }
            metadata => metadata.map_err(at(path))?,
        };
        if metadata.is_dir() {
            return Ok(Self::Directory(path.into()));
        }
        let start = first_bytes(path, 512)?;
        if let Some(superblock) = Superblock::parse(&start) {
            return Ok(Self::Squashfs(path.into(), superblock));
        }
        let compression = Compression::of_bytes(&start);
        if compression.is_some() || start.get(257..262) == Some(b"ustar") {
            return Ok(Self::Tar(path.into(), compression));
        }
        Err(BuildError::PayloadUnknown(path.into()))
    }

    /// The programs of the build host that it takes to read and pack it.
    pub fn tools(&self) -> Vec<Tool> {
        match self {
            Self::Directory(_) => vec![Tool::Mksquashfs],
            Self::Tar(_, compression) => [Tool::Tar, Tool::Tar2sqfs]
                .into_iter()
                .chain(compression.map(Compression::tool))
                .collect(),
            Self::Squashfs(_, superblock) if superblock.zstd => vec![Tool::Unsquashfs],
            Self::Squashfs(..) => vec![Tool::Unsquashfs, Tool::Sqfs2tar, Tool::Tar2sqfs],
        }
    }
}

/// A payload with the part of it that the build looks at.
#[derive(Debug)]
pub struct Payload {
    source: Source,
    tree: Sysroot,
}

impl Payload {
    /// Opens a payload; what the build looks at of a tar or a squashfs is unpacked in `scratch`.
    pub fn open(source: Source, scratch: &Path) -> Result<Self, BuildError> {
        if let Source::Directory(directory) = &source {
            let tree = Sysroot::new(directory);
            if directory.join("proc/self").exists() {
                return Err(BuildError::PayloadMounted(directory.join("proc")));
            }
            return Ok(Self { source, tree });
        }
        let tree = Sysroot::new(scratch.join("payload"));
        match &source {
            Source::Directory(_) => {}
            Source::Tar(path, compression) => {
                refuse_escapes(path, *compression)?;
                unpack_tar(path, *compression, tree.root())?;
            }
            Source::Squashfs(path, _) => unpack_squashfs(path, tree.root())?,
        }
        make_removable(tree.root())?;
        Ok(Self { source, tree })
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Its files, without those that no build looks at.
    pub fn tree(&self) -> &Sysroot {
        &self.tree
    }
}

/// Something that reads a tar without its compression, fed with it.
pub fn with_tar<T>(
    path: &Path,
    compression: Option<Compression>,
    reader: impl FnOnce(std::process::Stdio) -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    let file = File::open(path).map_err(at(path))?;
    let Some(compression) = compression else { return reader(file.into()) };
    let mut running: Running = compression.undo()?.reading(file).piped()?;
    let read = reader(running.stdout()?.into());
    // A broken archive is what to report, not what its reader made of the part that it got.
    running.wait()?;
    read
}

/// Refuses a tar with names that lead out of the directory it is unpacked in. tar and tar2sqfs both
/// would leave them out; a vendor should know.
fn refuse_escapes(path: &Path, compression: Option<Compression>) -> Result<(), BuildError> {
    let listing = with_tar(path, compression, |input| {
        Ok(Tool::Tar
            .run()?
            .args(["--list", "--absolute-names", "--quoting-style=escape", "--file=-"])
            .reading(input)
            .output()?)
    })?;
    let listing = String::from_utf8_lossy(&listing);
    let escaping = |name: &&str| name.split('/').any(|part| part == "..");
    match listing.lines().find(escaping) {
        None => Ok(()),
        Some(name) => Err(BuildError::TarEscapes { tar: path.into(), name: name.to_owned() }),
    }
}

fn unpack_tar(path: &Path, compression: Option<Compression>, to: &Path) -> Result<(), BuildError> {
    fs::create_dir(to).map_err(at(to))?;
    // Names in a tar begin in one of three ways.
    let unseen = UNSEEN.iter().flat_map(|directory| {
        ["", "./", "/"].map(|start| format!("--exclude={start}{directory}/*"))
    });
    let run: Run = Tool::Tar
        .run()?
        .args([
            "--extract",
            "--file=-",
            "--no-same-owner",
            "--anchored",
            "--no-wildcards-match-slash",
        ])
        .args(unseen)
        .arg("-C")
        .arg(to);
    with_tar(path, compression, |input| Ok(run.reading(input).output().map(drop)?))
}

fn unpack_squashfs(path: &Path, to: &Path) -> Result<(), BuildError> {
    Tool::Unsquashfs
        .run()?
        .args(["-no-progress", "-no-xattrs", "-excludes", "-d"])
        .arg(to)
        .arg(path)
        .args(UNSEEN)
        .output()?;
    Ok(())
}

/// Makes every directory writable, since some payloads have directories that even their owner can't
/// empty.
fn make_removable(root: &Path) -> Result<(), BuildError> {
    use std::os::unix::fs::PermissionsExt;
    for entry in WalkDir::new(root).into_iter().flatten().filter(|e| e.file_type().is_dir()) {
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755))
            .map_err(at(entry.path()))?;
    }
    Ok(())
}
