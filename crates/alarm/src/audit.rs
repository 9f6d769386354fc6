//! The audit log: who acknowledged what, and why. JSON lines on the audit volume, appended durably.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_linux::{IoError, own_directory};
use zshield_units::UnixTime;

use crate::store::Store;

/// The log's file.
pub const LOG: &str = "audit.jsonl";
/// Everybody may read who did something, and when.
const MODE: u32 = 0o644;

/// Somebody did something about alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in seconds since 1970, UTC.
    pub at: UnixTime,
    /// What he did.
    pub did: Did,
    /// The alarms.
    pub alarms: Vec<String>,
    /// The paths that he accepted as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// What he says.
    pub reason: String,
    /// Who it was.
    #[serde(flatten)]
    pub who: Who,
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// He acknowledged an alarm.
    Acknowledged,
    /// He accepted what a check had found.
    Accepted,
    /// He made a backup although an alarm held it.
    BackedUp,
}

/// Who somebody is, as far as the system knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Who called `sudo`.
    pub sudo_user: Option<String>,
    /// The user who logged in, by the kernel's own note of it.
    pub login_uid: Option<u32>,
    /// The terminal.
    pub terminal: Option<String>,
}

impl Who {
    /// Whoever runs this process.
    pub fn here() -> Self {
        /// Nobody has logged in.
        const NOBODY: u32 = u32::MAX;
        let uid = fs::read_to_string("/proc/self/loginuid").ok();
        let uid = uid.and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != NOBODY);
        let terminal = fs::read_link("/proc/self/fd/0").ok();
        let terminal = terminal.map(|path| path.display().to_string());
        Self {
            sudo_user: std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty()),
            login_uid: uid,
            terminal: terminal.filter(|path| path.starts_with("/dev/")),
        }
    }

    /// A name for him.
    pub fn name(&self) -> String {
        let by_id =
            || self.login_uid.map(|uid| name_of(uid).unwrap_or_else(|| format!("uid {uid}")));
        self.sudo_user.clone().or_else(by_id).unwrap_or_else(|| "root".to_owned())
    }
}

/// A user's name, as far as this machine's own file knows it.
fn name_of(uid: u32) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let uid = uid.to_string();
    let line = users.lines().find(|line| line.split(':').nth(2) == Some(uid.as_str()))?;
    line.split(':').next().map(str::to_owned)
}

/// A disk is given so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Appends an entry: on the audit volume, or on root for as long as that is missing or hangs.
pub fn append(store: &Store, entry: &Entry) -> Result<(), IoError> {
    let (audit, root) = store.directories();
    let mut line = serde_json::to_vec(entry).map_err(|error| at(Path::new(LOG), error.into()))?;
    line.push(b'\n');
    let mut result = Err(at(Path::new(LOG), io::ErrorKind::NotFound.into()));
    for directory in [audit, root].into_iter().flatten() {
        result = in_time(directory, &line).map_err(|error| at(&directory.join(LOG), error));
        if result.is_ok() {
            break;
        }
    }
    result
}

fn at(path: &Path, source: io::Error) -> IoError {
    IoError { path: path.to_owned(), source }
}

/// Writes in the background, and waits for it no longer than it may take.
fn in_time(directory: &Path, lines: &[u8]) -> io::Result<()> {
    let (end, ended) = mpsc::channel();
    let (directory, lines) = (directory.to_owned(), lines.to_owned());
    thread::spawn(move || {
        // Nobody may wait for it any more.
        let _ = end.send(write(&directory, &lines));
    });
    ended.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn write(directory: &Path, lines: &[u8]) -> io::Result<()> {
    own_directory::ensure(directory, own_directory::PUBLIC)?;
    let mut open = OpenOptions::new();
    let mut file = own_directory::open_file(&directory.join(LOG), open.append(true), MODE)?;
    file.write_all(lines)?;
    file.sync_all()?;
    File::open(directory)?.sync_all()
}

/// What was written on root while the audit volume was missing goes to it. A disk that hangs is
/// waited for no longer than it may take, and asked again later.
pub(crate) fn carry_over(store: &Store) -> Result<(), IoError> {
    let (Some(audit), Some(root)) = store.directories() else { return Ok(()) };
    let path = root.join(LOG);
    let carried = || {
        let lines = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            lines => lines?,
        };
        in_time(audit, &lines)?;
        fs::remove_file(&path)
    };
    carried().map_err(|error| at(&path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reason: &str) -> Entry {
        let alarms = vec!["integrity".to_owned()];
        let who = Who { sudo_user: Some("wang".into()), ..Who::default() };
        Entry {
            at: UnixTime(1),
            did: Did::Acknowledged,
            alarms,
            paths: vec![],
            reason: reason.into(),
            who,
        }
    }

    fn entries(directory: &Path) -> Vec<Entry> {
        let text = fs::read_to_string(directory.join(LOG)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn what_was_noted_without_the_audit_volume_is_carried_over_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let (audit, root) = (directory.path().join("audit"), directory.path().join("root"));
        let whole = Store::in_directories(directory.path(), &[Some(&audit), Some(&root)]);
        let without = Store::in_directories(directory.path(), &[None, Some(&root)]);
        append(&whole, &entry("a")).unwrap();
        append(&without, &entry("b")).unwrap();
        carry_over(&without).unwrap();
        assert_eq!((entries(&audit), entries(&root)), (vec![entry("a")], vec![entry("b")]));
        carry_over(&whole).unwrap();
        carry_over(&whole).unwrap();
        assert_eq!((entries(&audit), entries(&root)), (vec![entry("a"), entry("b")], vec![]));
        assert_eq!(entry("a").who.name(), "wang");
    }
}
