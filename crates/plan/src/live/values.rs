//! What is known of the programs of a running system, and what is done with them: plain values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

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
    pub(super) fn is_removed(&self, path: &str) -> bool {
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The files that it has open for writing and that are about to be replaced or removed.
    pub writes: Vec<String>,
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
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether somebody is at it. What was done once is not done again: to undo it may take away
    /// what the system stands on, as `blk-availability` does, which unmounts all that it can.
    pub(super) const fn is_at_it(&self) -> bool {
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
    /// Who has a file open for writing that is replaced or removed.
    #[serde(default)]
    pub writers: Vec<Writer>,
}

impl Left {
    /// A process, as a person is told of it.
    pub fn of(process: &Process) -> Self {
        let Process { pid, name, unit, .. } = process;
        Self { pid: *pid, name: name.clone(), unit: unit.clone() }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, name, unit } = self;
        match unit {
            Some(unit) => write!(f, "{name} ({pid}, {unit})"),
            None => write!(f, "{name} ({pid})"),
        }
    }
}

impl Services {
    /// The same, and what an earlier run that stopped on the way still owes.
    #[must_use]
    pub fn and_pending(mut self, owed: Self) -> Self {
        let Self { stop: _, start, restart, reload, anew, left: _, waiting, writers: _ } = owed;
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

/// A program that has a file open for writing which is replaced or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The file, by its absolute path.
    pub path: String,
    /// The program.
    pub program: Left,
    /// What becomes of them.
    pub fate: Fate,
}

/// What becomes of a program that writes, and of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The service is stopped before the first change and started after the last.
    Stopped,
    /// Nobody may stop the program: its file stays as it is.
    Left,
    /// Nobody may stop the program: its file is put right all the same, and the program goes on with
    /// one that has lost its name.
    Replaced,
}
