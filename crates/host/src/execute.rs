//! The executor: a plan's steps in order, with the journal durable before and after each.

use std::path::PathBuf;
use std::time::Instant;

use zshield_messages::say;
use zshield_plan::clear;
use zshield_plan::journal::{Journal, JournalState};
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::role::Role;
use zshield_plan::step::{CheckSnapshot, DetachFactory, FoldStore, Named as _, Persistence, Step};
use zshield_plan::volumes::{MOUNTS, physical};

use crate::block;
use crate::context::{ExecContext, Observer};
use crate::degraded;
use crate::factory_view;
use crate::fail_point::{self, CutPoint};
use crate::journal::JournalStore;
use crate::lock;
use crate::metadata;
use crate::step_error::StepError;
use crate::steps::{self, Commands};
use crate::tools;
use crate::vault;
use zshield_linux::IoError;

/// An operation that stopped. The journal says where, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A step failed.
    #[error("{}", say::host::StepFailed { name, number, total })]
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        total: usize,
        /// Its name.
        name: &'static str,
        /// Why.
        source: Box<StepError>,
    },
    /// The journal can't be kept.
    #[error("{}", say::host::journal_failed())]
    Journal(#[source] IoError),
    /// What an earlier attempt left mounted can't be cleared away.
    #[error("{}", say::host::clear_failed())]
    Clear(#[source] Box<StepError>),
}

/// How the factory state has turned out to be of no use, and in the step of which number, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactoryFault {
    /// As a store it can't be folded: it is right over the backup before the new one alone, and lost.
    NotFolded(usize),
    /// As a snapshot it is damaged, and lost.
    Damaged(usize),
    /// As a snapshot it can't be read now, and stays.
    Unread(usize),
}

impl ExecuteError {
    /// How the factory state could not be carried over to another backup, or made a store, for what it or that
    /// backup's store holds, or for the disk of both; nothing where something else is the matter.
    pub fn factory_fault(&self) -> Option<FactoryFault> {
        let Self::Step { number, name, source, .. } = self else { return None };
        let StepError::FactoryStore(error) = &**source else { return None };
        if !error.is_store_useless() {
            return None;
        }
        match *name {
            FoldStore::NAME => Some(FactoryFault::NotFolded(*number)),
            DetachFactory::NAME if error.may_pass() => Some(FactoryFault::Unread(*number)),
            DetachFactory::NAME => Some(FactoryFault::Damaged(*number)),
            _ => None,
        }
    }

    /// Whether what was to be gone back to has turned out to be of no use when it was looked through, before
    /// anything was changed.
    pub fn is_way_back_useless(&self) -> bool {
        match self {
            Self::Step { name, source, .. } => {
                *name == CheckSnapshot::NAME && source.is_way_back_useless()
            }
            Self::Journal(_) | Self::Clear(_) => false,
        }
    }
}

/// Clears away what an earlier attempt of this boot has left mounted and active.
pub fn clear(binding: &Binding) -> Result<(), ExecuteError> {
    unmount_left()?;
    clear_volumes(binding)
}

/// Unmounts what an earlier process has left that was killed: a snapshot that is mounted can't be
/// removed. The caller holds the lock, so nobody uses it.
pub fn unmount_left() -> Result<(), ExecuteError> {
    tools::give_back().map_err(|error| ExecuteError::Clear(Box::new(error.into())))?;
    unmount_own()?;
    // One that somebody uses stays. Where the device mapper's program does not start either, there may be
    // another to lend it: what needs the view taken away will say so.
    if let Err(error) = factory_view::close_all_left() {
        tracing::warn!("{error}");
    }
    Ok(())
}

/// A process that holds the lock is about to end: what it has mounted goes with it. Where another one
/// holds it, the mounts are not its own, but for the vault, which it may read in a place of its own.
pub fn leave() -> Result<(), IoError> {
    vault::leave()?;
    if lock::is_own() {
        zshield_linux::mount::leave_all(MOUNTS.as_ref())?;
        tools::leave()?;
    }
    Ok(())
}

/// Unmounts what this operation has mounted.
fn unmount_own() -> Result<(), ExecuteError> {
    let unmounted = zshield_linux::mount::detach_all(MOUNTS.as_ref());
    unmounted.map_err(|error| ExecuteError::Clear(Box::new(error.into())))
}

/// Takes the appliance's volumes and the payload out of the kernel. A change of the group that a
/// power cut tore is undone before LVM is asked for them.
pub(crate) fn clear_volumes(binding: &Binding) -> Result<(), ExecuteError> {
    let clear = || {
        let commands = Commands::new("clear", clear::actions(binding));
        steps::close_left(&commands)?;
        let disks = Role::ALL.map(|role| PathBuf::from(binding.path(&physical(role))));
        let group = binding.group.as_str();
        metadata::undo_torn(group, &disks)?;
        if steps::has(&commands.run()?, group)? {
            let done = commands.run();
            degraded::remove_left(group)?;
            done.or_else(|_| commands.run())?;
        }
        Ok(())
    };
    clear().map_err(|error: StepError| ExecuteError::Clear(Box::new(error)))
}

