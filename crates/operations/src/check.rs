//! A check of the files of the running system: how they differ from what was delivered.

use std::io;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use serde::Serialize;
use zshield_alarm::list::Seen;
use zshield_alarm::store::Store;
use zshield_check::depth::Depth;
use zshield_check::last::{self, Last};
use zshield_check::report::CheckReport;
use zshield_golden::EntryPath;
use zshield_host::{execute, lock};
use zshield_linux::IoError;
use zshield_messages::{Said, say};
use zshield_plan::command::Command;
use zshield_plan::health::Condition;
use zshield_plan::policy::Policy;
use zshield_plan::schedule;
use zshield_units::UnixTime;

use crate::env::{self, Env};
use crate::error::{Error, Refusal, Result, before_it_began};
use crate::integrity;
use crate::interruption;
use crate::progress::{Part, Progress};
use crate::text;

/// How many files a person can read one by one.
pub const READABLE: usize = 20;

/// What a caller decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether all contents are read.
    pub deep: bool,
    /// Whether it gives way to everything else, and is a deep one when that is due.
    pub scheduled: bool,
}

/// A check that can be run.
pub struct Prepared {
    env: Env,
    policy: Policy,
    store: Store,
    depth: Depth,
    before: Option<Last>,
    /// Why nothing is known of the check before it, where it left something that can't be read.
    pub unreadable: Option<IoError>,
    _held: lock::Held,
}

/// A check that was made.
#[derive(Debug)]
pub struct Outcome {
    /// What it found.
    pub report: CheckReport,
    /// Whether what it found is kept for others; or why not.
    pub kept: anyhow::Result<()>,
    /// Whether its alarms are noted where they outlive a restart.
    pub durable: bool,
}

impl Outcome {
    /// Whether something is not in order.
    pub fn drifts(&self) -> bool {
        self.report.unexpected().next().is_some()
    }
}

/// Finds out how closely to look. It changes nothing but mounts that an operation has left.
pub fn prepare(env: &Env, options: Options) -> Result<Prepared> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let store = env.alarms(&policy);
        let held = lock::hold(lock::Operation::Check).map_err(Refusal::Busy)?;
        let (before, unreadable) = match Last::read(&env.root) {
            Ok(before) => (before, None),
            Err(source) => (None, Some(unusable(&env.root, source))),
        };
        let due = || deep_is_due(&policy, before.as_ref(), (env.clock)().timestamp());
        let depth = depth(options, unreadable.is_some(), due);
        if depth == Depth::Deep || options.scheduled {
            env::lower_priority();
        }
        Ok(Prepared { env: env.clone(), policy, store, depth, before, unreadable, _held: held })
    })
}

/// What can't be read of the last check is made up for by one that looks at everything.
fn depth(options: Options, is_lost: bool, deep_is_due: impl FnOnce() -> bool) -> Depth {
    let is_deep = options.deep || is_lost || options.scheduled && deep_is_due();
    if is_deep { Depth::Deep } else { Depth::Quick }
}

impl Prepared {
    /// Makes it, and has alarms raised for what it found before anybody reads of it.
    pub fn run(self, progress: &dyn Progress) -> Result<Outcome> {
        let Self { env, policy, store, depth, before, .. } = &self;
        progress.begin(&Part::Check(*depth));
        let cleared = execute::unmount_left().map_err(Into::into);
        let checked =
            cleared.and_then(|()| integrity::run(&env.root, policy, *depth, before.as_ref()));
        // Whoever interrupts it from now on reads what came of it, and not that the last result counts.
        interruption::end();
        let report = match checked.with_context(|| Said::of(say::check::failed)) {
            Ok(report) => report,
            Err(error) => {
                tell(store, &Seen::of_check(Err(text::kept(&error))))?;
                let state = || say::check::failed_state(text::chain(&error));
                return Err(Error::Failed(anyhow!(Said::of(state))));
            }
        };
        let last = Last::of(&report, before.as_ref());
        let told = tell(store, &Seen::by_check(conditions(&last)))?;
        let kept = last.write(&env.root).map_err(|source| unusable(&env.root, source));
        let kept = kept.with_context(|| Said::of(say::check::not_kept));
        let noted = tell(store, &Seen::of_check(kept.as_ref().map(drop).map_err(text::kept)))?;
        Ok(Outcome { report, kept, durable: told && noted })
    }
}

/// What the last check has left can't be used.
fn unusable(root: &Path, source: io::Error) -> IoError {
    IoError { path: root.join(last::FILE), source }
}

fn deep_is_due(policy: &Policy, before: Option<&Last>, now: Timestamp) -> bool {
    let last = before.and_then(|before| before.deep?.timestamp());
    schedule::deep_is_due(&policy.check, now, last)
}

