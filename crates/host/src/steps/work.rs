//! What a step works with: the commands of its list, one after the other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::vec;

use zshield_linux::lvm::{self, LvmError};
use zshield_linux::record;
use zshield_plan::action::{Action, Condition};
use zshield_plan::command::Command;
use zshield_plan::model::Binding;

use crate::command;
use crate::context::{ExecContext, Observer};
use crate::fail_point::{self, CutPoint};
use crate::step_error::StepError;

/// The commands of a list of actions, to be run in their order.
pub(crate) struct Commands {
    /// Whose they are.
    of: &'static str,
    left: RefCell<vec::IntoIter<Action>>,
}

impl Commands {
    /// The commands of these actions.
    pub(crate) fn new(of: &'static str, actions: Vec<Action>) -> Self {
        Self { of, left: RefCell::new(actions.into_iter()) }
    }

    fn next(&self) -> Option<Action> {
        self.left.borrow_mut().find(|action| !matches!(action, Action::Effect(_)))
    }

    fn unplanned<T>(&self) -> Result<T, StepError> {
        Err(StepError::Unplanned(self.of))
    }

    /// The next command, which depends on nothing that another command prints.
    pub(super) fn command(&self) -> Result<Command, StepError> {
        match self.next() {
            Some(Action::Run(command) | Action::RunIf(Condition::Found(_), command)) => Ok(command),
            Some(Action::RunIf(..) | Action::RunWith(..) | Action::Call(_) | Action::Effect(_))
            | None => self.unplanned(),
        }
    }

    /// Runs it.
    pub(crate) fn run(&self) -> Result<String, StepError> {
        Ok(command::run(&self.command()?)?)
    }

    /// Passes over the next command, since what it depends on was not found.
    pub(crate) fn pass_over(&self) -> Result<(), StepError> {
        match self.next() {
            Some(Action::RunIf(Condition::Found(_), _)) => Ok(()),
            Some(
                Action::Run(_)
                | Action::RunIf(..)
                | Action::RunWith(..)
                | Action::Call(_)
                | Action::Effect(_),
            )
            | None => self.unplanned(),
        }
    }

    /// The next command was run where it belongs.
    pub(super) fn ran(&self) -> Result<(), StepError> {
        match self.next() {
            Some(Action::Run(_) | Action::RunIf(Condition::Found(_), _) | Action::RunWith(..)) => {
                Ok(())
            }
            Some(Action::RunIf(..) | Action::Call(_) | Action::Effect(_)) | None => {
                self.unplanned()
            }
        }
    }

    /// Runs the next command with the input that was not known before.
    pub(super) fn run_with(&self, input: &str) -> Result<String, StepError> {
        let Some(Action::RunWith(command, _)) = self.next() else { return self.unplanned() };
        Ok(command::run_with(&command, input)?)
    }

    /// The system call that comes next was made.
    pub(super) fn called(&self) -> Result<(), StepError> {
        let Some(Action::Call(command)) = self.next() else { return self.unplanned() };
        record::note(&format!("$ {command}"));
        Ok(())
    }

    /// Runs the commands that are left.
    pub(super) fn run_all(&self) -> Result<(), StepError> {
        while let Some(action) = self.next() {
            match action {
                Action::Run(command) => drop(command::run(&command)?),
                Action::RunIf(Condition::Listed(probe, value), command) => {
                    if reports(&probe, &value)? {
                        command::run(&command)?;
                    }
                }
                Action::RunIf(Condition::NotListed(probe, value), command) => {
                    if !reports(&probe, &value)? {
                        command::run(&command)?;
                    }
                }
                Action::RunIf(Condition::Found(_), _) | Action::RunWith(..) | Action::Call(_) => {
                    return self.unplanned();
                }
                Action::Effect(_) => {}
            }
        }
        Ok(())
    }

    /// Nothing of the list may be left.
    pub(super) fn finish(&self) -> Result<(), StepError> {
        if self.next().is_some() { self.unplanned() } else { Ok(()) }
    }
}

/// Whether a report of LVM's has a value.
fn reports(probe: &Command, value: &str) -> Result<bool, StepError> {
    Ok(has(&command::run(probe)?, value)?)
}

/// Whether this report has a value.
pub(crate) fn has(report: &str, value: &str) -> Result<bool, LvmError> {
    let rows: Vec<BTreeMap<String, String>> =
        lvm::rows(report.as_bytes()).map_err(LvmError::Output)?;
    Ok(rows.iter().any(|row| row.values().any(|found| found == value)))
}

/// What a step works with.
pub(super) struct Work<'a> {
    number: usize,
    /// What the operation works with.
    pub context: &'a ExecContext<'a>,
    /// Who is told how it goes on.
    pub observer: &'a dyn Observer,
    commands: Commands,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        number: usize,
        name: &'static str,
        actions: Vec<Action>,
        context: &'a ExecContext<'a>,
        observer: &'a dyn Observer,
    ) -> Self {
        Self { number, context, observer, commands: Commands::new(name, actions) }
    }

    /// Where the plan's disks are.
    pub(super) fn binding(&self) -> &'a Binding {
        &self.context.binding
    }

    /// The fail point in the middle of the step.
    pub(super) fn within(&self) -> impl Fn() + Send + Sync + Copy + use<> {
        let number = self.number;
        move || fail_point::pass(number, CutPoint::Within)
    }
}

impl std::ops::Deref for Work<'_> {
    type Target = Commands;

    fn deref(&self) -> &Commands {
        &self.commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands() -> Commands {
        let echo = |word: &str| Command::new("echo", &[word]);
        let report = || echo("{\"report\": [{\"lv\": [{\"lv_name\": \"there\"}]}]}");
        let listed = Condition::Listed(report(), "there".to_owned());
        Commands::new(
            "step",
            vec![
                Action::Effect("something else".to_owned()),
                Action::RunIf(Condition::Found("it is found"), echo("one")),
                Action::RunWith(Command::new("cat", &[]), "a word"),
                Action::RunIf(listed, echo("three")),
                Action::RunIf(
                    Condition::NotListed(report(), "there".to_owned()),
                    Command::new("no-such-program", &[]),
                ),
            ],
        )
    }

    #[test]
    fn a_list_is_run_in_its_order() {
        let commands = commands();
        assert_eq!(commands.run().unwrap(), "one\n");
        assert_eq!(commands.run_with("more").unwrap(), "more");
        commands.run_all().unwrap();
        commands.finish().unwrap();
    }

    #[test]
    fn what_a_list_has_not_is_not_run_and_what_it_has_is_not_left_out() {
        let commands = commands();
        commands.pass_over().unwrap();
        assert!(matches!(commands.pass_over(), Err(StepError::Unplanned("step"))));
        let commands = self::commands();
        assert!(matches!(commands.run_with("one"), Err(StepError::Unplanned("step"))));
        let commands = self::commands();
        commands.run().unwrap();
        assert!(matches!(commands.finish(), Err(StepError::Unplanned("step"))));
    }
}
