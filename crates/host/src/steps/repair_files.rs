//! The files of a system made those of a snapshot, and the proof of it.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::compare::FileKind;
use zshield_live::{Change, Difference, Made, Order, Scope, StillDiffers, Take, apply};
use zshield_messages::{Said, say};
use zshield_plan::live::{Fate, Left, Room, unstopped};
use zshield_plan::step::{RepairFiles, VerifyFiles};

use super::Perform;
use super::work::Work;
use crate::context::Repaired;
use crate::step_error::StepError;
use crate::{live, writers};

/// As many of what is left over are named.
const NAMED: usize = 20;

impl Perform for RepairFiles {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let (from, to, files): (&Path, &Path, _) =
            (self.from.as_ref(), self.to.as_ref(), &self.files);
        let damaged = work.context.damaged(from).map_err(live::error)?;
        let mut scope = live::scope(files, to)?.without(damaged.clone());
        let mut difference = live::difference(from, to, files, &scope)?;
        let in_use = in_use(&difference, to, work)?;
        if !in_use.is_empty() {
            scope = scope.without(in_use.clone());
            difference = live::difference(from, to, files, &scope)?;
        }
        let mut left = [damaged, in_use].concat();
        let made = match written(&difference, from, to, &scope, work) {
            Ok(made) => made,
            Err(error) => {
                // What of a generation can't be read keeps nothing else from coming back.
                let unread = unread(&difference, from, work)?;
                if unread.is_empty() {
                    return Err(error);
                }
                scope = scope.without(unread.clone());
                left.extend(unread);
                difference = live::difference(from, to, files, &scope)?;
                written(&difference, from, to, &scope, work)?
            }
        };
        told_damaged(&work.context.damaged(from).map_err(live::error)?, work);
        work.context.keep(Repaired { made: Some(made), left });
        Ok(())
    }
}

/// Does what a difference says.
fn written(
    difference: &Difference,
    from: &Path,
    to: &Path,
    scope: &Scope,
    work: &Work<'_>,
) -> Result<Made, StepError> {
    let order = match live::room(difference, live::free(to)?) {
        Room::Enough => Order::WriteFirst,
        Room::AfterRemoving | Room::Short => Order::RemoveFirst,
    };
    made(difference, work, |told| apply(difference, Take::Copy(from), to, scope, order, told))
}

/// What a difference would write and a generation does not give out any more: each of these files is read for it.
fn unread(
    difference: &Difference,
    from: &Path,
    work: &Work<'_>,
) -> Result<Vec<EntryPath>, StepError> {
    let known = || work.context.damaged(from).map_err(live::error);
    if known()?.is_empty() {
        // It was another error.
        return Ok(Vec::new());
    }
    for change in &difference.changes {
        if let Change::Write { path, kind: FileKind::File, .. } = change {
            let path = from.join(path.as_path());
            let read = File::open(&path).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
            if let Err(error) = read {
                tracing::warn!("{}: {error}", path.display());
            }
        }
    }
    known()
}

/// Says which files stay as they are since the vault does not give them out.
fn told_damaged(paths: &[EntryPath], work: &Work<'_>) {
    for path in paths.iter().take(NAMED) {
        work.observer.warn(&Said::of(|| say::host::damaged_in_vault(format!("/{path}"))));
    }
    if let Some(more) = paths.len().checked_sub(NAMED).filter(|more| *more > 0) {
        work.observer.warn(&Said::of(|| say::host::damaged_in_vault_more(more.to_string())));
    }
}

/// The files that stay as they are, for somebody writes to them whom nobody has stopped, whenever he
/// began.
fn in_use(
    difference: &Difference,
    root: &Path,
    work: &Work<'_>,
) -> Result<Vec<EntryPath>, StepError> {
    let mut left = Vec::new();
    for process in writers::of(difference, root)? {
        let program = &Left::of(&process).to_string();
        for path in &process.writes {
            match unstopped(path) {
                Fate::Left | Fate::Stopped => {
                    let text = say::host::LeftInUse { path, program };
                    work.observer.warn(&Said::of(|| text.to_string()));
                    left.push(path.trim_start_matches('/').parse().map_err(live::error)?);
                }
                Fate::Replaced => {
                    let text = say::host::ReplacedInUse { path, program };
                    work.observer.warn(&Said::of(|| text.to_string()));
                }
            }
        }
    }
    Ok(left)
}

/// Does what a difference says, and tells how it goes on.
pub(super) fn made(
    difference: &Difference,
    work: &Work<'_>,
    apply: impl FnOnce(zshield_live::Told<'_>) -> Result<Made, zshield_live::LiveError>,
) -> Result<Made, StepError> {
    let total = difference.written();
    let half = (difference.changes.len() / 2).max(1);
    let (mut done, mut operations) = (0, 0);
    let made = apply(&mut |bytes| {
        operations += 1;
        if operations == half {
            work.within()();
        }
        done += bytes;
        work.observer.advance(done.min(total), total);
        ControlFlow::Continue(())
    })?;
    tracing::info!("{} changes, {done} bytes", difference.changes.len());
    Ok(made)
}

impl Perform for VerifyFiles {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let (from, to): (&Path, &Path) = (self.from.as_ref(), self.to.as_ref());
        let Repaired { made, left } = work.context.repaired();
        let scope = live::scope(&self.files, to)?.without(left.clone());
        let difference = live::difference(from, to, &self.files, &scope)?;
        if difference.is_none() {
            return Ok(());
        }
        let StillDiffers { by_others, mut as_made } = match made {
            Some(made) => made.judge(&difference, to)?,
            None => StillDiffers::all(&difference),
        };
        // What stands in the way since somebody writes to it was told.
        let told = |held: &&EntryPath| left.iter().any(|file| file.is_within(held));
        as_made.extend(difference.held.iter().filter(|held| !told(held)).cloned());
        if as_made.is_empty() {
            return by_others_told(&by_others, &difference, to, work);
        }
        let names = as_made.iter().take(NAMED).map(ToString::to_string).collect();
        Err(StepError::LeftOver { count: as_made.len(), names })
    }
}

/// What a program of the running system has changed meanwhile is no fault of the recovery: it is told.
fn by_others_told(
    paths: &[EntryPath],
    difference: &Difference,
    root: &Path,
    work: &Work<'_>,
) -> Result<(), StepError> {
    let writers = writers::of(difference, root)?;
    for path in paths.iter().take(NAMED) {
        let path = format!("/{path}");
        let writer = writers.iter().find(|writer| writer.writes.contains(&path));
        work.observer.warn(&Said::of(|| match writer {
            Some(writer) => {
                let (path, program) = (&path, Left::of(writer).to_string());
                say::host::ChangedMeanwhileBy { path, program }.to_string()
            }
            None => say::host::changed_meanwhile(&path),
        }));
    }
    if let Some(more) = paths.len().checked_sub(NAMED).filter(|more| *more > 0) {
        work.observer.warn(&Said::of(|| say::host::changed_meanwhile_more(more.to_string())));
    }
    Ok(())
}
