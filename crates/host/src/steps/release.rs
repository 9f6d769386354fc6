//! What a system is held against: manifest, signature and policy in its root, and what was put over them.

use std::fs;
use std::io;
use std::path::Path;

use zshield_golden::slot::{self, SlotError};
use zshield_linux::{IoError, durable_file, label};
use zshield_plan::step::SaveRelease;

use super::Perform;
use super::work::Work;
use crate::step_error::StepError;

impl Perform for SaveRelease {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let to: &Path = self.to.as_ref();
        let image = work.context.image()?;
        label::create_dir_all(to).map_err(IoError::at(to))?;
        let files = slot::release(&image.slot).map_err(SlotError::from)?;
        // A release is one once its manifest is there, which comes last.
        let (before, manifest) = files.split_at(files.len() - 1);
        make_release(before, to)?;
        work.within()();
        Ok(make_release(manifest, to)?)
    }
}

/// What a check of the new version goes by is made.
pub(super) fn make_release(files: &[(String, Vec<u8>)], at: &Path) -> Result<(), IoError> {
    for (name, bytes) in files {
        let path = at.join(name);
        durable_file::write(&path, 0o644, bytes).map_err(IoError::at(&path))?;
    }
    Ok(())
}

/// What a check of the new version goes by takes the place of the old one's. Whoever comes here after a cut goes
/// on; the recovery that is armed meanwhile puts all of it back.
pub(super) fn put_release(from: &Path, to: &Path) -> Result<(), StepError> {
    if !from.exists() {
        return Ok(());
    }
    let put = || {
        match fs::remove_dir_all(to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        let directory = to.parent().ok_or(io::ErrorKind::InvalidInput)?;
        label::create_dir_all(directory)?;
        fs::rename(from, to)?;
        fs::File::open(directory)?.sync_all()
    };
    Ok(put().map_err(IoError::at(to))?)
}
