//! Python's compiled files: whether one that was delivered was ever of use.
//!
//! Python runs what a compiled file holds, so one that was delivered is compared like any program. But
//! it runs only one that names the time and size of its source; any other it makes anew when root imports
//! the source. Where a vendor's build has set the times of all sources to one, each delivered file is
//! such: nobody has run it, and what takes its place is as one that was not delivered.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zshield_golden::EntryPath;

/// The first magic numbers of Python 3.7, from which on a word of flags stands before the time, and of
/// 3.3, from which on the size stands behind it. Those of Python 2 are larger than all of Python 3.
const FLAGS_SINCE: u16 = 3390;
const SIZE_SINCE: u16 = 3230;
const PYTHON_2: u16 = 20_000;

/// Whether Python would not run a compiled file, as it was delivered: `delivered` is the system as it was
/// then. Nothing of that is said of one that can't be read, or that has no source.
pub(crate) fn was_stale(delivered: &Path, path: &EntryPath) -> bool {
    let file = delivered.join(path.as_path());
    let Some(source) = source(&file) else { return false };
    let mut header = Vec::new();
    let read = File::open(&file).and_then(|file| file.take(16).read_to_end(&mut header));
    read.is_ok() && source.metadata().is_ok_and(|source| is_stale(&header, &source))
}

/// The source of `__pycache__/name.cpython-311.pyc`, and Python 2's of `name.pyc`.
fn source(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?.strip_suffix(".pyc")?;
    let directory = file.parent()?;
    if directory.file_name()? != "__pycache__" {
        return Some(directory.join(format!("{name}.py")));
    }
    Some(directory.parent()?.join(format!("{}.py", name.split('.').next()?)))
}

/// Whether a header names another source. One that goes by a digest of the source names no time.
fn is_stale(header: &[u8], source: &Metadata) -> bool {
    let word = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let Some(first) = word(0) else { return false };
    // Behind the number stands a line's end, which no text mode has left alone.
    let [low, high, b'\r', b'\n'] = first.to_le_bytes() else { return false };
    let magic = u16::from_le_bytes([low, high]);
    let at = match magic {
        PYTHON_2.. => 4,
        FLAGS_SINCE.. if word(4) != Some(0) => return false,
        FLAGS_SINCE.. => 8,
        _ => 4,
    };
    // Both are kept in 32 bits.
    let kept = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
    let is_other_time = word(at).is_some_and(|time| time != kept(source.mtime().cast_unsigned()));
    let names_size = (SIZE_SINCE..PYTHON_2).contains(&magic);
    let is_other_size = names_size && word(at + 4).is_some_and(|size| size != kept(source.len()));
    is_other_time || is_other_size
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn one_that_names_another_source_is_stale() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("lib/__pycache__")).unwrap();
        let source = root.join("lib/a.py");
        fs::write(&source, "x = 1\n").unwrap();
        let file = File::options().write(true).open(&source).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000)).unwrap();
        let header = |magic: u16, words: &[u32]| {
            let words = words.iter().flat_map(|word| word.to_le_bytes());
            magic.to_le_bytes().into_iter().chain(*b"\r\n").chain(words).collect::<Vec<u8>>()
        };
        let (time, size) = (1_600_000_000, 6);
        for (path, magic, words, stale) in [
            ("lib/__pycache__/a.cpython-311.pyc", 3495, &[0, time, size][..], false),
            ("lib/__pycache__/a.cpython-311.pyc", 3495, &[0, time + 1, size], true),
            ("lib/__pycache__/a.cpython-311.opt-1.pyc", 3495, &[0, time, size + 1], true),
            // It goes by a digest.
            ("lib/__pycache__/a.cpython-311.pyc", 3495, &[3, time + 1, size], false),
            ("lib/__pycache__/a.cpython-36.pyc", 3379, &[time, size, 0], false),
            ("lib/__pycache__/a.cpython-36.pyc", 3379, &[time + 1, size, 0], true),
            ("lib/a.pyc", 62211, &[time, 0, 0], false),
            ("lib/a.pyc", 62211, &[time + 1, 0, 0], true),
            // There is no source: Python 2 runs it, whatever it says.
            ("lib/b.pyc", 62211, &[time + 1, 0, 0], false),
        ] {
            fs::write(root.join(path), header(magic, words)).unwrap();
            assert_eq!(was_stale(root, &path.parse().unwrap()), stale, "{path} {words:?}");
        }
        fs::write(root.join("lib/a.pyc"), "no header").unwrap();
        assert!(!was_stale(root, &"lib/a.pyc".parse().unwrap()));
        assert!(!was_stale(root, &"lib/a.py".parse().unwrap()));
    }
}