/// Does what a journal says is still to be done, and keeps it.
pub fn execute(
    mut journal: Journal,
    context: &mut ExecContext<'_>,
    observer: &dyn Observer,
) -> Result<(), ExecuteError> {
    let ssd = context.binding.disks.of(Role::Ssd).device();
    let store = JournalStore::on(ssd.as_ref());
    let keep = |journal: &Journal| store.write(journal).map_err(ExecuteError::Journal);
    fail_point::record_plan(&journal.plan, &context.binding);
    clear(&context.binding)?;
    let (next, total) = (journal.next(), journal.plan.steps.len());
    journal.state = JournalState::Before(next);
    keep(&journal)?;
    let lost: Vec<usize> = journal.lost().map(|(index, _)| index).collect();
    for index in lost {
        run(&journal.plan, index, context, observer)?;
    }
    for index in next..total {
        let begun = Instant::now();
        let step = journal.plan.steps[index].clone();
        observer.begin(index + 1, total, &step);
        let durable = step.persistence() == Persistence::Durable;
        if durable {
            journal.state = JournalState::Within(index);
            keep(&journal)?;
        }
        fail_point::pass(index + 1, CutPoint::Before);
        run(&journal.plan, index, context, observer)?;
        fail_point::pass(index + 1, CutPoint::After);
        if let Some(record) = &mut context.record {
            record.step(step.name(), begun.elapsed());
        }
        journal.state = if index + 1 == total {
            JournalState::Finished
        } else {
            JournalState::Before(index + 1)
        };
        if durable {
            keep(&journal)?;
        }
        if !journal.unfinished() {
            // Both copies say so: not even a damaged one leads back into the installation.
            keep(&journal)?;
        }
        observer.end(index + 1, total, &step);
    }
    fail_point::record_end();
    Ok(())
}

/// Does a plan that needs no journal: it is made anew from what is found, wherever the last run
/// was cut off.
pub fn execute_unjournaled(
    plan: &Plan,
    context: &ExecContext<'_>,
    observer: &dyn Observer,
) -> Result<(), ExecuteError> {
    let total = plan.steps.len();
    fail_point::record_plan(plan, &context.binding);
    for (index, step) in plan.steps.iter().enumerate() {
        observer.begin(index + 1, total, step);
        fail_point::pass(index + 1, CutPoint::Before);
        if let Err(error) = run(plan, index, context, observer) {
            context.close_generation();
            // What failed says more than what can't be cleared away after it.
            if let Err(left) = unmount_own() {
                tracing::error!("{left}");
            }
            drop(context.view());
            return Err(error);
        }
        fail_point::pass(index + 1, CutPoint::After);
        observer.end(index + 1, total, step);
    }
    fail_point::record_end();
    Ok(())
}

fn run(
    plan: &Plan,
    index: usize,
    context: &ExecContext<'_>,
    observer: &dyn Observer,
) -> Result<(), ExecuteError> {
    let step = &plan.steps[index];
    let (number, total) = (index + 1, plan.steps.len());
    tracing::info!("step {number}/{total} {}", step.name());
    if fail_point::is_left_out(step.name()) {
        return Ok(());
    }
    let done = steps::run(number, step, context, observer);
    done.and_then(|()| flush_disks(step, &context.binding)).map_err(|source| {
        tracing::error!("step {number} {}: {source}", step.name());
        ExecuteError::Step { number, total, name: step.name(), source: Box::new(source) }
    })
}

/// Has both disks write out their caches, once a step is done that lasts: what says that it is
/// done lies on one of them, what it did on the other, and LVM itself flushes neither.
fn flush_disks(step: &Step, binding: &Binding) -> Result<(), StepError> {
    if step.persistence() == Persistence::Durable {
        Role::ALL.into_iter().try_for_each(|role| block::flush(binding.disks.of(role)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io;

    use zshield_formats::cow::CowError;
    use zshield_plan::step::{CopyBack, UpdateMetadata};

    use super::*;
    use crate::boot_backup::BootSetError;
    use crate::factory_store::StoreError;

    #[test]
    fn a_factory_state_that_can_not_be_made_a_store_or_folded_is_of_no_use() {
        let fault = |name, source: StepError| {
            let source = Box::new(source);
            ExecuteError::Step { number: 7, total: 9, name, source }.factory_fault()
        };
        let damaged = || StepError::from(StoreError::from(CowError::NoStore));
        let unread = || StepError::from(StoreError::from(CowError::Store(io::Error::other("EIO"))));
        let (fold, detach) = (FoldStore::NAME, DetachFactory::NAME);
        assert_eq!(fault(fold, damaged()), Some(FactoryFault::NotFolded(7)));
        assert_eq!(fault(fold, unread()), Some(FactoryFault::NotFolded(7)));
        assert_eq!(fault(detach, damaged()), Some(FactoryFault::Damaged(7)));
        // Its disk may answer the next time.
        assert_eq!(fault(detach, unread()), Some(FactoryFault::Unread(7)));
        // LVM's mistake says nothing of the store.
        for name in [fold, detach] {
            assert_eq!(fault(name, StepError::Unplanned("lvconvert")), None, "{name}");
        }
        assert_eq!(fault(UpdateMetadata::NAME, damaged()), None);
    }

    #[test]
    fn a_way_back_is_of_no_use_by_its_stores_and_its_boot_set_alone() {
        let failed = |name, source: StepError| {
            let source = Box::new(source);
            ExecuteError::Step { number: 1, total: 1, name, source }.is_way_back_useless()
        };
        let check = CheckSnapshot::NAME;
        assert!(failed(check, CowError::NoStore.into()));
        assert!(failed(check, StoreError::NoMark.into()));
        assert!(failed(check, BootSetError::Damaged("vmlinuz".into()).into()));
        // What went wrong later has changed root.
        assert!(!failed(CopyBack::NAME, CowError::NoStore.into()));
        assert!(!failed(check, StepError::Unplanned("mount")));
        assert!(!failed(check, StoreError::NoVolume("/dev/vgroup/snap1".into()).into()));
    }
}
