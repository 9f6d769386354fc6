//! The files of a system made those of a snapshot, and the proof of it.

use std::ops::ControlFlow;
use std::path::Path;

use zshield_live::{Change, Order, apply};
use zshield_plan::live::Room;
use zshield_plan::step::{RepairFiles, VerifyFiles};

use super::Perform;
use super::work::Work;
use crate::live;
use crate::step_error::StepError;

/// As many of what is left over are named.
const NAMED: usize = 20;

impl Perform for RepairFiles {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        repair(self, work)
    }
}

fn repair(step: &RepairFiles, work: &Work<'_>) -> Result<(), StepError> {
    let (from, to, files): (&Path, &Path, _) = (step.from.as_ref(), step.to.as_ref(), &step.files);
    let scope = live::scope(files, to)?;
    let difference = live::difference(from, to, files, &scope)?;
    let order = match live::room(&difference, live::free(to)?) {
        Room::Enough => Order::WriteFirst,
        Room::AfterRemoving | Room::Short => Order::RemoveFirst,
    };
    let total = difference.written();
    let half = (difference.changes.len() / 2).max(1);
    let (mut done, mut operations) = (0, 0);
    apply(&difference, from, to, &scope, order, &mut |bytes| {
        operations += 1;
        if operations == half {
            work.within()();
        }
        done += bytes;
        work.observer.advance(done.min(total), total);
        ControlFlow::Continue(())
    })?;
    tracing::info!("{}: {} changes, {done} bytes", to.display(), difference.changes.len());
    Ok(())
}

impl Perform for VerifyFiles {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        let (from, to): (&Path, &Path) = (self.from.as_ref(), self.to.as_ref());
        let scope = live::scope(&self.files, to)?;
        let difference = live::difference(from, to, &self.files, &scope)?;
        if difference.is_none() {
            return Ok(());
        }
        let changed = difference.changes.iter().map(Change::path);
        let left = changed.chain(&difference.held).map(ToString::to_string);
        let count = difference.changes.len() + difference.held.len();
        Err(StepError::LeftOver { count, names: left.take(NAMED).collect() })
    }
}
