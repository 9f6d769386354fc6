//! What a recovery without a restart would do, and what it leaves, for people.

use zshield_live::Change;
use zshield_messages::say;
use zshield_operations::recover::preview::{LivePreview, Remains};
use zshield_plan::live::{Fate, Left, Room, Services, Writer};
use zshield_units::Bytes;

/// As many of a group are named; the rest is counted.
const NAMED: usize = 20;

/// What it would do, for a person.
pub(super) fn text(preview: &LivePreview<'_>) -> String {
    if preview.is_nothing() {
        return say::live::nothing(preview.target.to_string());
    }
    let difference = &preview.seen.difference;
    let names = |wanted: fn(&Change) -> bool| -> Vec<String> {
        let changes = difference.changes.iter().filter(|change| wanted(change));
        changes.map(|change| format!("/{}", change.path())).collect()
    };
    let is_written = |change: &Change| matches!(change, Change::Write { .. } | Change::Link { .. });
    let is_removed = |change: &Change| matches!(change, Change::Remove { .. });
    let is_changed = |change: &Change| matches!(change, Change::Attributes { .. });
    let mut lines = vec![say::live::head(preview.target.to_string())];
    lines.extend(group(say::live::written, names(is_written)));
    lines.extend(group(say::live::removed, names(is_removed)));
    lines.extend(group(say::live::attributes, names(is_changed)));
    let boot = preview.boot().iter().map(|path| format!("/boot/{}", path.display())).collect();
    lines.extend(group(say::live::boot, boot));
    let held = difference.held.iter().map(|path| format!("/{path}")).collect();
    lines.extend(group(say::live::held, held));
    lines.extend(of_services(preview));
    lines.push(of_room(preview));
    lines.join("\n")
}

fn of_services(preview: &LivePreview<'_>) -> Vec<String> {
    let Services { stop, start, restart, reload, anew, left, waiting, writers } = preview.services;
    let mut lines = Vec::new();
    lines.extend(group(say::live::stopped_services, stop.clone()));
    lines.extend(group(say::live::started_services, start.clone()));
    lines.extend(group(say::live::restarted_services, restart.clone()));
    for (headline, fate) in [
        (say::live::stopped_writers as fn(String) -> String, Fate::Stopped),
        (say::live::left_writers, Fate::Left),
        (say::live::replaced_writers, Fate::Replaced),
    ] {
        let writers = writers.iter().filter(|writer| writer.fate == fate);
        let written = |it: &Writer| format!("{}: {}", it.path, it.program);
        lines.extend(group(headline, writers.map(written).collect()));
    }
    if *anew {
        lines.push(say::live::manager_anew());
    } else if *reload {
        lines.push(say::live::manager_reload());
    }
    lines.extend(group(say::live::left_processes, left.iter().map(Left::to_string).collect()));
    lines.extend(group(say::live::waiting_services, waiting.clone()));
    if preview.kernel() {
        lines.push(say::live::kernel());
    }
    lines
}

fn of_room(preview: &LivePreview<'_>) -> String {
    let needed = Bytes(preview.seen.difference.written()).to_string();
    let free = preview.seen.free.to_string();
    match preview.seen.room {
        Room::Enough => say::live::Room { free, needed }.to_string(),
        Room::AfterRemoving => say::live::RoomAfterRemoving { free, needed }.to_string(),
        Room::Short => say::live::RoomShort { free, needed }.to_string(),
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

/// What it leaves to a person, and whether a restart is needed.
pub(super) fn remains(remains: &Remains) -> Vec<String> {
    let mut lines = [
        group(say::live::still_running, remains.left.iter().map(Left::to_string).collect()),
        group(say::live::waiting_services, remains.waiting.clone()),
        group(say::live::failed_services, remains.warnings.clone()),
    ]
    .concat();
    if remains.restart_needed() {
        lines.push(say::live::restart_needed());
    }
    lines
}
