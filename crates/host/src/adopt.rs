//! A system that came from other disks, made one of this machine's partitions.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zshield_linux::{IoError, durable_file};
use zshield_plan::adopt::{self, FSTAB, UDEV_RULE};
use zshield_plan::own::PartitionIds;
use zshield_plan::saved;

use crate::boot_backup;
use crate::step_error::StepError;

/// Names this machine's partitions in the system at `root` and in the boot set that it carries.
pub(crate) fn partitions(
    root: &Path,
    partitions: &PartitionIds,
    half_way: &dyn Fn(),
) -> Result<(), StepError> {
    let set = root.join(saved::DIRECTORY);
    rewritten(&root.join(FSTAB), |text| adopt::fstab(text, partitions.boot))?;
    rewritten(&root.join(UDEV_RULE), |text| adopt::rule(text, partitions))?;
    half_way();
    if rewritten(&boot_backup::menu(&set), |text| adopt::menu(text, &partitions.own))? {
        boot_backup::describe_anew(&set)?;
    }
    Ok(())
}

/// Writes a file anew where it is to be another; whether it was. A file that is not there, or no text, is nobody's.
fn rewritten(path: &Path, adopt: impl Fn(&str) -> Option<String>) -> Result<bool, IoError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidData => return Ok(false),
            _ => return Err(IoError::at(path)(error)),
        },
    };
    let Some(adopted) = adopt(&text) else { return Ok(false) };
    let replace = || {
        let mode = File::open(path)?.metadata()?.permissions().mode() & 0o7777;
        durable_file::write(path, mode, adopted.as_bytes())
    };
    replace().map_err(IoError::at(path))?;
    Ok(true)
}
