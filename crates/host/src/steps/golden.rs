//! The payload behind dm-verity; the slot, copied and read back.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{Advice, fadvise};
use zshield_golden::slot::{self, Artifact, MANIFEST, SIGNATURE};
use zshield_plan::step::{CloseGolden, CopyBootFiles, CopyGolden, OpenGolden};

use super::counter::Counter;
use super::work::{Commands, Work};
use super::{Perform, boot_loader};
use crate::context::{ExecContext, Observer};
use crate::mount;
use crate::step_error::StepError;
use zshield_linux::IoError;
use zshield_linux::label;
use zshield_linux::loop_device::LoopDevice;

/// Closes the payload, where it is open.
pub(crate) fn close_left(commands: &Commands) -> Result<(), StepError> {
    if !mount::golden_is_open() {
        return commands.pass_over();
    }
    commands.run().map(drop)
}

impl Perform for OpenGolden {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        close_left(work)?;
        let image = work.context.image()?;
        // It goes with the mapping.
        let device = LoopDevice::bind(&image.slot.join("root.squashfs"))?;
        let table = image.manifest.header().verity.table(device.node(), device.node());
        // Where there is udev it makes the node, and is waited for; else dmsetup makes it.
        work.run_with(&table).map(drop)
    }
}

impl Perform for CloseGolden {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        close_left(work)
    }
}

impl Perform for CopyGolden {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        copy(self.to.as_ref(), work.context, work.observer, &work.within())
    }
}

impl Perform for CopyBootFiles {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        copy_boot_files(self.to.as_ref(), work.context)
    }
}

/// Copies the slot's files, and checks what the disk then holds against the manifest.
fn copy(
    to: &Path,
    context: &ExecContext<'_>,
    observer: &dyn Observer,
    half_way: &(dyn Fn() + Sync),
) -> Result<(), StepError> {
    let image = context.image()?;
    let header = image.manifest.header();
    fs::create_dir_all(to).map_err(IoError::at(to))?;
    let total: u64 = header.artifacts.iter().map(|record| record.size).sum();
    // Written once and read once.
    let counter = Counter::new(total * 2, observer, half_way);
    for record in &header.artifacts {
        let name = record.name.file_name();
        copy_file(&image.slot.join(name), &to.join(name))?;
        counter.add(record.size);
    }
    for name in [MANIFEST, SIGNATURE] {
        let from = image.slot.join(name);
        // An unsigned image has no signature.
        if name == MANIFEST || from.exists() {
            copy_file(&from, &to.join(name))?;
        }
    }
    File::open(to).and_then(|directory| directory.sync_all()).map_err(IoError::at(to))?;
    slot::check(to, &header.artifacts, &|bytes| counter.add(bytes))?;
    let read =
        |directory: &Path| fs::read(directory.join(MANIFEST)).map_err(IoError::at(directory));
    if read(to)? != read(&image.slot)? {
        return Err(StepError::ReadsBackOtherwise(to.join(MANIFEST).display().to_string()));
    }
    Ok(())
}

/// Copies a file; see [`write`].
fn copy_file(from: &Path, to: &Path) -> Result<(), IoError> {
    write(&mut File::open(from).map_err(IoError::at(from))?, to)
}

/// Writes a file, makes it durable, and drops it from memory, so that reading it back reads the
/// disk. It has the label of its directory.
fn write(source: &mut impl io::Read, to: &Path) -> Result<(), IoError> {
    let mut copy = || {
        let mut target = File::create(to)?;
        to.parent().map_or(Ok(()), |directory| label::inherit(&target, to, directory))?;
        io::copy(source, &mut target)?;
        target.sync_all()?;
        Ok::<_, io::Error>(fadvise(&target, 0, None, Advice::DontNeed)?)
    };
    copy().map_err(IoError::at(to))
}

/// Writes what GRUB starts the system with: the bytes that were checked, read back from the disk.
fn copy_boot_files(to: &Path, context: &ExecContext<'_>) -> Result<(), StepError> {
    for artifact in [Artifact::Font, Artifact::Early] {
        let bytes = boot_loader::artifact(artifact, context)?;
        let path = to.join(artifact.file_name());
        write(&mut bytes.as_slice(), &path)?;
        if fs::read(&path).map_err(IoError::at(&path))? != bytes {
            return Err(StepError::ReadsBackOtherwise(path.display().to_string()));
        }
    }
    Ok(())
}
