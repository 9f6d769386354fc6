//! Where everything that xtask makes is kept: `target/xtask`, never inside git.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace and the folder of what xtask makes and caches.
#[derive(Debug, Clone)]
pub struct Work {
    root: PathBuf,
}

impl Work {
    /// The workspace that this xtask was built from.
    pub fn here() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: manifest.parent().unwrap_or(manifest).to_owned() }
    }

    /// The workspace's root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |dir| self.root.join(dir))
    }

    /// A folder below `target/xtask`, made if it is not there.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target().join("xtask").join(name);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(dir)
    }

    /// An empty folder for one run of `name`: logs, disks, screenshots.
    pub fn run_folder(&self, name: &str) -> Result<PathBuf> {
        let dir = self.target().join("xtask/run").join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
        }
        self.folder(&format!("run/{name}"))
    }
}
