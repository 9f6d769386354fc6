//! The effects of steps. What a step runs stands in its definition, in the order in which it runs;
//! here is what the program does itself, between and around these commands.

mod boot_loader;
mod boot_set;
mod copy_back;
mod counter;
mod disks;
mod factory;
mod files;
mod generation;
mod golden;
mod host_keys;
mod mounts;
mod notes;
mod packages;
mod record;
mod release;
mod renew_boot_loader;
mod repair_files;
mod services;
mod slots;
mod unpack;
mod upgrade;
mod verify_backup;
mod verify_system;
mod volumes;
mod work;

use zshield_plan::each_step;
use zshield_plan::step::{Step, StepKind};

pub(crate) use golden::close_left;
pub(crate) use renew_boot_loader::is_whole as boot_loader_is_whole;
pub(crate) use slots::marked;
use work::Work;
pub(crate) use work::{Commands, has};

use crate::context::{ExecContext, Observer};
use crate::step_error::StepError;

/// What the program does in a step. A kind of step without it does not compile.
trait Perform: StepKind {
    /// Does the step. Without effects of its own it runs the commands of its list.
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        work.run_all()
    }
}

/// Does one step; `number` counts from 1 and names its fail points.
pub(crate) fn run(
    number: usize,
    step: &Step,
    context: &ExecContext<'_>,
    observer: &dyn Observer,
) -> Result<(), StepError> {
    let actions = step.actions(&context.binding);
    let work = Work::new(number, step.name(), actions, context, observer);
    each_step!(step, it => it.perform(&work))?;
    work.finish()
}
