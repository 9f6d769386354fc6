//! Files written whole.

use std::path::Path;

use zshield_plan::step::{NewFile, WriteFiles};

use super::Perform;
use super::work::Work;
use crate::step_error::StepError;
use zshield_linux::IoError;
use zshield_linux::{durable_file, label};

impl Perform for WriteFiles {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        write(self.at.as_ref(), &self.files, &work.within())
    }
}

/// Writes files below a directory, each replaced as a whole.
fn write(at: &Path, files: &[NewFile], half_way: &dyn Fn()) -> Result<(), StepError> {
    for (number, file) in files.iter().enumerate() {
        let path = at.join(&file.path);
        let Some(directory) = path.parent() else { continue };
        if file.needs_its_directory() && !directory.is_dir() {
            continue;
        }
        let put = || {
            label::create_dir_all(directory)?;
            durable_file::write(&path, file.mode, file.content.as_bytes())
        };
        put().map_err(IoError::at(&path))?;
        if number == 0 {
            half_way();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_for_udev_makes_no_directory_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let file = |path: &str| NewFile { path: path.into(), mode: 0o644, content: "x".into() };
        let files = [file("etc/udev/rules.d/66-zshield.rules"), file("etc/zshield/appliance.toml")];
        write(root.path(), &files, &|| {}).unwrap();
        assert!(root.path().join("etc/zshield/appliance.toml").exists());
        assert!(!root.path().join("etc/udev").exists());
        std::fs::create_dir_all(root.path().join("etc/udev/rules.d")).unwrap();
        write(root.path(), &files, &|| {}).unwrap();
        assert!(root.path().join(&files[0].path).exists());
    }
}
