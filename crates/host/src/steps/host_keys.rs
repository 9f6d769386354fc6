//! The SSH host keys of a new system.

use std::fs;
use std::path::{Path, PathBuf};

use zshield_plan::step::CreateHostKeys;

use super::Perform;
use super::work::Work;
use crate::step_error::StepError;
use zshield_linux::IoError;
use zshield_linux::label;

impl Perform for CreateHostKeys {
    /// The keys are made by the system's own `ssh-keygen` for the kinds that it knows. A system
    /// without SSH gets none.
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        replace(self.root.as_ref(), work)
    }
}

fn replace(root: &Path, work: &Work<'_>) -> Result<(), StepError> {
    let directory = root.join("etc/ssh");
    if !directory.is_dir() || !root.join("usr/bin/ssh-keygen").exists() {
        return work.pass_over();
    }
    for path in keys(&directory)? {
        fs::remove_file(&path).map_err(IoError::at(&path))?;
    }
    work.run()?;
    for path in keys(&directory)? {
        let labelled = fs::File::open(&path).and_then(|key| label::inherit(key, &path, &directory));
        labelled.map_err(IoError::at(&path))?;
    }
    let sync = fs::File::open(&directory).and_then(|directory| Ok(rustix::fs::syncfs(directory)?));
    Ok(sync.map_err(IoError::at(&directory))?)
}

/// The host keys in a directory.
fn keys(directory: &Path) -> Result<Vec<PathBuf>, IoError> {
    let is_key = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("ssh_host_") && (name.ends_with("_key") || name.ends_with("_key.pub"))
    };
    let entries = fs::read_dir(directory).map_err(IoError::at(directory))?;
    let paths = entries.map(|entry| Ok(entry.map_err(IoError::at(directory))?.path()));
    let paths: Result<Vec<PathBuf>, IoError> = paths.collect();
    Ok(paths?.into_iter().filter(is_key).collect())
}
