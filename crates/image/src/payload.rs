//! The vendor's system as it is handed in: a directory, a tar or a squashfs.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;

use walkdir::WalkDir;

use crate::compression::{Compression, first_bytes};
use crate::error::{BuildError, at};
use crate::sysroot::Sysroot;
use crate::tar::{self, Index, Member, TarProblem};
use crate::tool::{Run, Running, Tool, ToolError};

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
        if compression.is_some() || tar::begins(&start) {
            return Ok(Self::Tar(path.into(), compression));
        }
        Err(BuildError::PayloadUnknown(path.into()))
    }

    /// The programs of the build host that it takes to read and pack it.
    pub fn tools(&self) -> Vec<Tool> {
        match self {
            Self::Directory(_) => vec![Tool::Tar, Tool::Tar2sqfs],
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
    index: Index,
}

impl Payload {
    /// Opens a payload; what the build looks at of a tar or a squashfs is unpacked in `scratch`.
    pub fn open(source: Source, scratch: &Path) -> Result<Self, BuildError> {
        if let Source::Directory(directory) = &source {
            let tree = Sysroot::new(directory);
            if directory.join("proc/self").exists() {
                return Err(BuildError::PayloadMounted(directory.join("proc")));
            }
            return Ok(Self { source, tree, index: Index::default() });
        }
        let tree = Sysroot::new(scratch.join("payload"));
        let mut index = Index::default();
        match &source {
            Source::Directory(_) => {}
            Source::Tar(path, compression) => {
                index = with_tar(path, *compression, |input| {
                    Index::read(BufReader::new(input))
                        .map_err(|problem| BuildError::Tar(path.clone(), problem))
                })?;
                unpack_tar(path, *compression, &index, tree.root())?;
            }
            Source::Squashfs(path, _) => unpack_squashfs(path, tree.root())?,
        }
        make_removable(tree.root())?;
        Ok(Self { source, tree, index })
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What is known of it where it is a tar.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Its files, without those that no build looks at.
    pub fn tree(&self) -> &Sysroot {
        &self.tree
    }
}

/// A tar without its compression, for somebody to read to its end.
pub fn with_tar<T>(
    path: &Path,
    compression: Option<Compression>,
    reader: impl FnOnce(&mut (dyn Read + Send)) -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    let mut file = File::open(path).map_err(at(path))?;
    let Some(compression) = compression else { return reader(&mut file) };
    let mut running: Running = compression.undo()?.reading(file).piped()?;
    let read = reader(&mut running.stdout()?);
    // A broken archive is what to report, not what its reader made of the part that it got.
    running.wait()?;
    read
}

/// Has a program read a tar as it is rewritten; what the program wrote, and the names of attributes
/// that were left out.
pub(crate) fn feed(
    run: Run,
    input: &mut (dyn Read + Send),
    index: &Index,
    keep: impl Fn(&Member) -> bool + Send,
) -> Result<(Output, Vec<String>), FeedError> {
    let (reader, writer) = std::io::pipe().map_err(TarProblem::from)?;
    thread::scope(|scope| {
        let rewriting =
            scope.spawn(move || tar::rewrite(input, BufWriter::new(writer), index, keep));
        let ran = run.reading(reader).both();
        let rewritten = rewriting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (ran, rewritten) {
            (Ok(output), Ok(lost)) => Ok((output, lost)),
            // It ended before it had read all: its own words are the cause.
            (Err(failed), Ok(_) | Err(TarProblem::Io(_))) => Err(failed.into()),
            (_, Err(problem)) => Err(problem.into()),
        }
    })
}

/// Why a tar could not be handed to a program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    /// The program failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The tar is unfit.
    #[error(transparent)]
    Tar(#[from] TarProblem),
}

impl FeedError {
    /// The same, of a file of this name.
    pub(crate) fn of(self, path: &Path) -> BuildError {
        match self {
            Self::Tool(error) => error.into(),
            Self::Tar(problem) => BuildError::Tar(path.to_owned(), problem),
        }
    }
}

/// Whether the build looks at what has this name.
fn is_seen(name: &[u8]) -> bool {
    !UNSEEN.iter().any(|directory| {
        name.strip_prefix(directory.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
    })
}

fn unpack_tar(
    path: &Path,
    compression: Option<Compression>,
    index: &Index,
    to: &Path,
) -> Result<(), BuildError> {
    fs::create_dir(to).map_err(at(to))?;
    let run: Run =
        Tool::Tar.run()?.args(["--extract", "--file=-", "--no-same-owner", "-C"]).arg(to);
    // The first name of a hard link is unpacked wherever it lies.
    let keep = |member: &Member| is_seen(&member.name) || index.is_linked(member);
    with_tar(path, compression, |input| {
        feed(run, input, index, keep).map(drop).map_err(|error| error.of(path))
    })
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
