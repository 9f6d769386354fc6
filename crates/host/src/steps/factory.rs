//! The factory store: made of the factory snapshot, carried over to the next backup, looked into.

use zshield_plan::step::{CloseFactory, DetachFactory, FoldStore, OpenFactory};

use super::Perform;
use super::work::Work;
use crate::factory_store::{self, Attached, Fold};
use crate::factory_view;
use crate::step_error::StepError;

impl Perform for DetachFactory {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { group, snapshot, base } = self;
        match factory_store::mark_attached(group, snapshot, base)? {
            Attached::Marked => {
                work.ran()?;
                work.within()();
                work.run().map(drop)
            }
            Attached::Detached => {
                work.pass_over()?;
                work.pass_over()
            }
        }
    }
}

impl Perform for FoldStore {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { group, from, store, over } = self;
        let fold = Fold { group, from, store, over };
        let mut cut = false;
        let report = factory_store::fold(work.binding(), fold, &mut |done, total| {
            if !cut && done >= total / 2 {
                work.within()();
                cut = true;
            }
            work.observer.advance(done, total);
        })?;
        work.ran()?;
        if !cut {
            work.within()();
        }
        tracing::info!("{group}/{store}: {} appended, {} held", report.appended, report.held);
        Ok(())
    }
}

impl Perform for OpenFactory {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        work.context.keep_view(factory_view::open(&self.group, &self.over)?);
        work.ran()
    }
}

impl Perform for CloseFactory {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        // Whoever looks into it beside this operation closes it.
        work.context.view().map_or(Ok(()), |view| view.close().map(drop))?;
        work.ran()
    }
}
