//! Which services a changed file concerns, and what is done with each.

use std::collections::BTreeSet;

use super::unit_files::{defines, enables, is_read, is_template, is_unit, unit_in};
use super::values::{Changed, Left, ServiceInventory, Services, Unit};

/// What a running system can't do without, or what would end somebody's work; and what does not let
/// itself be stopped while snapshots are watched.
const NEVER: [&str; 11] = [
    "dbus",
    "dm-event",
    "systemd-logind",
    "user@",
    "user-runtime-dir@",
    "session-",
    "getty@",
    "serial-getty@",
    "display-manager",
    "networking",
    "init.scope",
];

/// What is done to a unit.
#[derive(Clone, Copy)]
pub(super) enum Doing {
    Start,
    Stop,
    Restart,
}

pub(super) struct Choice<'a> {
    changed: &'a Changed,
    pub(super) facts: &'a ServiceInventory,
    /// The unit that this process belongs to.
    own: Option<&'a str>,
}

impl Choice<'_> {
    pub(super) fn unit(&self, name: &str) -> Option<&Unit> {
        self.facts.units.iter().find(|unit| unit.is_named(name))
    }

    /// Whether this may be done to a unit while the machine runs.
    pub(super) fn may(&self, doing: Doing, name: &str) -> bool {
        let unit = self.unit(name);
        let never = |name: &str| NEVER.iter().any(|never| name.starts_with(never));
        let refuses = |unit: &Unit| match doing {
            Doing::Start => unit.refuses_start,
            Doing::Stop => unit.refuses_stop,
            Doing::Restart => unit.refuses_start || unit.refuses_stop,
        };
        is_unit(name)
            && self.own != Some(name)
            && !never(name)
            && !unit.is_some_and(|unit| refuses(unit) || unit.aliases.iter().any(|it| never(it)))
    }

    /// Whether a unit's definition changes.
    fn is_redefined(&self, unit: &Unit) -> bool {
        let mut written = self.changed.written.iter().filter_map(|path| defines(path));
        unit.files.iter().any(|file| self.changed.has(file))
            || written.any(|name| unit.is_named(name) || is_template(name, &unit.name))
    }

    /// Whether a unit has no definition afterwards.
    fn is_gone(&self, name: &str) -> bool {
        let defines = |path: &&String| {
            let is_it = |it: &str| it == name || is_template(it, name);
            unit_in(path).is_some_and(|(directory, it)| is_it(it) && !enables(directory))
        };
        let goes = self.changed.removed.iter().any(|path| defines(&path));
        let mut stay = self.facts.defined.iter().filter(|path| !self.changed.is_removed(path));
        goes && !stay.any(|path| defines(&path))
            && !self.changed.written.iter().any(|path| defines(&path))
    }

    /// Whether a unit is started with the machine afterwards.
    fn is_enabled(&self, name: &str) -> bool {
        let stay = self.facts.defined.iter().filter(|path| !self.changed.is_removed(path));
        let mut all = stay.chain(&self.changed.written).filter_map(|path| unit_in(path));
        all.any(|(directory, it)| it == name && enables(directory))
    }

    /// What a name which is written enables, and what one that goes forbade.
    fn enabled(&self) -> BTreeSet<String> {
        let written = self.changed.written.iter().filter_map(|path| unit_in(path));
        let named =
            written.filter(|(directory, _)| enables(directory)).map(|(_, name)| name.to_owned());
        let removed = self.changed.removed.iter().filter_map(|path| unit_in(path));
        let masked = removed.map(|(_, name)| name).filter(|name| {
            self.unit(name).is_some_and(|unit| unit.masked) && self.is_enabled(name)
        });
        named.chain(masked.map(str::to_owned)).collect()
    }
}

/// Works out what is done with each unit.
pub fn services(changed: &Changed, facts: &ServiceInventory) -> Services {
    let own = facts.processes.iter().find(|process| process.pid == facts.own);
    let own = own.and_then(|process| process.unit.as_deref());
    let choice = Choice { changed, facts, own };
    let mut found = Services::default();
    let mut restart = BTreeSet::new();
    for process in facts.processes.iter().filter(|process| process.pid != facts.own) {
        // Whether a file that has lost its name already was any better nobody knows.
        if !process.uses.iter().chain(&process.lost).any(|path| changed.has(path)) {
            continue;
        }
        match &process.unit {
            _ if process.pid == 1 => found.anew = true,
            Some(unit) if choice.may(Doing::Restart, unit) => {
                restart.insert(unit.clone());
            }
            _ => found.left.push(Left::of(process)),
        }
    }
    let mut waiting = BTreeSet::new();
    let owners = facts.owners.values().flatten().filter_map(|name| choice.unit(name));
    for unit in owners.filter(|unit| unit.is_at_it()) {
        let all = if choice.may(Doing::Restart, &unit.name) { &mut restart } else { &mut waiting };
        all.insert(unit.name.clone());
    }
    found.writers = choice.writers();
    let mut stop = choice.stopped_for(&found.writers);
    for unit in facts.units.iter().filter(|unit| choice.is_redefined(unit)) {
        found.reload = true;
        let gone = choice.is_gone(&unit.name);
        if unit.is_at_it() || unit.active && gone {
            stopped(&choice, unit, gone, &mut stop, &mut waiting);
        }
    }
    let enabled = choice.enabled();
    let mut touched = changed.written.iter().chain(&changed.removed);
    found.reload |= touched.any(|path| is_read(path));
    // What goes for good is stopped and not started again.
    let mut start: BTreeSet<String> =
        stop.iter().filter(|unit| !choice.is_gone(unit)).cloned().collect();
    for name in enabled {
        let is_up = choice.unit(&name).is_some_and(|unit| unit.active);
        if choice.may(Doing::Start, &name) {
            start.insert(name);
        } else if !is_up {
            waiting.insert(name);
        }
    }
    found.restart = restart.difference(&stop).cloned().collect();
    found.start = start.into_iter().collect();
    found.stop = stop.into_iter().collect();
    found.waiting = waiting.into_iter().collect();
    found
}

/// Has a unit stopped whose definition changes; where that can't be, it waits. A socket is not
/// started while what it starts is there: they go and come together.
fn stopped(
    choice: &Choice<'_>,
    unit: &Unit,
    gone: bool,
    stop: &mut BTreeSet<String>,
    waiting: &mut BTreeSet<String>,
) {
    let served = unit.triggers.iter().filter(|_| unit.name.ends_with(".socket"));
    let served = served.filter_map(|name| choice.unit(name)).filter(|unit| unit.is_at_it());
    let all: Vec<&Unit> = std::iter::once(unit).chain(served).collect();
    let both = |unit: &&Unit| {
        choice.may(Doing::Stop, &unit.name) && (gone || choice.may(Doing::Start, &unit.name))
    };
    if all.iter().all(both) {
        stop.extend(all.into_iter().map(|unit| unit.name.clone()));
    } else {
        waiting.insert(unit.name.clone());
    }
}

#[cfg(test)]
mod tests;
