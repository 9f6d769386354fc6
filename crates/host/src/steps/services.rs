//! Services stopped, started and restarted.

use zshield_messages::say;
use zshield_plan::step::Step;

use crate::command;
use crate::context::{ExecContext, Observer};
use zshield_linux::program::ProgramError;

/// Does something with services. What becomes of them does not make the system any less right: what
/// did not work is told with the units that it happened to, and the recovery goes on.
pub(super) fn run(step: &Step, context: &ExecContext<'_>, observer: &dyn Observer) {
    if let Some(command) = step.command(&context.binding)
        && let Err(error) = command::run(&command)
    {
        observer.warn(&warning(step, &error));
    }
}

fn warning(step: &Step, error: &ProgramError) -> String {
    let names = |units: &[String]| concerned(units, error).join(", ");
    let why = error.to_string();
    match step {
        Step::StopServices { units } => {
            say::host::NotStopped { units: names(units), why }.to_string()
        }
        Step::StartServices { units } => {
            say::host::NotStarted { units: names(units), why }.to_string()
        }
        Step::RestartServices { units } => {
            say::host::NotRestarted { units: names(units), why }.to_string()
        }
        _ => say::host::not_reloaded(why),
    }
}

/// The units that an error names; all of them where it names none.
fn concerned(units: &[String], error: &ProgramError) -> Vec<String> {
    let ProgramError::Failed { output, .. } = error else { return units.to_vec() };
    let part = |letter: char| letter.is_alphanumeric() || ":-_.\\@".contains(letter);
    let words: Vec<&str> = output
        .split(|letter| !part(letter))
        .map(|word| word.trim_end_matches(['.', ':']))
        .collect();
    let named: Vec<String> =
        units.iter().filter(|unit| words.contains(&unit.as_str())).cloned().collect();
    if named.is_empty() { units.to_vec() } else { named }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn the_units_that_failed_are_named() {
        let units = ["a.service", "cron.service", "auditd.service"].map(str::to_owned);
        let failed = |output: &str| ProgramError::Failed {
            command: "systemctl".into(),
            status: ExitStatus::from_raw(256),
            output: output.to_owned(),
        };
        let refused = "Failed to stop auditd.service: Operation refused, unit auditd.service may be \
                       requested by dependency only.\nJob for cron.service failed.\n";
        assert_eq!(concerned(&units, &failed(refused)), ["cron.service", "auditd.service"]);
        assert_eq!(concerned(&units, &failed("Failed to stop data.service.\n")).len(), 3);
        assert_eq!(concerned(&units, &failed("see a.service.")), ["a.service"]);
    }
}
