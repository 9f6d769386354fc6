//! `zshield check`: how the running system differs from what was delivered.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use jiff::Timestamp;
use serde_json::{Value, json};
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::list::Seen;
use zshield_alarm::store::Store;
use zshield_check::depth::Depth;
use zshield_check::last::{self, Last};
use zshield_check::report::{Finding, Place, Reason, Report};
use zshield_golden::EntryPath;
use zshield_golden::compare::Difference;
use zshield_host::{execute, lock};
use zshield_linux::IoError;
use zshield_messages::{list, say};
use zshield_plan::command::Command;
use zshield_plan::health::Condition;
use zshield_plan::policy::{Class, Policy};
use zshield_plan::schedule;

use super::{path, running};
use crate::report::refused;
use zshield_operations::acceptance::{self, Meant};
use zshield_operations::integrity;
use zshield_operations::text;
use zshield_operations::{Env, env, exit};
use zshield_units::UnixTime;

/// How many files of one package a person is shown.
const SHOWN: usize = 20;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    env::needs_root()?;
    running::start_log();
    let root = path(matches, "root");
    let policy = Env::at(root.as_path()).policy()?;
    let store = Store::of(&root, &policy);
    if let Some(paths) = matches.get_many::<String>("accept") {
        let paths: Vec<&str> = paths.map(String::as_str).collect();
        return accept(&root, &store, &paths);
    }
    let _held = lock::hold("check").map_err(|busy| refused(busy.to_string()))?;
    let read = Last::read(&root);
    // What can't be read is made up for by a check that looks at everything.
    let is_lost = read.is_err();
    let before = read.unwrap_or_else(|source| {
        err!("{}", text::chain(&unusable(&root, source).into()));
        None
    });
    let scheduled = matches.get_flag("scheduled");
    let is_deep =
        matches.get_flag("deep") || is_lost || scheduled && deep_is_due(&policy, before.as_ref());
    let depth = if is_deep { Depth::Deep } else { Depth::Quick };
    if is_deep || scheduled {
        env::lower_priority();
    }
    let cleared = execute::unmount_left().map_err(Into::into);
    let checked = cleared.and_then(|()| integrity::run(&root, &policy, depth, before.as_ref()));
    let report = match checked.with_context(say::check::failed) {
        Ok(report) => report,
        Err(error) => {
            tell(&store, &Seen::of_check(Err(text::chain(&error))))?;
            return Err(error);
        }
    };
    let last = Last::of(&report, before.as_ref());
    // Before anything else that may fail, and before anybody reads the report: he may go away.
    tell(&store, &Seen::by_check(last.alarm.clone().map(condition)))?;
    let kept = last.write(&root).map_err(|source| unusable(&root, source));
    let kept = kept.with_context(say::check::not_kept);
    tell(&store, &Seen::of_check(kept.as_ref().map(drop).map_err(text::chain)))?;
    if matches.get_flag("json") {
        out!("{:#}", for_scripts(&report)?);
    } else {
        print(&report);
    }
    kept?;
    let drifts = report.unexpected().next().is_some();
    Ok(if drifts { ExitCode::from(exit::DRIFT) } else { ExitCode::SUCCESS })
}

/// What the last check has left can't be used.
fn unusable(root: &Path, source: io::Error) -> IoError {
    IoError { path: root.join(last::FILE), source }
}

fn deep_is_due(policy: &Policy, before: Option<&Last>) -> bool {
    let last = before.and_then(|before| before.deep?.timestamp());
    schedule::deep_is_due(&policy.check, Timestamp::now(), last)
}

/// What an alarm of drift says.
fn condition(last::Alarm { count, example, packages }: last::Alarm) -> Condition {
    Condition::Integrity { count, example, packages }
}

/// Has alarms raised for what was seen, and those cleared that are so no more.
fn tell(store: &Store, seen: &Seen) -> Result<()> {
    let now = UnixTime::from(Timestamp::now());
    let changed = store.change(|list| list.observe(seen, now)).with_context(say::check::untold)?;
    if !changed.durable {
        err!("{}", say::check::untold());
    }
    Ok(())
}

