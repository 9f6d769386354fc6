//! Plans on their way from the planner to the executor.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use zshield_host::BOOT_DIRECTORY;
use zshield_host::outcome::{self, Outcome};
use zshield_messages::{Said, say};
use zshield_plan::appliance::Appliance;
use zshield_plan::check;
use zshield_plan::plan::{Operation, Plan};
use zshield_units::UnixTime;

use crate::error::Refusal;
use crate::text;

/// Refuses a plan that breaks the rules: a defect in this program.
pub fn ensure_valid(plan: &Plan, appliance: &Appliance) -> Result<()> {
    let violations = check::of_running(plan, appliance);
    if violations.is_empty() {
        return Ok(());
    }
    Err(Refusal::Violations(violations).into())
}

/// Does an operation on the system below `root`, and notes that it began and how it ended: of one
/// that is cut off in between nobody says that the one before it was well.
pub fn with_outcome(
    root: &Path,
    operation: Operation,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let began = UnixTime::from(Timestamp::now());
    let note = |outcome: &Outcome| {
        // That it can't be noted is no reason to call what was done undone.
        if let Err(error) = outcome::write(&root.join(BOOT_DIRECTORY), outcome) {
            tracing::error!("{error}");
        }
    };
    note(&Outcome::begun(operation.name(), Said::of(say::status::cut_off)));
    let result = work();
    let mut outcome = Outcome::success(operation.name(), began);
    outcome.failure = result.as_ref().err().map(text::kept);
    note(&outcome);
    result
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use zshield_messages::{Language, in_language};

    use super::*;

    #[test]
    fn why_an_operation_failed_is_read_in_the_reader_s_language() {
        let root = tempfile::tempdir().unwrap();
        let boot = root.path().join(BOOT_DIRECTORY);
        std::fs::create_dir_all(&boot).unwrap();
        let reason = |language| {
            let kept = outcome::read(&boot).unwrap().unwrap().failure.unwrap();
            in_language(language, || kept.to_string())
        };
        let full = || Err(anyhow!("full").context(Said::of(say::backup::failed)));
        let as_daemon = || {
            with_outcome(root.path(), Operation::Backup, || {
                assert_ne!(reason(Language::English), reason(Language::Chinese));
                full()
            })
        };
        assert!(in_language(Language::English, as_daemon).is_err());
        for language in [Language::English, Language::Chinese] {
            let why = reason(language);
            let failed = in_language(language, say::backup::failed);
            assert!(why.contains(&failed) && why.contains("full"), "{why}");
        }
    }
}
