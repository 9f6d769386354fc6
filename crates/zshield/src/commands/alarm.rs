//! `zshield alarm`: what is wrong, who knows of it, and whether people are told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;
use jiff::Timestamp;
use serde_json::json;
use zshield_alarm::alarm::{Acknowledgement, Alarm, State};
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::list::AlarmList;
use zshield_alarm::sink::Sink;
use zshield_alarm::store::Store;
use zshield_messages::{in_language, say};
use zshield_plan::health::Kind;
use zshield_plan::policy::Policy;

use super::{path, running};
use crate::report::refused;
use zshield_operations::acceptance::{self, Meant};
use zshield_operations::text;
use zshield_operations::{Env, env};
use zshield_units::UnixTime;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    env::needs_root()?;
    running::start_log();
    let Some((name, matches)) = matches.subcommand() else { return Ok(ExitCode::from(2)) };
    let root = path(matches, "root");
    let policy = Env::at(root.as_path()).policy()?;
    let store = Store::of(&root, &policy);
    match name {
        "list" => list(matches, &store.read()?),
        "ack" => acknowledge(matches, &root, &store),
        _ => test(matches.get_one("sink"), &policy),
    }
}

fn list(matches: &ArgMatches, list: &AlarmList) -> Result<ExitCode> {
    let mut alarms = list.all();
    alarms.retain(|alarm| matches.get_flag("all") || alarm.is_there());
    if matches.get_flag("json") {
        let waiting: Vec<_> = list.outbox.queues().map(|(sink, queue)| {
            json!({ "sink": sink, "waiting": queue.waiting(), "failures": queue.failures, "why": queue.why })
        }).collect();
        out!("{:#}", json!({ "alarms": for_scripts(&alarms)?, "sinks": waiting }));
        return Ok(ExitCode::SUCCESS);
    }
    if alarms.is_empty() {
        out!("{}", say::alarm::none());
    }
    for alarm in alarms {
        print(alarm);
    }
    for (sink, queue) in list.outbox.queues().filter(|(_, queue)| queue.waiting() > 0) {
        out!(
            "{}",
            match &queue.why {
                Some(why) =>
                    say::alarm::WaitingWhy { count: queue.waiting(), sink, why }.to_string(),
                None => say::alarm::Waiting { count: queue.waiting(), sink }.to_string(),
            }
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Alarms as scripts read them: what is kept, and what is worked out of it.
pub(super) fn for_scripts(alarms: &[&Alarm]) -> Result<Vec<serde_json::Value>> {
    let one = |alarm: &&Alarm| {
        let mut json = serde_json::to_value(alarm)?;
        if let Some(fields) = json.as_object_mut() {
            fields.insert("id".to_owned(), alarm.id().into());
            fields.insert("severity".to_owned(), serde_json::to_value(alarm.severity())?);
            fields.insert("text".to_owned(), alarm.condition.to_string().into());
        }
        Ok(json)
    };
    alarms.iter().map(one).collect()
}

fn print(alarm: &Alarm) {
    let state = match &alarm.state {
        State::Open => say::alarm::list_open(),
        State::Acknowledged(by) => {
            say::alarm::ListAcknowledged { at: text::time(by.at), reason: &by.reason, who: &by.who }
                .to_string()
        }
        State::Cleared { at } => say::alarm::list_cleared(text::time(*at)),
    };
    let (since, last) = (text::time(alarm.since), text::time(alarm.last_seen));
    out!(
        "{}",
        say::alarm::ListId { id: alarm.id(), severity: alarm.severity().to_string(), state }
    );
    out!("    {}", alarm.condition);
    out!("    {}", say::alarm::ListFacts { count: alarm.count, last, since });
    if alarm.is_open() {
        out!("    {}", alarm.condition.kind().advice());
    }
}

fn acknowledge(matches: &ArgMatches, root: &Path, store: &Store) -> Result<ExitCode> {
    let text = |name| matches.get_one::<String>(name).map_or("", String::as_str);
    let (id, reason) = (text("id"), text("reason").trim());
    if reason.is_empty() {
        return Err(refused(say::alarm::no_reason()));
    }
    let open: Vec<String> =
        store.read()?.there().filter(|alarm| alarm.is_open()).map(Alarm::id).collect();
    if !open.iter().any(|one| one == id) {
        return Err(refused(say::alarm::UnknownId { id, open: open.join(", ") }.to_string()));
    }
    let (at, who) = (UnixTime::from(Timestamp::now()), Who::here());
    let by = Acknowledgement { at, who: who.name(), reason: reason.to_owned() };
    // Who it was is durable before it counts.
    let alarms = vec![id.to_owned()];
    let is_of_files = id == Kind::Integrity.name();
    let meant = is_of_files.then(|| acceptance::chosen(root, Meant::Alarming)).transpose()?;
    let meant = meant.unwrap_or_default();
    let paths = meant.iter().map(ToString::to_string).collect();
    let reason = reason.to_owned();
    audit::append(store, &Entry { at, did: Did::Acknowledged, alarms, paths, reason, who })?;
    if !meant.is_empty() {
        acceptance::accept(root, &meant)?;
        out!("{}", say::check::accepted(meant.len()));
    }
    let changed = store.change(|list| {
        // It may have gone, or been acknowledged, since it was looked for: then all is well.
        let _ = list.acknowledge(id, by);
    })?;
    out!("{}", say::alarm::acked(id));
    if !changed.durable {
        err!("{}", say::alarm::acked_not_kept());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn test(wanted: Option<&String>, policy: &Policy) -> Result<ExitCode> {
    let all = Sink::all(&policy.alarm);
    let names: Vec<&str> = all.iter().map(Sink::name).collect();
    if all.is_empty() {
        return Err(refused(say::alarm::no_sinks()));
    }
    if let Some(name) = wanted.filter(|name| !names.contains(&name.as_str())) {
        return Err(refused(say::alarm::UnknownSink { name, names: names.join(", ") }.to_string()));
    }
    let sender = zshield_operations::alarm::sender(policy);
    let mut good = true;
    for sink in all.iter().filter(|sink| wanted.is_none_or(|name| name == sink.name())) {
        // As alarms are told, not as this command speaks.
        let told = in_language(policy.product.language.into(), || sink.test(&sender));
        match told {
            Ok(None) => out!("{}", say::alarm::tested(sink.name())),
            Ok(Some(why)) | Err(why) => {
                out!("{}", say::alarm::TestFailed { name: sink.name(), why: why.to_string() });
                good = false;
            }
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
