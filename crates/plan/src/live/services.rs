//! Which services a changed file concerns, and what is done with each.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What the directories of units are called.
const UNITS: &str = "/systemd/system";
/// The kinds of units that are started and stopped here. What is mounted is left alone.
const KINDS: [&str; 4] = ["service", "timer", "socket", "path"];

/// The files whose content changes, by their absolute paths.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Those that are written.
    pub written: BTreeSet<String>,
    /// Those that go, directories with all that is in them.
    pub removed: BTreeSet<String>,
}

impl Changed {
    /// Whether a file is one of them. What begins in `/lib` and the like may be written as what it
    /// leads to, in `/usr`.
    pub fn has(&self, path: &str) -> bool {
        names(path).iter().any(|path| self.written.contains(path)) || self.is_removed(path)
    }

    /// Whether it goes.
    fn is_removed(&self, path: &str) -> bool {
        let within = |path: &String| {
            self.removed.iter().any(|gone| {
                let rest = path.strip_prefix(gone.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        names(path).iter().any(within)
    }
}

/// A path, and what it is where `/usr` has it.
fn names(path: &str) -> Vec<String> {
    let merged = ["/lib", "/bin", "/sbin"].iter().any(|directory| path.starts_with(directory));
    let in_usr = merged.then(|| format!("/usr{path}"));
    std::iter::once(path.to_owned()).chain(in_usr).collect()
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// The service or session that it belongs to.
    pub unit: Option<String>,
    /// The files that it runs from.
    pub uses: Vec<String>,
    /// Those of them that have no name any more.
    pub lost: Vec<String>,
}

/// A unit of the service manager.
// Each of these is a thing of its own that the manager says of it.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The other names that it has.
    pub aliases: Vec<String>,
    /// Whether it is up.
    pub active: bool,
    /// Whether it stands for something that was done once (`Type=oneshot`), and not for somebody
    /// who is at it.
    pub once: bool,
    /// Whether it does not let itself be started by hand.
    pub refuses_start: bool,
    /// Whether it does not let itself be stopped by hand.
    pub refuses_stop: bool,
    /// Whether a name that leads to `/dev/null` forbids to start it.
    pub masked: bool,
    /// The files that define it.
    pub files: Vec<String>,
    /// What it starts when something comes in.
    pub triggers: Vec<String>,
}

impl Unit {
    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether somebody is at it. What was done once is not done again: to undo it may take away
    /// what the system stands on, as `blk-availability` does, which unmounts all that it can.
    const fn is_at_it(&self) -> bool {
        self.active && !self.once
    }
}

/// What there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct ServiceInventory {
    /// Every process.
    pub processes: Vec<Process>,
    /// Every loaded unit of the kinds that count: services, timers, sockets, paths.
    pub units: Vec<Unit>,
    /// What is in the directories of units now: definitions, and the links that enable them.
    pub defined: BTreeSet<String>,
    /// The services that came in the package of a changed file.
    pub owners: BTreeMap<String, Vec<String>>,
    /// This process itself.
    pub own: u32,
}

/// A process that goes on with what was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// The service or session that it belongs to.
    pub unit: Option<String>,
}

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// Stopped before, as they were defined.
    pub stop: Vec<String>,
    /// Started after, as they are defined then.
    pub start: Vec<String>,
    /// Restarted after.
    pub restart: Vec<String>,
    /// Whether the manager reads its definitions again.
    pub reload: bool,
    /// Whether the manager itself starts anew.
    pub anew: bool,
    /// Who can't be restarted while the machine runs.
    pub left: Vec<Left>,
    /// Units that can't be started or stopped while the machine runs: what changes of them counts
    /// from the next start on.
    pub waiting: Vec<String>,
}

impl Services {
    /// The same, and what an earlier run that stopped on the way still owes.
    #[must_use]
    pub fn and_pending(mut self, owed: Self) -> Self {
        let Self { stop: _, start, restart, reload, anew, left: _, waiting } = owed;
        for (all, more) in
            [(&mut self.start, start), (&mut self.restart, restart), (&mut self.waiting, waiting)]
        {
            let both: BTreeSet<String> = all.drain(..).chain(more).collect();
            all.extend(both);
        }
        self.restart.retain(|unit| !self.stop.contains(unit));
        self.reload |= reload;
        self.anew |= anew;
        self
    }
}

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
enum Doing {
    Start,
    Stop,
    Restart,
}

struct Choice<'a> {
    changed: &'a Changed,
    facts: &'a ServiceInventory,
    /// The unit that this process belongs to.
    own: Option<&'a str>,
}

impl Choice<'_> {
    fn unit(&self, name: &str) -> Option<&Unit> {
        self.facts.units.iter().find(|unit| unit.is_named(name))
    }

    /// Whether this may be done to a unit while the machine runs.
    fn may(&self, doing: Doing, name: &str) -> bool {
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
            unit => {
                let (pid, name, unit) = (process.pid, process.name.clone(), unit.clone());
                found.left.push(Left { pid, name, unit });
            }
        }
    }
    let mut waiting = BTreeSet::new();
    let owners = facts.owners.values().flatten().filter_map(|name| choice.unit(name));
    for unit in owners.filter(|unit| unit.is_at_it()) {
        let all = if choice.may(Doing::Restart, &unit.name) { &mut restart } else { &mut waiting };
        all.insert(unit.name.clone());
    }
    let mut stop = BTreeSet::new();
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

/// Whether what is named in a directory is started by another unit.
fn enables(directory: &str) -> bool {
    let end = Path::new(directory).extension();
    end.is_some_and(|end| end == "wants" || end == "requires")
}

/// Whether a name is one of a unit that is started and stopped here.
fn is_unit(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(OsStr::to_str);
    end.is_some_and(|end| KINDS.contains(&end))
}

/// Whether a unit is made of this template.
fn is_template(template: &str, unit: &str) -> bool {
    template.split_once('@').is_some_and(|(name, end)| {
        let of = unit.split_once('@').filter(|(it, _)| *it == name);
        end.starts_with('.') && of.is_some_and(|(_, instance)| instance.ends_with(end))
    })
}

/// Directory and name of a path that is a unit's.
fn unit_in(path: &str) -> Option<(&str, &str)> {
    let (directory, name) = path.rsplit_once('/')?;
    (directory.contains(UNITS) && is_unit(name)).then_some((directory, name))
}

/// The unit that a file defines, itself or by what it adds.
fn defines(path: &str) -> Option<&str> {
    if let Some((directory, name)) = unit_in(path) {
        return (!enables(directory)).then_some(name);
    }
    let (directory, file) = path.rsplit_once('/')?;
    let (above, name) = directory.rsplit_once('/')?;
    let name = name.strip_suffix(".d").filter(|name| is_unit(name))?;
    let adds = Path::new(file).extension().is_some_and(|end| end == "conf");
    (above.contains(UNITS) && adds).then_some(name)
}

/// Whether the manager reads a file of this path for one of its units, whatever kind that is.
fn is_read(path: &str) -> bool {
    path == "/etc/fstab"
        || path.find(UNITS).is_some_and(|at| {
            let rest = &path[at + UNITS.len()..];
            rest.is_empty() || rest.starts_with('/')
        })
}

#[cfg(test)]
mod tests;
