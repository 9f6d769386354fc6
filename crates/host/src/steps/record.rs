//! The record and the log, left on the audit volume and on the stick.

use std::fs;
use std::io;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use zshield_plan::step::WriteRecord;

use super::Perform;
use super::work::Work;
use crate::context::ExecContext;
use crate::step_error::StepError;
use zshield_linux::IoError;
use zshield_linux::{durable_file, label};

const DIRECTORY: &str = "zshield";
const STICK: &str = "/run/zshield/mnt/stick";

impl Perform for WriteRecord {
    /// On the stick where it takes them: what is wrong with it is logged and no reason to fail.
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let files = contents(work.context)?;
        let directory = Path::new(&self.at).join(DIRECTORY);
        put(&directory, &files).map_err(IoError::at(&directory))?;
        if let Some(stick) = &work.context.stick
            && let Err(error) = on_stick(stick, &files)
        {
            tracing::warn!("no record on the stick: {error}");
        }
        Ok(())
    }
}

fn contents(context: &ExecContext<'_>) -> Result<Vec<(String, Vec<u8>)>, IoError> {
    let Some(record) = &context.record else { return Ok(Vec::new()) };
    let begun = record.begun.replace(':', "").split('.').next().map(str::to_owned);
    let name = format!("install-{}", begun.unwrap_or_default());
    let record = serde_json::to_vec_pretty(record).map_err(IoError::at("record"))?;
    let mut files = vec![(format!("{name}.json"), record)];
    if let Some(log) = &context.log {
        files.push((format!("{name}.log"), fs::read(log).map_err(IoError::at(log))?));
    }
    Ok(files)
}

fn put(directory: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    label::create_dir_all(directory)?;
    files
        .iter()
        .try_for_each(|(name, bytes)| durable_file::write(&directory.join(name), 0o644, bytes))
}

fn on_stick(partition: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(STICK)?;
    mount(partition, STICK, "vfat", MountFlags::NOATIME, c"iocharset=utf8")?;
    let written = put(&Path::new(STICK).join(DIRECTORY), files);
    unmount(STICK, UnmountFlags::empty())?;
    written
}
