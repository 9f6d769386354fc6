//! Files and directories that are made once for the same inputs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The digest of everything that a made file depends on.
#[derive(Debug, Default)]
pub struct Key(blake3::Hasher);

impl Key {
    /// Adds a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Adds a file's content.
    pub fn file(mut self, path: &Path) -> Result<Self> {
        let file =
            fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        self.0.update_reader(file).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(self)
    }

    /// It, as text.
    pub fn hex(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Makes `path` with `make`, which gets the name to write to, unless it was made for `key` before.
pub fn made(path: PathBuf, key: &Key, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    // Another xtask may be making the same.
    let lock = fs::File::create(beside(&path, "lock")).context("cannot make a lock")?;
    lock.lock().context("cannot wait for another xtask")?;
    let stamp = beside(&path, "key");
    if path.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == key.hex()) {
        return Ok(path);
    }
    let partial = beside(&path, "partial");
    make(&partial)?;
    if path.is_dir() {
        fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    fs::rename(&partial, &path).with_context(|| format!("cannot rename {}", partial.display()))?;
    fs::write(&stamp, key.hex()).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(path)
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}
