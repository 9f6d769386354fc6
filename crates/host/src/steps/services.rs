//! Services stopped, started and restarted.

use zshield_messages::{Said, say};
use zshield_plan::step::{ReloadManager, RestartServices, StartServices, StopServices};

use super::Perform;
use super::work::Work;
use crate::step_error::StepError;
use zshield_linux::program::ProgramError;

impl Perform for StopServices {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        or_warn(work, |error| {
            let (units, why) = (concerned(&self.units, error).join(", "), error.to_string());
            say::host::NotStopped { units, why }.to_string()
        })
    }
}

impl Perform for ReloadManager {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        or_warn(work, |error| say::host::not_reloaded(error.to_string()))
    }
}

impl Perform for StartServices {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        or_warn(work, |error| {
            let (units, why) = (concerned(&self.units, error).join(", "), error.to_string());
            say::host::NotStarted { units, why }.to_string()
        })
    }
}

impl Perform for RestartServices {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        or_warn(work, |error| {
            let (units, why) = (concerned(&self.units, error).join(", "), error.to_string());
            say::host::NotRestarted { units, why }.to_string()
        })
    }
}

/// Runs a step's command. What becomes of services does not make the system any less right: what
/// did not work is told with the units that it happened to, and the recovery goes on.
fn or_warn(work: &Work<'_>, warning: impl Fn(&ProgramError) -> String) -> Result<(), StepError> {
    match work.run() {
        Err(StepError::Command(error)) => {
            if let Some(error) = wanted(error) {
                work.observer.warn(&Said::of(|| warning(&error)));
            }
        }
        other => drop(other?),
    }
    Ok(())
}

/// What is left of an error without the units that the system which came back has masked: nobody
/// wants those started.
fn wanted(error: ProgramError) -> Option<ProgramError> {
    let ProgramError::Failed { command, status, output } = error else { return Some(error) };
    let is_masked = |line: &&str| line.starts_with("Failed to") && line.ends_with(" is masked.");
    let (masked, rest): (Vec<&str>, Vec<&str>) = output.lines().partition(is_masked);
    let nothing = rest.iter().all(|line| line.trim().is_empty());
    let output = rest.join("\n");
    (masked.is_empty() || !nothing).then_some(ProgramError::Failed { command, status, output })
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

    fn failed(output: &str) -> ProgramError {
        ProgramError::Failed {
            command: "systemctl".into(),
            status: ExitStatus::from_raw(256),
            output: output.to_owned(),
        }
    }

    #[test]
    fn a_masked_unit_is_not_wanted() {
        let masked = "Failed to start nginx.service: Unit nginx.service is masked.\n";
        assert!(wanted(failed(masked)).is_none());
        let both = format!("{masked}Job for cron.service failed.\n");
        let Some(ProgramError::Failed { output, .. }) = wanted(failed(&both)) else { panic!() };
        assert_eq!(output, "Job for cron.service failed.");
        // An error without a word is one.
        assert!(wanted(failed("")).is_some());
    }

    #[test]
    fn the_units_that_failed_are_named() {
        let units = ["a.service", "cron.service", "auditd.service"].map(str::to_owned);
        let refused = "Failed to stop auditd.service: Operation refused, unit auditd.service may be \
                       requested by dependency only.\nJob for cron.service failed.\n";
        assert_eq!(concerned(&units, &failed(refused)), ["cron.service", "auditd.service"]);
        assert_eq!(concerned(&units, &failed("Failed to stop data.service.\n")).len(), 3);
        assert_eq!(concerned(&units, &failed("see a.service.")), ["a.service"]);
    }
}
