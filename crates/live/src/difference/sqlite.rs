//! The files that `SQLite` makes beside a database, and that whoever only reads it makes as well, `rpm -q` for
//! one: `NAME-shm`, the index of a log, which is made again from that; and `NAME-wal`, the log, a part of the
//! database as long as it is not empty. Alone they are no difference. With the database, or with its log,
//! they go back as the snapshot has them: a log or an index of another state would spoil it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::{AtFlags, OFlags, statat};
use zshield_golden::EntryPath;
use zshield_golden::descent::{Descent, open_unmounted};

use crate::change::Change;

const INDEX: &[u8] = b"-shm";
const LOG: &[u8] = b"-wal";
/// How a database begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The changes without those to what stands alone beside a database.
pub(super) fn without_remnants(changes: Vec<Change>, from: &Path, to: &Path) -> Vec<Change> {
    let replaced =
        |path: &[u8]| changes.iter().any(|it| it.replaces() && it.path().as_bytes() == path);
    let is_remnant = |change: &Change| {
        let path = change.path().as_bytes();
        let Some(database) = path.strip_suffix(INDEX).or_else(|| path.strip_suffix(LOG)) else {
            return false;
        };
        let log = [database, LOG].concat();
        let (Ok(database), Ok(log)) = (EntryPath::new(database), EntryPath::new(&*log)) else {
            return false;
        };
        let either =
            |holds: fn(&Path, &EntryPath) -> bool, path| holds(from, path) || holds(to, path);
        either(is_database, &database)
            && !replaced(database.as_bytes())
            && !(replaced(log.as_bytes()) && either(is_filled, &log))
    };
    let remnants: Vec<bool> = changes.iter().map(is_remnant).collect();
    changes
        .into_iter()
        .zip(remnants)
        .filter(|(_, is_it)| !is_it)
        .map(|(change, _)| change)
        .collect()
}

/// Whether a tree has a database there. What can't be read is none.
fn is_database(tree: &Path, path: &EntryPath) -> bool {
    let mut beginning = [0; MAGIC.len()];
    let mut read = || -> Option<()> {
        let directory = Descent::unmounted(tree).ok()?.directory(&path.parent()?).ok()?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let file = File::from(open_unmounted(&directory, path.name()?, flags).ok()?);
        file.metadata().ok()?.is_file().then_some(())?;
        (&file).read_exact(&mut beginning).ok()
    };
    read().is_some() && beginning == *MAGIC
}

/// Whether a tree has something there that is not empty.
fn is_filled(tree: &Path, path: &EntryPath) -> bool {
    let size = || -> Option<i64> {
        let directory = Descent::unmounted(tree).ok()?.directory(&path.parent()?).ok()?;
        Some(statat(&directory, path.name()?, AtFlags::SYMLINK_NOFOLLOW).ok()?.st_size)
    };
    size().is_some_and(|size| size > 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::difference::{Depth, Difference};
    use crate::scope::Scope;
    use zshield_golden::compare::Expected;

    /// What differs after these files were written: the database, its log, its index.
    fn differing(snapshot: [Option<&str>; 3], now: [Option<&str>; 3]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (tree, contents) in [("from", snapshot), ("to", now)] {
            let at = directory.path().join(tree);
            fs::create_dir(&at).unwrap();
            for (end, content) in ["", "-wal", "-shm"].into_iter().zip(contents) {
                if let Some(content) = content {
                    let magic = if end.is_empty() { MAGIC.as_slice() } else { b"" };
                    fs::write(at.join(format!("db{end}")), [magic, content.as_bytes()].concat())
                        .unwrap();
                }
            }
            fs::write(at.join("notes-shm"), tree).unwrap();
        }
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        let scope = Scope::whole(Expected::nothing());
        let found = Difference::between(&from, &to, &scope, Depth::Deep, &|_| {}).unwrap();
        let paths = found.changes.iter().filter(|it| it.replaces());
        // What has no database beside it is a file like any other.
        let (other, found): (Vec<String>, Vec<String>) =
            paths.map(|change| change.path().to_string()).partition(|path| path == "notes-shm");
        assert_eq!(other.len(), 1);
        found
    }

    #[test]
    fn what_a_reader_leaves_beside_a_database_is_no_difference() {
        let (same, log) = (Some("rows"), Some("log"));
        assert_eq!(differing([same, None, None], [same, Some(""), Some("index")]), [""; 0]);
        assert_eq!(differing([same, log, Some("a")], [same, log, Some("b")]), [""; 0]);
        assert_eq!(differing([same, Some(""), Some("a")], [same, None, None]), [""; 0]);
    }

    #[test]
    fn a_database_goes_back_with_its_log_and_its_index() {
        let (same, other) = (Some("rows"), Some("rows and rows"));
        let all = ["db", "db-shm", "db-wal"];
        assert_eq!(differing([same, None, None], [other, Some("log"), Some("index")]), all);
        assert_eq!(differing([same, None, None], [other, Some(""), Some("index")]), all);
        let log = ["db-shm", "db-wal"];
        assert_eq!(differing([same, None, None], [same, Some("log"), Some("index")]), log);
        assert_eq!(differing([same, Some("a"), Some("x")], [same, Some("b"), Some("y")]), log);
    }
}
