//! Where everything that xtask makes is kept: `target/xtask`, never inside git.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The workspace and the directory of what xtask makes and caches.
#[derive(Debug, Clone)]
pub struct Work {
    root: PathBuf,
}

impl Work {
    /// The workspace that this xtask was built from.
    pub fn here() -> Self {
        // This crate is in `testing/machines`.
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: manifest.ancestors().nth(2).unwrap_or(manifest).to_owned() }
    }

    /// The workspace's root directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |dir| self.root.join(dir))
    }

    /// A directory below `target/xtask`, made if it is not there.
    pub fn directory(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target().join("xtask").join(name);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(dir)
    }

    /// Keeps every other xtask out of this workspace until what is returned is dropped: they would
    /// replace what machines here are running from.
    pub fn hold(&self, taken: Taken) -> Result<Held> {
        hold(&self.directory("")?.join("lock"), taken)
    }

    /// An empty directory for one run of `name`: logs, disks, screenshots.
    pub fn run_directory(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target().join("xtask/run").join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
        }
        self.directory(&format!("run/{name}"))
    }
}

/// What is done where another xtask is at work in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It ends by itself: it is waited for.
    Wait,
    /// Whoever sits before this one does not want to wait.
    Refuse,
}

/// The workspace is this process's own.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

fn hold(path: &Path, taken: Taken) -> Result<Held> {
    let what = || path.display().to_string();
    let mut options = File::options();
    // Who holds it is written in it.
    let mut lock =
        options.create(true).truncate(false).write(true).open(path).with_context(what)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(error).with_context(what),
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(path).with_context(what)?;
            if taken == Taken::Refuse {
                bail!("another xtask is at work in this workspace: {holder}");
            }
            eprintln!("waiting for another xtask that is at work in this workspace: {holder}");
            lock.lock().with_context(what)?;
        }
    }
    let command: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    lock.set_len(0).with_context(what)?;
    write!(lock, "process {}, `xtask {}`", std::process::id(), command.join(" "))
        .with_context(what)?;
    Ok(Held { _lock: lock })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_has_one_holder_and_says_which() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let held = hold(&path, Taken::Refuse).unwrap();
        let refused = hold(&path, Taken::Refuse).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}, `xtask", std::process::id())), "{refused}");
        let waits = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| hold(&path, Taken::Wait).map(drop));
            drop(held);
            waiting.join().unwrap()
        });
        waits.unwrap();
        hold(&path, Taken::Refuse).unwrap();
    }
}
