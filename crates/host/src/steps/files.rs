//! Files written whole.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zshield_plan::step::NewFile;

use super::StepError;
use crate::error::IoError;
use crate::ledger::write_durably;

/// Writes files below a directory, each replaced as a whole.
pub(super) fn write(at: &Path, files: &[NewFile], half_way: &dyn Fn()) -> Result<(), StepError> {
    for (number, file) in files.iter().enumerate() {
        let path = at.join(&file.path);
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let put = || {
            fs::create_dir_all(directory)?;
            write_durably(directory, &name.to_string_lossy(), file.content.as_bytes())?;
            fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))
        };
        put().map_err(IoError::at(&path))?;
        if number == 0 {
            half_way();
        }
    }
    Ok(())
}
