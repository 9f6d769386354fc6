//! What is kept of a start of a new version that failed, on the audit volume, where no recovery takes it away.
//!
//! Of a start that came to a verdict that is its own journal. Of one that did not, what the next start of the old version
//! finds: its journal, where the system keeps that on disk, and what the kernel left in pstore.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zshield_linux::program::Program;
use zshield_linux::usage::is_mounted;
use zshield_linux::{IoError, own_directory};
use zshield_units::UnixTime;

/// The directory on the audit volume.
const DIRECTORY: &str = "zshield/upgrade";
/// The last of a journal that is kept, in bytes.
const JOURNAL: usize = 4 << 20;
/// The most of one file that a kernel left, in bytes.
const LEFT: u64 = 1 << 20;
/// The most files that a kernel left.
const LEFT_FILES: usize = 32;
/// As many failed upgrades are kept.
const KEPT: usize = 8;
/// A journal is read within this.
const LIMIT: Duration = Duration::from_mins(1);
/// Where a kernel's last words lie: with it, and where systemd moves them.
const PSTORE: [&str; 2] = ["sys/fs/pstore", "var/lib/systemd/pstore"];

/// The place for the failed starts of one upgrade.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
    /// The audit volume.
    audit: PathBuf,
    name: String,
}

/// Which starts are looked at.
#[derive(Clone, Debug)]
pub enum Starts {
    /// This one, which failed with this verdict.
    This(String),
    /// Those between two moments, as `journalctl` reads a date.
    Between(String, String),
}

impl Place {
    /// That of an upgrade, by a name that sorts like time, where the audit volume is mounted here.
    pub fn of(root: &Path, audit: &Path, name: String) -> Option<Self> {
        let (root, audit) = (root.to_owned(), audit.to_owned());
        is_mounted(&audit).then_some(Self { root, audit, name })
    }

    fn directory(&self) -> PathBuf {
        self.audit.join(DIRECTORY).join(&self.name)
    }

    /// What is kept of this upgrade already.
    pub fn found(&self) -> Option<String> {
        let directory = self.directory();
        let is_empty =
            fs::read_dir(&directory).map_or(true, |mut entries| entries.next().is_none());
        (!is_empty).then(|| directory.display().to_string())
    }

    /// Keeps what there is of these starts, and of what kernels left since then; where it lies, or nothing where there is
    /// nothing.
    pub fn keep(&self, starts: &Starts, since: UnixTime) -> Result<Option<String>, IoError> {
        let mut files = left(&self.root, since);
        match starts {
            Starts::This(verdict) => {
                files.push(("verdict.txt".into(), verdict.clone().into_bytes()));
                files.extend(journal(&["--boot"]));
            }
            Starts::Between(from, to) => {
                files.extend(journal(&["--since", from, "--until", to]));
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        self.write(&files).map(Some)
    }

    /// Keeps what a program said before any start; where it lies.
    pub fn keep_words(&self, name: &str, said: &[u8]) -> Result<String, IoError> {
        self.write(&[(name.to_owned(), said.to_vec())])
    }

    fn write(&self, files: &[(String, Vec<u8>)]) -> Result<String, IoError> {
        let directory = self.directory();
        let above = self.audit.join(DIRECTORY);
        own_directory::ensure(&above, own_directory::PRIVATE).map_err(IoError::at(&above))?;
        for (name, bytes) in files {
            let path = directory.join(name);
            own_directory::write_private(&path, bytes).map_err(IoError::at(&path))?;
        }
        if let Err(error) = forget(&above) {
            tracing::warn!("{}: {error}", above.display());
        }
        Ok(directory.display().to_string())
    }
}

/// The last of what `journalctl` prints for these words; nothing where that is no line of a journal.
fn journal(words: &[&str]) -> Option<(String, Vec<u8>)> {
    let shown = ["--quiet", "--no-pager", "--output=short-precise"];
    let asked = Program::new("journalctl", LIMIT).args(shown).args(words).streamed(JOURNAL, |_| {});
    let said = asked.run().inspect_err(|error| tracing::warn!("{error}")).ok()?.stdout;
    let is_line = |line: &[u8]| !line.is_empty() && !line.starts_with(b"-- ");
    let has_some = said.split(|byte| *byte == b'\n').any(is_line);
    has_some.then(|| ("journal.log".to_owned(), said))
}

/// What kernels left since then.
fn left(root: &Path, since: UnixTime) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for place in PSTORE {
        // One that can't be read is none.
        let _ = left_in(&root.join(place), since, &mut found);
    }
    found.truncate(LEFT_FILES);
    found
}

fn left_in(
    directory: &Path,
    since: UnixTime,
    found: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.metadata()?);
        if kind.is_dir() {
            left_in(&path, since, found)?;
            continue;
        }
        let is_new = jiff::Timestamp::try_from(kind.modified()?)
            .is_ok_and(|at| UnixTime::from(at).since(since) >= 0);
        if is_new && kind.is_file() && kind.len() <= LEFT {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((format!("pstore-{}-{name}", found.len()), fs::read(&path)?));
        }
    }
    Ok(())
}

/// Removes the oldest ones.
fn forget(above: &Path) -> io::Result<()> {
    let mut kept: Vec<PathBuf> =
        fs::read_dir(above)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    kept.sort();
    let surplus = kept.len().saturating_sub(KEPT);
    kept.drain(..surplus).try_for_each(fs::remove_dir_all)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn place(directory: &Path, name: &str) -> Place {
        let (root, audit) = (directory.to_owned(), directory.join("log"));
        Place { root, audit, name: name.to_owned() }
    }

    #[test]
    fn what_a_kernel_left_since_then_and_the_verdict_are_kept_for_root_alone() {
        let directory = tempfile::tempdir().unwrap();
        let pstore = directory.path().join("sys/fs/pstore/deep");
        fs::create_dir_all(&pstore).unwrap();
        fs::write(pstore.join("dmesg-efi-1"), "Kernel panic").unwrap();
        let place = place(directory.path(), "20261130");
        assert_eq!(place.found(), None);
        let kept = place.keep(&Starts::This("no network".into()), UnixTime(0)).unwrap().unwrap();
        assert_eq!(place.found(), Some(kept.clone()));
        let read = |name: &str| fs::read_to_string(Path::new(&kept).join(name)).unwrap();
        assert_eq!(read("verdict.txt"), "no network");
        assert_eq!(read("pstore-0-dmesg-efi-1"), "Kernel panic");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(Path::new(&kept)), 0o700);
        assert_eq!(mode(&Path::new(&kept).join("verdict.txt")), 0o600);
        // Of earlier days nothing counts.
        assert!(left(directory.path(), UnixTime(i64::MAX / 2)).is_empty());
    }

    #[test]
    fn of_no_start_nothing_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let place = place(directory.path(), "1");
        let never = Starts::Between("1999-01-01 00:00:00".into(), "1999-01-02 00:00:00".into());
        assert_eq!(place.keep(&never, UnixTime(0)).unwrap(), None);
        assert!(Place::of(directory.path(), &place.audit, "1".into()).is_none());
    }

    #[test]
    fn the_newest_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        for number in 10..20 {
            let files = [("verdict.txt".to_owned(), vec![b'x'])];
            place(directory.path(), &number.to_string()).write(&files).unwrap();
        }
        let above = directory.path().join("log").join(DIRECTORY);
        let mut names: Vec<String> = fs::read_dir(above)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.join(" "), "12 13 14 15 16 17 18 19");
    }
}
