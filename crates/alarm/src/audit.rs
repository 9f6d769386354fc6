//! The audit log: who acknowledged what, and why. JSON lines on the audit volume, appended durably.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zshield_host::IoError;

use crate::store::Store;

/// The log's file.
pub const LOG: &str = "audit.jsonl";

/// Somebody did something about alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in seconds since 1970, UTC.
    pub at: i64,
    /// What he did.
    pub did: Did,
    /// The alarms.
    pub alarms: Vec<String>,
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

/// Appends an entry: on the audit volume, or on root for as long as that is missing.
pub fn append(store: &Store, entry: &Entry) -> Result<(), IoError> {
    let (audit, root) = store.folders();
    let folder = audit.or(root).map(Path::to_owned).unwrap_or_default();
    let at = |source| IoError { path: folder.join(LOG), source };
    let mut line = serde_json::to_vec(entry).map_err(io::Error::from).map_err(at)?;
    line.push(b'\n');
    write(&folder, &line).map_err(at)
}

fn write(folder: &Path, lines: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut open = OpenOptions::new();
    let mut file = open.append(true).create(true).open(folder.join(LOG))?;
    file.write_all(lines)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

/// What was written on root while the audit volume was missing goes to it.
pub(crate) fn carry_over(store: &Store) -> Result<(), IoError> {
    let (Some(audit), Some(root)) = store.folders() else { return Ok(()) };
    let path: PathBuf = root.join(LOG);
    let carried = || {
        let lines = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            lines => lines?,
        };
        write(audit, &lines)?;
        fs::remove_file(&path)
    };
    carried().map_err(|source| IoError { path: path.clone(), source })
}
