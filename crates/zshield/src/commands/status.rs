//! `zshield status`: how the appliance is, at a glance.

use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use clap::ArgMatches;
use jiff::Timestamp;
use serde_json::{Value, json};
use zshield_alarm::alarm::Alarm;
use zshield_alarm::list::{AlarmList, Seen};
use zshield_alarm::store::Store;
use zshield_host::{lock, observe};
use zshield_messages::say;
use zshield_plan::appliance::Appliance;
use zshield_plan::health::{Facts, Kind, conditions, unseen_kinds};
use zshield_plan::model::{Snapshot, SnapshotState, Target};

use super::{path, running};
use zshield_operations::daemon::{STATE, State};
use zshield_operations::status::{self, Status};
use zshield_operations::text;
use zshield_operations::{Env, env};
use zshield_units::UnixTime;

/// The disks have this long to answer; status never waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    env::needs_root()?;
    running::start_log();
    let root = path(matches, "root");
    let policy = Env::at(root.as_path()).policy()?;
    let state = daemon_state();
    let now = UnixTime::from(Timestamp::now());
    let started = observe::started()?.into();
    let (sender, answer) = mpsc::channel();
    let (place, known) = (root.clone(), policy.clone());
    thread::spawn(move || {
        // Nobody may wait for it any more.
        let _ = sender.send(status::appliance(&place, &known));
    });
    let answer = answer.recv_timeout(PATIENCE).ok();
    let stalled = answer.is_none();
    let status = status::with(&root, answer.unwrap_or_else(|| Err(no_answer(state.as_ref()))));
    let facts = status.facts(&policy, stalled, now, started);
    let alarms = alarms(Store::of(&root, &policy).read()?, &facts, now);
    let shown = Shown {
        status: &status,
        state: state.as_ref(),
        alarms: &alarms,
        now,
        nightly: policy.backup.nightly,
    };
    if matches.get_flag("json") {
        out!("{:#}", shown.for_scripts()?);
    } else {
        shown.print();
    }
    Ok(if alarms.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The alarms that are kept, as far as nothing else is seen now, and what is seen beside them.
fn alarms(mut list: AlarmList, facts: &Facts, now: UnixTime) -> Vec<Alarm> {
    let mut unseen = unseen_kinds(facts);
    // The daemon alone knows of these.
    unseen.extend([Kind::ClockJumped, Kind::DaemonEnded, Kind::BackupHeld]);
    list.observe(&Seen { conditions: conditions(facts), unseen }, now);
    list.there().cloned().collect()
}

/// That the disks do not answer, and since when where the daemon knows it.
fn no_answer(state: Option<&State>) -> String {
    let since = state.and_then(|state| state.stalled_since);
    since.map_or_else(say::status::no_answer, |since| {
        say::status::no_answer_since(text::time(since))
    })
}

/// What the daemon knows; nothing where it does not run.
fn daemon_state() -> Option<State> {
    serde_json::from_slice(&std::fs::read(Path::new(STATE)).ok()?).ok()
}

struct Shown<'a> {
    status: &'a Status,
    state: Option<&'a State>,
    alarms: &'a [Alarm],
    now: UnixTime,
    /// Whether a backup is made every night.
    nightly: bool,
}

impl Shown<'_> {
    fn print(&self) {
        let line = |label: String, text: String| out!("{}{text}", padded(&label));
        let ledger = self.status.ledger.as_ref();
        let version = ledger.map_or_else(say::status::unknown, |ledger| ledger.version.clone());
        line(say::status::version(), format!("{version} (zshield {})", env!("CARGO_PKG_VERSION")));
        match &self.status.appliance {
            Ok(appliance) => {
                for target in [Target::Latest, Target::Factory] {
                    let snapshot = status::snapshot(appliance, target);
                    let none = || match target {
                        Target::Factory => say::status::no_factory(),
                        Target::Latest => say::status::no_latest(),
                    };
                    let text = snapshot.map_or_else(none, |facts| self.described(facts));
                    line(label(target), text);
                }
            }
            Err(why) => line(say::status::backups(), why.clone()),
        }
        line(say::status::next(), self.next());
        let checked = self.status.checked.map_or_else(say::status::never, text::time);
        line(say::status::checked(), checked);
        for disk in &self.status.disks {
            let place = disk.device.clone().unwrap_or_else(say::status::missing);
            let text = format!("{place}  {}  {}", disk.model, disk.serial);
            line(say::status::disk(disk.role.to_string()), text);
        }
        if let Some(outcome) = &self.status.outcome {
            let ended = text::time(outcome.ended);
            let how = outcome.failure.clone().map_or_else(say::status::well, say::status::badly);
            line(say::status::last(), format!("{}  {ended}  {how}", outcome.operation));
        }
        if let Some(holder) = lock::holder() {
            let text = format!("{}  {}", holder.operation, holder.since);
            line(say::status::under_way(), text);
        }
        for tool in self.state.iter().flat_map(|state| &state.absent) {
            line(say::status::unwatched(), tool.unwatched());
        }
        if self.alarms.is_empty() {
            line(say::status::alarms(), say::status::none());
        }
        for alarm in self.alarms {
            let known = if alarm.is_open() { String::new() } else { say::status::acknowledged() };
            line(say::status::alarms(), format!("{}  {known}", alarm.condition).trim().to_owned());
        }
    }

    fn described(&self, facts: &Snapshot) -> String {
        let time = text::time(facts.created);
        let age = age(self.now.since(facts.created));
        let fill = match facts.state {
            SnapshotState::Valid { fill } => format!("{}.{:02}", fill / 100, fill % 100),
            SnapshotState::Invalid => say::status::unknown(),
        };
        say::status::Snapshot { age, fill, time }.to_string()
    }

    fn next(&self) -> String {
        match self.state {
            None => say::status::no_daemon(),
            Some(State { next: None, .. }) if self.nightly => say::status::unknown(),
            Some(State { next: None, .. }) => say::status::none(),
            Some(State { next: Some(next), .. }) => text::time(*next),
        }
    }

    fn for_scripts(&self) -> Result<Value> {
        let appliance = self.status.appliance.as_ref().ok();
        let snapshots = appliance.map(|appliance| &appliance.snapshots);
        let alarms: Vec<&Alarm> = self.alarms.iter().collect();
        Ok(json!({
            "version": self.status.ledger.as_ref().map(|ledger| &ledger.version),
            "zshield": env!("CARGO_PKG_VERSION"),
            "latest": self.status.latest(),
            "next": self.state.and_then(|state| state.next),
            "checked": self.status.checked,
            "snapshots": snapshots,
            "disks": self.status.disks,
            "last": self.status.outcome,
            "under_way": lock::holder(),
            "stale": appliance.is_some_and(Appliance::is_stale),
            "alarms": super::alarm::for_scripts(&alarms)?,
            "unwatched": self.state.map(|state| &state.absent),
        }))
    }
}

/// A label and the room behind it; a Chinese character is as wide as two others.
fn padded(label: &str) -> String {
    const WIDTH: usize = 18;
    let wide: usize = label.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{label}{}", " ".repeat(WIDTH.saturating_sub(wide)))
}

fn label(target: Target) -> String {
    match target {
        Target::Factory => say::status::factory(),
        Target::Latest => say::status::latest(),
    }
}

/// An age as a person says it.
fn age(seconds: i64) -> String {
    match seconds {
        ..0 => say::status::unknown(),
        0..7200 => say::status::minutes(seconds / 60),
        7200..172_800 => say::status::hours(seconds / 3600),
        _ => say::status::days(seconds / 86400),
    }
}
