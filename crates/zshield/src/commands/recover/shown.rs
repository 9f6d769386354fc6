//! What a recovery without a restart would do, for people and for scripts.

use std::path::PathBuf;

use zshield_host::live::Seen;
use zshield_live::Change;
use zshield_messages::say;
use zshield_plan::live::{Left, Room, Services};
use zshield_plan::model::Target;
use zshield_units::Bytes;

/// As many of a group are named; the rest is counted.
const NAMED: usize = 20;

/// What would be done.
pub(super) struct LivePreview<'a> {
    pub(super) target: Target,
    pub(super) seen: &'a Seen,
    pub(super) services: &'a Services,
    /// Whether `/boot` goes back too.
    pub(super) with_boot: bool,
}

impl LivePreview<'_> {
    /// Whether there is nothing to do.
    pub(super) fn is_nothing(&self) -> bool {
        self.seen.difference.is_none() && self.boot().is_empty()
    }

    /// Whether the kernel that runs, or how it is started, is another one than after it.
    pub(super) fn kernel(&self) -> bool {
        let starts = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let kernel = ["vmlinu", "initrd", "initramfs"];
            kernel.iter().any(|kernel| name.starts_with(kernel)) || name == "system.cfg"
        };
        self.boot().iter().any(starts)
    }

    fn boot(&self) -> &[PathBuf] {
        if self.with_boot { &self.seen.boot } else { &[] }
    }

    /// As one JSON object; with what is left, where it was done.
    pub(super) fn for_scripts(
        &self,
        done: Option<&Remains>,
    ) -> serde_json::Result<serde_json::Value> {
        let difference = &self.seen.difference;
        Ok(serde_json::json!({
            "target": self.target,
            "way": "live",
            "changes": serde_json::to_value(&difference.changes)?,
            "held": serde_json::to_value(&difference.held)?,
            "boot": self.boot(),
            "services": serde_json::to_value(self.services)?,
            "restart": { "kernel": self.kernel(), "processes": self.services.left },
            "done": done.is_some(),
            "still-running": done.map(|remains| &remains.left),
            "warnings": done.map(|remains| &remains.warnings),
            "room": { "needed": difference.written(), "free": self.seen.free.0, "is": self.seen.room },
        }))
    }

    pub(super) fn text(&self) -> String {
        if self.is_nothing() {
            return say::live::nothing(self.target.to_string());
        }
        let difference = &self.seen.difference;
        let names = |wanted: fn(&Change) -> bool| -> Vec<String> {
            let changes = difference.changes.iter().filter(|change| wanted(change));
            changes.map(|change| format!("/{}", change.path())).collect()
        };
        let is_written =
            |change: &Change| matches!(change, Change::Write { .. } | Change::Link { .. });
        let is_removed = |change: &Change| matches!(change, Change::Remove { .. });
        let is_changed = |change: &Change| matches!(change, Change::Attributes { .. });
        let mut lines = vec![say::live::head(self.target.to_string())];
        lines.extend(group(say::live::written, names(is_written)));
        lines.extend(group(say::live::removed, names(is_removed)));
        lines.extend(group(say::live::attributes, names(is_changed)));
        let boot = self.boot().iter().map(|path| format!("/boot/{}", path.display())).collect();
        lines.extend(group(say::live::boot, boot));
        let held = difference.held.iter().map(|path| format!("/{path}")).collect();
        lines.extend(group(say::live::held, held));
        lines.extend(self.of_services());
        lines.push(self.of_room());
        lines.join("\n")
    }

    fn of_services(&self) -> Vec<String> {
        let Services { stop, start, restart, reload, anew, left, waiting } = self.services;
        let mut lines = Vec::new();
        lines.extend(group(say::live::stopped_services, stop.clone()));
        lines.extend(group(say::live::started_services, start.clone()));
        lines.extend(group(say::live::restarted_services, restart.clone()));
        if *anew {
            lines.push(say::live::manager_anew());
        } else if *reload {
            lines.push(say::live::manager_reload());
        }
        lines.extend(group(say::live::left_processes, left.iter().map(process).collect()));
        lines.extend(group(say::live::waiting_services, waiting.clone()));
        if self.kernel() {
            lines.push(say::live::kernel());
        }
        lines
    }

    fn of_room(&self) -> String {
        let needed = Bytes(self.seen.difference.written()).to_string();
        let free = self.seen.free.to_string();
        match self.seen.room {
            Room::Enough => say::live::Room { free, needed }.to_string(),
            Room::AfterRemoving => say::live::RoomAfterRemoving { free, needed }.to_string(),
            Room::Short => say::live::RoomShort { free, needed }.to_string(),
        }
    }
}

/// A group's headline and its names.
fn group(headline: fn(String) -> String, names: Vec<String>) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let more = names.len().saturating_sub(NAMED);
    let mut lines = vec![headline(names.len().to_string())];
    lines.extend(names.into_iter().take(NAMED).map(|name| format!("  {name}")));
    if more > 0 {
        lines.push(format!("  {}", say::live::more(more.to_string())));
    }
    lines
}

fn process(left: &Left) -> String {
    let unit = left.unit.as_deref().map_or_else(String::new, |unit| format!(", {unit}"));
    format!("{} ({}{unit})", left.name, left.pid)
}

/// What a recovery that is done leaves to a person.
pub(super) struct Remains {
    /// Who goes on with what was replaced.
    pub(super) left: Vec<Left>,
    /// Units whose changes count from the next start on.
    pub(super) waiting: Vec<String>,
    /// Which services did not stop or start, and why.
    pub(super) warnings: Vec<String>,
}

impl Remains {
    /// Whether there is nothing.
    pub(super) const fn is_nothing(&self) -> bool {
        self.left.is_empty() && self.waiting.is_empty() && self.warnings.is_empty()
    }

    /// Says what it is, and whether a restart is needed.
    pub(super) fn say(&self, needed: bool) {
        let lines = [
            group(say::live::still_running, self.left.iter().map(process).collect()),
            group(say::live::waiting_services, self.waiting.clone()),
            group(say::live::failed_services, self.warnings.clone()),
        ];
        for line in lines.into_iter().flatten() {
            out!("{line}");
        }
        if needed {
            out!("{}", say::live::restart_needed());
        }
    }
}
