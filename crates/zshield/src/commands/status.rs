//! `zshield status`: how the appliance is, at a glance.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::daemon::DaemonState;
use zshield_operations::overview::{self, Overview};
use zshield_operations::status::{self, Recovery, VaultVolume};
use zshield_operations::{Env, Result, text};
use zshield_plan::model::{Snapshot, Target};
use zshield_plan::upgrade::look::Looked;

use super::{Subcommand, upgrade};
use crate::cli::args::{self, Values as _};

/// The version of this program.
const ZSHIELD: &str = env!("CARGO_PKG_VERSION");

/// `zshield status`.
pub(super) struct Status {
    root: PathBuf,
    json: bool,
}

impl Subcommand for Status {
    fn define(command: Command) -> Command {
        command.about(say::status::about()).arg(args::root()).arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        Some(Self { root: values.path("root"), json: values.flag("json") })
    }

    fn run(self) -> Result<ExitCode> {
        run(&Env::at(self.root), self.json)
    }
}

fn run(env: &Env, json: bool) -> Result<ExitCode> {
    let overview = overview::read(env)?;
    if json {
        out!("{:#}", serde_json::to_value(overview.for_scripts(ZSHIELD))?);
    } else {
        Shown(&overview).print();
    }
    Ok(if overview.alarms.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// When it was looked for a newer version, and what came of it.
fn looked_at(looked: &Looked) -> String {
    let found = looked.found.as_ref().map(upgrade::found);
    let failure = looked.failure.as_ref().map(say::status::no_answer_from);
    let parts = [Some(text::time(looked.at)), failure, found];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// The volume of the vault, and its room.
fn vault(volume: Option<VaultVolume>) -> String {
    let Some(VaultVolume { size, free, used, .. }) = volume else { return say::status::none() };
    match free.zip(used) {
        Some((free, used)) => {
            let (free, size) = (free.to_string(), size.to_string());
            say::status::VaultRoom { free, size, used }.to_string()
        }
        None => say::status::vault_unusable(size.to_string()),
    }
}

struct Shown<'a>(&'a Overview);

impl Shown<'_> {
    fn print(&self) {
        let line = |label: String, text: String| out!("{}{text}", padded(&label));
        let ledger = self.0.status.ledger.as_ref();
        let version = ledger.map_or_else(say::status::unknown, |ledger| ledger.version.clone());
        line(say::status::version(), format!("{version} (zshield {})", env!("CARGO_PKG_VERSION")));
        match &self.0.status.appliance {
            Ok(appliance) => {
                for target in [Target::Latest, Target::Factory] {
                    let snapshot = status::snapshot(appliance, target);
                    let none = || match target {
                        Target::Factory => say::status::no_factory(),
                        Target::Latest | Target::Vault(_) => say::status::no_latest(),
                    };
                    let text = snapshot.map_or_else(none, |facts| self.described(facts));
                    line(label(target), text);
                }
            }
            Err(why) => line(say::status::backups(), why.to_string()),
        }
        line(say::status::next(), self.next());
        if let Some(Recovery { target, begun }) = self.0.status.recovery {
            let target = target.to_string();
            let text =
                if begun { say::status::begun(target) } else { say::status::ordered(target) };
            line(say::status::next_start(), text);
        }
        if self.0.status.appliance.is_ok() {
            line(say::status::vault(), vault(self.0.status.vault_volume()));
        }
        let checked = self.0.status.checked.map_or_else(say::status::never, text::time);
        line(say::status::checked(), checked);
        for disk in &self.0.status.disks {
            let place = disk.device.clone().unwrap_or_else(say::status::missing);
            let was = disk.was.as_ref().map_or_else(String::new, say::status::was);
            let text = format!("{place}  {}  {}  {was}", disk.model, disk.serial);
            let text = text.trim_end().to_owned();
            line(say::status::disk(disk.role.to_string()), text);
        }
        if let Some(outcome) = &self.0.status.outcome {
            let ended = text::time(outcome.ended);
            let how = outcome.failure.clone().map_or_else(say::status::well, say::status::badly);
            line(say::status::last(), format!("{}  {ended}  {how}", outcome.operation));
        }
        if let Some(holder) = &self.0.under_way {
            let text = format!("{}  {}", holder.operation, holder.since);
            line(say::status::under_way(), text);
        }
        self.print_versions();
        for tool in self.0.daemon.iter().flat_map(|state| &state.absent) {
            line(say::status::unwatched(), tool.unwatched());
        }
        self.print_alarms();
    }

    fn print_alarms(&self) {
        let line = |label: String, text: String| out!("{}{text}", padded(&label));
        if self.0.alarms.is_empty() {
            line(say::status::alarms(), say::status::none());
        }
        for listed in &self.0.alarms {
            let alarm = &listed.alarm;
            let known = if alarm.is_open() { String::new() } else { say::status::acknowledged() };
            line(say::status::alarms(), format!("{}  {known}", alarm.condition).trim().to_owned());
        }
    }

    /// What there is of other versions, and of the keys that sign them.
    fn print_versions(&self) {
        let line = |label: String, text: String| out!("{}{text}", padded(&label));
        let upgrades = &self.0.status.upgrades;
        if let Some(upgrade) = upgrades.now() {
            line(say::gate::label(), upgrade::summary(upgrade));
        } else if let Some(last) = upgrades.history().last() {
            line(say::gate::label_last(), upgrade::ended(last).join(" ").trim().to_owned());
        }
        if let Some(looked) = &self.0.status.looked {
            line(say::status::looked(), looked_at(looked));
        }
        for key in self.0.keys.iter().flat_map(|keys| &keys.revoked) {
            line(say::status::revoked(), key.to_string());
        }
    }

    fn described(&self, facts: &Snapshot) -> String {
        let time = text::time(facts.created);
        let fill = facts.state.fill().map_or_else(say::status::unknown, |fill| fill.to_string());
        match age(self.0.now.since(facts.created)) {
            Some(age) => say::status::Snapshot { age, fill, time }.to_string(),
            None => say::status::SnapshotAhead { fill, time }.to_string(),
        }
    }

    fn next(&self) -> String {
        match &self.0.daemon {
            None => say::status::no_daemon(),
            Some(DaemonState { next: None, .. }) if self.0.nightly => say::status::unknown(),
            Some(DaemonState { next: None, .. }) => say::status::none(),
            Some(DaemonState { next: Some(next), .. }) => text::time(*next),
        }
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
        Target::Vault(_) => target.to_string(),
    }
}

/// An age as a person says it; nothing of what this clock has still to come to.
fn age(seconds: i64) -> Option<String> {
    match seconds {
        ..0 => None,
        0..7200 => Some(say::status::minutes(seconds / 60)),
        7200..172_800 => Some(say::status::hours(seconds / 3600)),
        _ => Some(say::status::days(seconds / 86400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_come_by_this_clock_has_no_age() {
        assert_eq!(age(-1), None);
        assert_eq!(age(0), Some(say::status::minutes(0)));
    }
}