/// What the alarms of a check say.
pub(crate) fn conditions(last: &Last) -> Vec<Condition> {
    let last::Last { alarm, access, .. } = last.clone();
    let given = |last::Alarm { count, example, .. }| Condition::Access { count, example };
    let differs = |last::Alarm { count, example, packages }| Condition::Integrity {
        count,
        example,
        packages,
    };
    access.map(given).into_iter().chain(alarm.map(differs)).collect()
}

/// Has alarms raised for what was seen, and those cleared that are so no more; whether that is kept.
pub(crate) fn tell(store: &Store, seen: &Seen) -> anyhow::Result<bool> {
    let now = UnixTime::from(Timestamp::now());
    let changed = store
        .change(|list| list.observe(seen, now))
        .with_context(|| Said::of(say::check::untold))?;
    Ok(changed.durable)
}

/// A report for scripts: what was found, and what follows of it.
#[derive(Debug, Serialize)]
pub struct ForScripts<'a> {
    #[serde(flatten)]
    report: &'a CheckReport,
    unexpected: usize,
    repair: Option<String>,
}

impl<'a> ForScripts<'a> {
    /// The one of this report.
    pub fn of(report: &'a CheckReport) -> Self {
        let repair = repair(report).map(|command| command.to_string());
        Self { report, unexpected: report.unexpected().count(), repair }
    }
}

/// The command that puts the system's files back: those alone, where a person can read them all.
pub fn repair(report: &CheckReport) -> Option<Command> {
    let paths = report.to_repair();
    if paths.is_empty() {
        return None;
    }
    let names: Option<Vec<String>> = paths.iter().map(|path| typed(path)).collect();
    let extent = match names {
        Some(names) if names.len() <= READABLE => [vec!["--only".to_owned()], names].concat(),
        // A check sees what was changed beneath the inodes too.
        _ => vec!["--deep".to_owned()],
    };
    let arguments = [vec!["recover".to_owned(), "latest".to_owned()], extent].concat();
    Some(Command { program: "zshield", arguments })
}

/// A path as a person can type it.
fn typed(path: &EntryPath) -> Option<String> {
    let text = path.as_path().to_str()?;
    (!text.contains(char::is_control)).then(|| format!("/{text}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use zshield_check::report::{DriftPlace, FORMAT, Finding};
    use zshield_golden::compare::Difference;
    use zshield_plan::policy::Class;

    use super::*;

    fn report(paths: &[&str]) -> CheckReport {
        let finding = |path: &&str| Finding {
            place: DriftPlace::File { path: path.parse().unwrap() },
            class: Class::System,
            package: None,
            changed: None,
            grants: Vec::new(),
            expected: None,
            differences: vec![Difference::Content],
            state: None,
        };
        CheckReport {
            format: FORMAT,
            began: UnixTime(7),
            depth: Depth::Quick,
            no_basis: None,
            version: "1.0.0".to_owned(),
            compared: 3,
            skipped: 0,
            findings: paths.iter().map(finding).collect(),
            names: BTreeSet::new(),
        }
    }

    #[test]
    fn a_deep_check_is_one_that_is_asked_for_or_due_or_makes_up_for_a_lost_one() {
        let depth = |deep, scheduled, is_lost, is_due| {
            depth(Options { deep, scheduled }, is_lost, || is_due)
        };
        assert_eq!(depth(false, false, false, true), Depth::Quick);
        assert_eq!(depth(false, true, false, false), Depth::Quick);
        assert_eq!(depth(true, false, false, false), Depth::Deep);
        assert_eq!(depth(false, true, false, true), Depth::Deep);
        assert_eq!(depth(false, false, true, false), Depth::Deep);
    }

    #[test]
    fn files_are_named_one_by_one_where_a_person_can_read_and_type_them_all() {
        let shown = |paths: &[&str]| repair(&report(paths)).map(|command| command.to_string());
        assert_eq!(shown(&[]), None);
        let named = "zshield recover latest --only /etc/x /usr/bin/y";
        assert_eq!(shown(&["etc/x", "usr/bin/y"]).as_deref(), Some(named));
        let whole = "zshield recover latest --deep";
        assert_eq!(shown(&["etc/a\nb"]).as_deref(), Some(whole));
        let many: Vec<String> = (0..=READABLE).map(|number| format!("etc/{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(shown(&many).as_deref(), Some(whole));
    }

    #[test]
    fn scripts_read_the_report_and_what_follows_of_it() {
        let report = report(&["etc/x"]);
        let json = serde_json::to_value(ForScripts::of(&report)).unwrap();
        let mut expected = serde_json::to_value(&report).unwrap();
        expected["unexpected"] = 1.into();
        expected["repair"] = "zshield recover latest --only /etc/x".into();
        assert_eq!(json, expected);
    }
}
