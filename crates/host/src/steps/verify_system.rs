//! The proof of an installation, read from the disks.

use std::fs;
use std::path::Path;

use zshield_golden::compare::{self, Expected};
use zshield_messages::say;
use zshield_plan::model::SnapshotState;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::step::VerifySystem;

use super::Perform;
use super::counter::Counter;
use super::work::Work;
use crate::observe::snapshot_state;
use crate::step_error::StepError;
use zshield_linux::IoError;

/// What `/boot` must hold beside what is compared, in any case.
const BOOT_FILES: [&str; 5] = [
    "zshield/grub.cfg",
    "zshield/system.cfg",
    "zshield/grubenv",
    "zshield/menu.pf2",
    "zshield/early.img",
];

/// How many differences a person is shown.
const SHOWN: usize = 10;

impl Perform for VerifySystem {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        snapshot_is_valid(&work.run()?, &self.group, &self.snapshot)?;
        compare(self, work)
    }
}

/// Whether a snapshot is there and valid, by LVM's report of all.
pub(super) fn snapshot_is_valid(
    report: &str,
    group: &GroupName,
    snapshot: &VolumeName,
) -> Result<(), StepError> {
    let invalid = |reason| StepError::Snapshot { snapshot: format!("{group}/{snapshot}"), reason };
    match snapshot_state(report, snapshot)? {
        Some(SnapshotState::Valid { .. }) => Ok(()),
        Some(SnapshotState::Store { .. } | SnapshotState::Invalid) => {
            Err(invalid(say::host::snapshot_invalid()))
        }
        None => Err(invalid(say::host::snapshot_absent())),
    }
}

/// Whether the system below `root` is the manifest's to the byte, `/boot` included.
fn compare(step: &VerifySystem, work: &Work<'_>) -> Result<(), StepError> {
    // Nothing may come from memory that was meant for the disk.
    const DROP: &str = "/proc/sys/vm/drop_caches";
    rustix::fs::sync();
    fs::write(DROP, "3").map_err(IoError::at(DROP))?;
    let root: &Path = step.root.as_ref();
    for file in BOOT_FILES {
        let path = root.join("boot").join(file);
        if !path.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(StepError::BootFile(path.display().to_string()));
        }
    }
    let mut expected = Expected::nothing();
    for path in &step.written {
        expected = expected.free(path).map_err(unusable)?;
    }
    for path in &step.parts {
        expected = expected.entered(path).map_err(unusable)?;
    }
    let manifest = work.context.image()?.manifest;
    let counter = Counter::new(manifest.header().bytes, work.observer, &|| {});
    let report = compare::compare(root, manifest, &expected, &|bytes| counter.add(bytes))?;
    for drift in &report.drifts {
        tracing::error!("proof: {drift}");
    }
    if report.drifts.is_empty() {
        return Ok(());
    }
    let differences = report.drifts.iter().take(SHOWN).map(ToString::to_string).collect();
    Err(StepError::Differs { count: report.drifts.len(), differences })
}

/// A path of the plan that the comparison can't take.
fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> StepError {
    StepError::Io(IoError { path: "plan".into(), source: std::io::Error::other(error) })
}
