//! `zshield alarm`: what is wrong, who knows of it, and whether people are told.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use zshield_alarm::alarm::{self as kept, AlarmState};
use zshield_messages::say;
use zshield_operations::alarm::{self, Tested};
use zshield_operations::{Env, Result, text};

use super::Subcommand;
use crate::cli::args::{self, Values as _};

/// `zshield alarm`.
pub(super) enum Alarm {
    /// `zshield alarm list`.
    List { root: PathBuf, all: bool, json: bool },
    /// `zshield alarm ack`.
    Acknowledge { root: PathBuf, id: String, reason: String },
    /// `zshield alarm test`.
    Test { root: PathBuf, sink: Option<String> },
}

impl Subcommand for Alarm {
    fn define(command: Command) -> Command {
        let list = Command::new("list")
            .about(say::alarm::list_about())
            .arg(args::flag("all", say::alarm::option_all()))
            .arg(args::root())
            .arg(args::json());
        let ack = Command::new("ack")
            .about(say::alarm::ack_about())
            .arg(Arg::new("id").value_name("ID").required(true).help(say::alarm::argument_id()))
            .arg(args::text("reason", say::alarm::option_reason()).required(true))
            .arg(args::root());
        let test = Command::new("test")
            .about(say::alarm::test_about())
            .arg(Arg::new("sink").value_name("SINK").help(say::alarm::argument_sink()))
            .arg(args::root());
        command
            .about(say::alarm::about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands([list, ack, test])
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (name, values) = values.subcommand()?;
        let root = values.path("root");
        Some(match name {
            "list" => Self::List { root, all: values.flag("all"), json: values.flag("json") },
            "ack" => {
                let (id, reason) = (values.text("id")?, values.text("reason")?);
                Self::Acknowledge { root, id, reason }
            }
            "test" => Self::Test { root, sink: values.text("sink") },
            _ => return None,
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::List { root, all, json } => list(&Env::at(root), all, json),
            Self::Acknowledge { root, id, reason } => acknowledge(&Env::at(root), id, &reason),
            Self::Test { root, sink } => test(&Env::at(root), sink.as_deref()),
        }
    }
}

fn list(env: &Env, all: bool, json: bool) -> Result<ExitCode> {
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

fn print(alarm: &kept::Alarm) {
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

fn acknowledge(env: &Env, id: String, reason: &str) -> Result<ExitCode> {
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

fn test(env: &Env, sink: Option<&str>) -> Result<ExitCode> {
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
