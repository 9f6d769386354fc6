//! What an upgrade would do, for a person who decides and for scripts.

use serde::Serialize;
use zshield_bundle::head::Head;
use zshield_host::packages::Package;
use zshield_messages::{language, say};
use zshield_plan::live::Services;
use zshield_plan::upgrade::changes::{Change, Decision};
use zshield_plan::upgrade::etc::{Answer as Fate, Conflict};
use zshield_plan::upgrade::path::SystemPath;
use zshield_plan::upgrade_plan::apply::Restart;

use crate::question::{Answer, Question};

/// What an upgrade would do.
#[derive(Debug)]
pub struct Preview<'a> {
    pub(super) from: &'a str,
    pub(super) head: &'a Head,
    pub(super) decision: &'a Decision,
    /// The packages that it consists of, where it does.
    pub(super) packages: Option<&'a [Package]>,
    pub(super) services: &'a Services,
    pub(super) restart: Restart,
}

/// The same for scripts.
#[derive(Debug, Serialize)]
pub struct ForScripts<'a> {
    kind: &'static str,
    from: &'a str,
    to: &'a str,
    restart: &'static str,
    packages: Vec<String>,
    written: usize,
    removed: usize,
    conflicts: &'a [Conflict],
    left: &'a [SystemPath],
    accepted: &'a [SystemPath],
    stops: &'a [String],
}

impl Preview<'_> {
    /// The lines for a person.
    pub fn lines(&self) -> Vec<String> {
        let (from, to) = (self.from.to_owned(), self.head.version.to_string());
        let mut lines = vec![say::upgrade::Will { from, to }.to_string()];
        let news = self.head.changelog.text(language());
        lines.extend(news.lines().map(|line| format!("  {line}")));
        lines.push(match self.packages {
            None => {
                let (written, removed) = self.counted();
                say::upgrade::Files { written, removed }.to_string()
            }
            Some(_) => say::upgrade::packages(self.named_packages().join(", ")),
        });
        if !self.services.stop.is_empty() {
            lines.push(say::upgrade::stops(self.services.stop.join(", ")));
        }
        if !self.decision.conflicts.is_empty() {
            lines.push(say::upgrade::clashes());
        }
        lines.extend(self.decision.conflicts.iter().map(conflict));
        lines.push(match self.restart {
            Restart::Machine => say::upgrade::restarts_machine(),
            Restart::Services => say::upgrade::restarts_services(),
            Restart::Nothing => say::upgrade::restarts_nothing(),
        });
        lines
    }

    /// Whether to go on.
    pub(super) fn question(&self) -> Question {
        let version = self.head.version.to_string();
        Question {
            text: say::upgrade::agree(version),
            answer: Answer::Yes,
            declined: say::upgrade::not_agreed(),
        }
    }

    /// The same for scripts.
    pub fn for_scripts(&self) -> ForScripts<'_> {
        let (written, removed) = self.counted();
        ForScripts {
            kind: self.head.payload.name(),
            from: self.from,
            to: self.head.version.as_str(),
            restart: match self.restart {
                Restart::Nothing => "nothing",
                Restart::Services => "services",
                Restart::Machine => "machine",
            },
            packages: self.named_packages(),
            written,
            removed,
            conflicts: &self.decision.conflicts,
            left: &self.decision.left,
            accepted: &self.decision.accepted,
            stops: &self.services.stop,
        }
    }

    /// The packages, each with its version.
    fn named_packages(&self) -> Vec<String> {
        let packages = self.packages.unwrap_or_default().iter();
        packages.map(|package| format!("{} {}", package.name, package.version)).collect()
    }

    /// How many paths are written, and how many go.
    fn counted(&self) -> (usize, usize) {
        let goes = |change: &&Change| match change {
            Change::Remove { .. } => true,
            Change::Write { .. }
            | Change::Attributes { .. }
            | Change::Beside { .. }
            | Change::Accounts { .. } => false,
        };
        let removed = self.decision.changes.iter().filter(goes).count();
        (self.decision.changes.len() - removed, removed)
    }
}

/// A clash with what becomes of it.
fn conflict(conflict: &Conflict) -> String {
    let (path, how) = (conflict.path.to_string(), conflict.clash.title());
    let becomes = match conflict.answer {
        Fate::Keep => say::upgrade::stays_here(),
        Fate::New => say::upgrade::becomes_new(),
    };
    let line = say::upgrade::Conflict { path, how, becomes }.to_string();
    if conflict.loses.is_empty() {
        return format!("  {line}");
    }
    let lost: Vec<String> = conflict.loses.iter().map(ToString::to_string).collect();
    format!("  {line} {}", say::upgrade::loses(lost.join(", ")))
}
