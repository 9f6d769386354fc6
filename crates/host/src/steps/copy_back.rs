//! Root as it was when a snapshot was taken.

use std::fs::{File, OpenOptions};
use std::path::Path;

use zshield_formats::cow::{ExceptionStore, State, copy_back, verify};
use zshield_formats::ext4::{FreeMap, NotTrusted};
use zshield_messages::say;
use zshield_plan::policy::{GroupName, VolumeName};

use zshield_plan::model::FACTORY_VIEW;
use zshield_plan::step::{CheckSnapshot, CopyBack, VerifyCopy};
use zshield_plan::volumes::named;

use super::Perform;
use super::work::Work;
use crate::boot_backup;
use crate::factory_store;
use crate::step_error::StepError;
use zshield_linux::IoError;
use zshield_linux::device::direct;
use zshield_linux::program::ProgramError;

impl Perform for CheckSnapshot {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        // A store is sound where each entry of its table is.
        let Self { group, snapshot, over, origin, .. } = self;
        Opened::new(group, snapshot, over.as_ref(), origin)?.stores()?;
        boot_backup::check(self.set.as_ref())?;
        Ok(())
    }
}

impl Perform for CopyBack {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        copy(self, work)
    }
}

fn copy(step: &CopyBack, work: &Work<'_>) -> Result<(), StepError> {
    let CopyBack { group, snapshot, over, origin } = step;
    let opened = Opened::new(group, snapshot, over.as_ref(), origin)?;
    let stores = opened.stores()?;
    let free = opened.free_map();
    let path = group.device(origin);
    let target = OpenOptions::new().read(true).write(true).open(&path);
    let target = target.map_err(IoError::at(&path))?;
    let mut cut = false;
    let chunk = stores.first().map_or(0, ExceptionStore::chunk);
    let state = State { stores: &stores, free: free.as_ref() };
    let (report, copied) = copy_back(state, &target, &mut |done, total| {
        if !cut && done >= total / 2 {
            work.within()();
            cut = true;
        }
        work.observer.advance(done * chunk, total * chunk);
    })?;
    work.context.keep_copied(copied);
    tracing::info!(
        "{group}/{snapshot}: {} exceptions, {} free, {} equal, {} written ({} bytes)",
        report.exceptions,
        report.free,
        report.equal,
        report.written,
        report.bytes
    );
    Ok(())
}

/// What e2fsck says by its exit status: it has mended what there was; it has left errors.
const MENDED: i32 = 1;
const DAMAGED: i32 = 4;

impl Perform for VerifyCopy {
    /// What was deleted and still open when the snapshot was taken is freed by e2fsck.
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        verify_copy(self, work)
    }
}

/// Reads root back from its disk, and has its filesystem checked.
fn verify_copy(step: &VerifyCopy, work: &Work<'_>) -> Result<(), StepError> {
    let VerifyCopy { group, snapshot, over, origin } = step;
    let opened = Opened::new(group, snapshot, over.as_ref(), origin)?;
    let stores = opened.stores()?;
    let chunk = stores.first().map_or(0, ExceptionStore::chunk);
    let free = opened.free_map();
    let state = State { stores: &stores, free: free.as_ref() };
    let copied = work.context.copied().ok_or(StepError::Unplanned("prove-copy"))?;
    verify(state, &copied, &opened.origin, &mut |done, total| {
        work.observer.advance(done * chunk, total * chunk);
    })?;
    match work.run() {
        Err(StepError::Command(ProgramError::Failed { status, .. }))
            if status.code() == Some(MENDED) =>
        {
            Ok(())
        }
        Err(StepError::Command(ProgramError::Failed { output, status, .. }))
            if status.code() == Some(DAMAGED) =>
        {
            Err(StepError::Filesystem { device: group.device(origin), output })
        }
        other => other.map(drop),
    }
}

/// Which blocks were free in a snapshot.
pub(super) fn free_map(device: &Path) -> Result<FreeMap, NotTrusted> {
    FreeMap::read(&direct(device).map_err(|error| error.source)?)
}

/// The devices that a state is read from.
struct Opened {
    /// The factory store and the snapshot that it stands over, where it is read from both.
    factory: Option<(File, File)>,
    /// The store of the snapshot.
    store: File,
    origin: File,
    /// The state's own device.
    state: String,
}

impl Opened {
    fn new(
        group: &GroupName,
        snapshot: &VolumeName,
        over: Option<&VolumeName>,
        origin: &VolumeName,
    ) -> Result<Self, StepError> {
        let (factory, state) = match over {
            None => (None, group.device(snapshot)),
            Some(base) => {
                let both = (direct(group.device(snapshot))?, direct(group.device(base))?);
                (Some(both), group.mapping(&named(FACTORY_VIEW)).node())
            }
        };
        let live = over.unwrap_or(snapshot);
        let store = group.store(live);
        let store = direct(&store).map_err(|error| {
            tracing::error!("{error}");
            StepError::Snapshot {
                snapshot: format!("{group}/{live}"),
                reason: say::host::no_such_snapshot_device(&store),
            }
        })?;
        Ok(Self { factory, store, origin: direct(group.device(origin))?, state })
    }

    /// The stores, each of which stands over the next, and the last one over the origin.
    fn stores(&self) -> Result<Vec<ExceptionStore<'_>>, StepError> {
        let factory = self.factory.as_ref().map(|(store, base)| factory_store::opened(store, base));
        let live = ExceptionStore::open(&self.store, &self.origin)?;
        Ok(factory.transpose()?.into_iter().chain([live]).collect())
    }

    /// The map of free blocks; without one, everything is copied.
    fn free_map(&self) -> Option<FreeMap> {
        free_map(self.state.as_ref())
            .inspect_err(|why| tracing::warn!("no map of free blocks: {why}"))
            .ok()
    }
}
