//! `zshield alarm`: what is wrong, who knows of it, and whether people are told.

use std::process::ExitCode;

use zshield_alarm::alarm::{Alarm, AlarmState};
use zshield_messages::say;
use zshield_operations::alarm::{self, Tested};
use zshield_operations::{Env, Result, text};

pub(super) fn list(env: &Env, all: bool, json: bool) -> Result<ExitCode> {
    let listing = alarm::list(env, all)?;
    if json {
        out!("{:#}", serde_json::to_value(&listing)?);
        return Ok(ExitCode::SUCCESS);
    }
    if listing.alarms.is_empty() {
        out!("{}", say::alarm::none());
    }
    for listed in &listing.alarms {
        print(&listed.alarm);
    }
    for queue in listing.sinks.iter().filter(|queue| queue.waiting > 0) {
        let (count, sink) = (queue.waiting, &queue.sink);
        out!(
            "{}",
            match &queue.why {
                Some(why) => say::alarm::WaitingWhy { count, sink, why }.to_string(),
                None => say::alarm::Waiting { count, sink }.to_string(),
            }
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn print(alarm: &Alarm) {
    let state = match &alarm.state {
        AlarmState::Open => say::alarm::list_open(),
        AlarmState::Acknowledged(by) => {
            say::alarm::ListAcknowledged { at: text::time(by.at), reason: &by.reason, who: &by.who }
                .to_string()
        }
        AlarmState::Cleared { at } => say::alarm::list_cleared(text::time(*at)),
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

pub(super) fn acknowledge(env: &Env, id: String, reason: &str) -> Result<ExitCode> {
    let acknowledged = alarm::prepare_acknowledge(env, id, reason)?.run()?;
    if acknowledged.accepted > 0 {
        out!("{}", say::check::accepted(acknowledged.accepted));
    }
    out!("{}", say::alarm::acked(&acknowledged.id));
    if !acknowledged.durable {
        err!("{}", say::alarm::acked_not_kept());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn test(env: &Env, sink: Option<&str>) -> Result<ExitCode> {
    let good = alarm::prepare_test(env, sink)?.run(&mut |Tested { sink: name, failure }| {
        out!(
            "{}",
            match failure {
                None => say::alarm::tested(name),
                Some(why) => say::alarm::TestFailed { name, why }.to_string(),
            }
        );
    });
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