/// Accepts what the last check found, as it found it; who did is noted before it counts.
fn accept(root: &Path, store: &Store, wanted: &[&str]) -> Result<ExitCode> {
    let relative = |text: &&str| Ok(text.trim_start_matches('/').parse::<EntryPath>()?);
    let wanted: Vec<EntryPath> = wanted.iter().map(relative).collect::<Result<_>>()?;
    let meant = if wanted.is_empty() { Meant::All } else { Meant::These(&wanted) };
    let paths = acceptance::chosen(root, meant)?;
    if paths.is_empty() {
        return Err(refused(say::check::nothing_to_accept()));
    }
    let entry = Entry {
        at: UnixTime::from(Timestamp::now()),
        did: Did::Accepted,
        alarms: Vec::new(),
        paths: paths.iter().map(ToString::to_string).collect(),
        reason: String::new(),
        who: Who::here(),
    };
    audit::append(store, &entry)?;
    if acceptance::accept(root, &paths)? {
        tell(store, &Seen::by_check(None))?;
    }
    out!("{}", say::check::accepted(paths.len()));
    Ok(ExitCode::SUCCESS)
}

fn for_scripts(report: &Report) -> Result<Value> {
    let mut value = serde_json::to_value(report)?;
    value["unexpected"] = json!(report.unexpected().count());
    value["repair"] = json!(repair(report).map(|command| command.to_string()));
    Ok(value)
}

fn print(report: &Report) {
    let compared = report.compared;
    out!(
        "{}",
        match report.depth {
            Depth::Quick if report.no_basis.is_none() => {
                say::check::CheckedQuick { compared, version: &report.version }.to_string()
            }
            Depth::Quick | Depth::Deep =>
                say::check::CheckedDeep { compared, version: &report.version }.to_string(),
        }
    );
    if let Some(why) = &report.no_basis {
        out!("{}", say::check::no_basis(why));
    }
    for (class, packages) in report.grouped() {
        let count: usize = packages.values().map(Vec::len).sum();
        out!(
            "\n{}",
            match class {
                Class::System => say::check::class_system(count),
                Class::Config | Class::Volatile => say::check::class_config(count),
            }
        );
        for (package, findings) in packages {
            out!("  {}", package.map_or_else(say::check::no_package, say::check::package));
            for finding in findings.iter().take(SHOWN) {
                out!("    {}  {}", finding.place, told(finding));
            }
            if findings.len() > SHOWN {
                out!("    {}", say::check::more(findings.len() - SHOWN));
            }
        }
    }
    advise(report);
}

/// What is different, and since when.
fn told(finding: &Finding) -> String {
    let what = list(&finding.differences);
    match finding.changed {
        Some(at) => say::check::Since { time: text::time(at), what }.to_string(),
        None => what,
    }
}

/// What to do about it.
fn advise(report: &Report) {
    let count = |reason| report.findings.iter().filter(|one| one.expected == Some(reason)).count();
    let (acknowledged, backed_up) = (count(Reason::Acknowledged), count(Reason::BackedUp));
    let unexpected = || report.unexpected();
    if unexpected().next().is_none() {
        out!(
            "{}",
            if report.findings.is_empty() {
                say::check::as_delivered()
            } else {
                say::check::InOrder { acknowledged, backed_up }.to_string()
            }
        );
        return;
    }
    out!("");
    if let Some(command) = repair(report) {
        out!("{}", say::check::repair(command.to_string()));
    }
    if unexpected().any(|finding| finding.differences.contains(&Difference::MountedOver)) {
        out!("{}", say::check::repair_mounted());
    }
    if unexpected().any(|finding| matches!(finding.place, Place::Machine { .. })) {
        out!("{}", say::check::repair_machine());
    }
    if unexpected().any(|finding| finding.class == Class::System && finding.path().is_some()) {
        out!("{}", say::check::accept());
    }
    if unexpected().any(|finding| finding.class == Class::Config) {
        out!("{}", say::check::accept_config());
    }
}

/// The command that puts the system's files back: those alone, where a person can read them all.
fn repair(report: &Report) -> Option<Command> {
    let paths = report.to_repair();
    if paths.is_empty() {
        return None;
    }
    let names: Option<Vec<String>> = paths.iter().map(|path| typed(path)).collect();
    let extent = match names {
        Some(names) if names.len() <= SHOWN => [vec!["--only".to_owned()], names].concat(),
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
