//! The files of a system made those of a snapshot, and the proof of it.

use std::ops::ControlFlow;
use std::path::Path;

use zshield_live::{Change, Order, apply};
use zshield_plan::live::Room;
use zshield_plan::model::Files;

use crate::context::Observer;
use crate::live;
use crate::step_error::StepError;

/// As many of what is left over are named.
const NAMED: usize = 20;

/// Puts right what differs.
pub(super) fn put_right(
    from: &Path,
    to: &Path,
    files: &Files,
    observer: &dyn Observer,
    within: &dyn Fn(),
) -> Result<(), StepError> {
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
            within();
        }
        done += bytes;
        observer.advance(done.min(total), total);
        ControlFlow::Continue(())
    })?;
    tracing::info!("{}: {} changes, {done} bytes", to.display(), difference.changes.len());
    Ok(())
}

/// Compares again: nothing may differ.
pub(super) fn prove(from: &Path, to: &Path, files: &Files) -> Result<(), StepError> {
    let difference = live::difference(from, to, files, &live::scope(files, to)?)?;
    if difference.is_none() {
        return Ok(());
    }
    let changed = difference.changes.iter().map(Change::path);
    let left = changed.chain(&difference.held).map(ToString::to_string);
    let count = difference.changes.len() + difference.held.len();
    Err(StepError::LeftOver(count, left.take(NAMED).collect()))
}
