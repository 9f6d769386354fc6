//! Which services a changed file concerns, and what is done with each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

/// The files whose content changes, by their absolute paths.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Those that are written.
    pub written: BTreeSet<String>,
    /// Those that go, folders with all that is in them.
    pub removed: BTreeSet<String>,
}

impl Changed {
    /// Whether a file is one of them. What begins in `/lib` and the like may be written as what it
    /// leads to, in `/usr`.
    pub fn has(&self, path: &str) -> bool {
        let is_one = |path: &str| {
            let within = |gone: &String| {
                let rest = path.strip_prefix(gone.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            self.written.contains(path) || self.removed.iter().any(within)
        };
        let merged = ["/lib", "/bin", "/sbin"].iter().any(|folder| path.starts_with(folder));
        is_one(path) || merged && is_one(&format!("/usr{path}"))
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub active: bool,
    /// Whether it stands for something that was done once (`Type=oneshot`), and not for somebody
    /// who is at it.
    pub once: bool,
    /// The files that define it.
    pub files: Vec<String>,
}

/// What there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every process.
    pub processes: Vec<Process>,
    /// Every loaded service.
    pub units: Vec<Unit>,
    /// The services that came in the package of a changed file.
    pub owners: BTreeMap<String, Vec<String>>,
    /// This process itself.
    pub own: u32,
}

/// A process that goes on with what was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// The service or session that it belongs to.
    pub unit: Option<String>,
}

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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

/// Whether a unit is one that is restarted.
fn may_restart(unit: &str, own: Option<&str>) -> bool {
    unit.ends_with(".service")
        && own != Some(unit)
        && !NEVER.iter().any(|never| unit.starts_with(never))
}

/// Works out what is done with each service.
pub fn services(changed: &Changed, facts: &Facts) -> Services {
    let own = facts.processes.iter().find(|process| process.pid == facts.own);
    let own = own.and_then(|process| process.unit.as_deref());
    let mut found = Services::default();
    let mut restart = BTreeSet::new();
    for process in facts.processes.iter().filter(|process| process.pid != facts.own) {
        // Whether a file that has lost its name already was any better nobody knows.
        if !process.uses.iter().chain(&process.lost).any(|path| changed.has(path)) {
            continue;
        }
        match &process.unit {
            _ if process.pid == 1 => found.anew = true,
            Some(unit) if may_restart(unit, own) => {
                restart.insert(unit.clone());
            }
            unit => {
                let (pid, name, unit) = (process.pid, process.name.clone(), unit.clone());
                found.left.push(Left { pid, name, unit });
            }
        }
    }
    // What was done once is not done again: to undo it may take away what the system stands on,
    // as `blk-availability` does, which unmounts all that it can.
    let is_at_it = |unit: &Unit| unit.active && !unit.once;
    let up = |name: &String| facts.units.iter().any(|unit| unit.name == *name && is_at_it(unit));
    let owners = facts.owners.values().flatten();
    restart.extend(owners.filter(|unit| up(unit) && may_restart(unit, own)).cloned());
    let (mut start, gone) = (enabled(changed), removed(changed));
    let mut stop = BTreeSet::new();
    for unit in &facts.units {
        if unit.files.iter().any(|file| changed.has(file)) {
            found.reload = true;
            let ends = is_at_it(unit) || unit.active && gone.contains(&unit.name);
            if ends && may_restart(&unit.name, own) {
                stop.insert(unit.name.clone());
            }
        }
    }
    found.reload |= !start.is_empty() || !gone.is_empty();
    // What goes for good is stopped and not started again.
    start.extend(stop.iter().filter(|unit| !gone.contains(*unit)).cloned());
    found.restart = restart.difference(&stop).cloned().collect();
    found.start = start.into_iter().filter(|unit| may_restart(unit, own)).collect();
    found.stop = stop.into_iter().collect();
    found
}

/// The services that a name which is written enables.
fn enabled(changed: &Changed) -> BTreeSet<String> {
    let services = changed.written.iter().filter_map(|path| service(path));
    let wanted = services.filter(|(folder, _)| enables(folder));
    wanted.map(|(_, name)| name.to_owned()).collect()
}

/// The services whose definition goes.
fn removed(changed: &Changed) -> BTreeSet<String> {
    let services = changed.removed.iter().filter_map(|path| service(path));
    let defined = services.filter(|(folder, _)| !enables(folder));
    defined.map(|(_, name)| name.to_owned()).collect()
}

/// Whether what is named in a folder is started by another unit.
fn enables(folder: &str) -> bool {
    Path::new(folder).extension().is_some_and(|end| end == "wants")
}

/// Folder and name of a path that is a service's.
fn service(path: &str) -> Option<(&str, &str)> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_one = folder.contains("/systemd/system") && name.ends_with(".service");
    is_one.then_some((folder, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(written: &[&str], removed: &[&str]) -> Changed {
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        Changed { written: set(written), removed: set(removed) }
    }

    fn process(pid: u32, unit: &str, uses: &str) -> Process {
        Process {
            pid,
            name: format!("p{pid}"),
            unit: Some(unit.to_owned()),
            uses: vec![uses.to_owned()],
            lost: Vec::new(),
        }
    }

    fn unit(name: &str, file: &str) -> Unit {
        Unit { name: name.to_owned(), active: true, once: false, files: vec![file.to_owned()] }
    }

    #[test]
    fn what_was_done_once_is_neither_undone_nor_done_again() {
        let (name, file) =
            ("blk-availability.service", "/lib/systemd/system/blk-availability.service");
        let units = vec![Unit { once: true, ..unit(name, file) }];
        let owners = [("/etc/lvm/lvm.conf".to_owned(), vec![name.to_owned()])].into();
        let facts = Facts { units, owners, ..Facts::default() };
        let settings = services(&changed(&["/etc/lvm/lvm.conf"], &[]), &facts);
        assert_eq!(settings, Services::default());
        let definition = services(&changed(&[file], &[]), &facts);
        assert_eq!(definition, Services { reload: true, ..Services::default() });
        let gone = services(&changed(&[], &[file]), &facts);
        assert_eq!((gone.stop, gone.start), (vec![name.to_owned()], Vec::new()));
    }

    #[test]
    fn what_runs_from_a_replaced_library_is_restarted_and_what_can_not_be_is_told() {
        let libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
        let processes = [
            (1, "init.scope"),
            (2, "ssh.service"),
            (3, "dbus.service"),
            (4, "session-1.scope"),
            (5, "own.service"),
            (6, "own.service"),
        ];
        let processes = processes.map(|(pid, unit)| process(pid, unit, libc)).to_vec();
        let facts = Facts { processes, own: 6, ..Facts::default() };
        let found = services(&changed(&[libc], &[]), &facts);
        assert_eq!(found.restart, ["ssh.service"]);
        assert!(found.anew && found.stop.is_empty() && found.start.is_empty());
        assert_eq!(found.left.iter().map(|left| left.pid).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(services(&changed(&["/etc/motd"], &[]), &facts), Services::default());
    }

    #[test]
    fn who_runs_from_what_was_replaced_before_is_restarted_too() {
        let tool = "/usr/bin/tool";
        let lost = |pid, unit| Process {
            uses: Vec::new(),
            lost: vec![tool.to_owned()],
            ..process(pid, unit, tool)
        };
        let processes = vec![lost(2, "tool.service"), lost(3, "dm-event.service")];
        let found =
            services(&changed(&[tool], &[]), &Facts { processes, own: 9, ..Facts::default() });
        assert_eq!(found.restart, ["tool.service"]);
        assert_eq!(found.left.iter().map(|left| left.pid).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_service_that_is_defined_anew_is_stopped_before_and_started_after() {
        let file = "/etc/systemd/system/web.service";
        let units = vec![unit("web.service", file), unit("ssh.service", "/lib/x.service")];
        let facts = Facts { units, ..Facts::default() };
        let found = services(&changed(&[file], &[]), &facts);
        assert_eq!(
            (found.stop, found.start),
            (vec!["web.service".into()], vec!["web.service".into()])
        );
        let gone = services(&changed(&[], &[file]), &facts);
        assert_eq!((gone.stop.len(), gone.start.len(), gone.reload), (1, 0, true));
    }

    #[test]
    fn what_is_enabled_again_is_started() {
        let link = "/etc/systemd/system/multi-user.target.wants/web.service";
        let found = services(&changed(&[link], &[]), &Facts::default());
        assert_eq!(found.start, ["web.service"]);
        assert!(found.reload);
    }

    #[test]
    fn a_folder_that_goes_takes_along_what_runs_from_it() {
        let changed = changed(&[], &["/usr/lib/evil"]);
        assert!(changed.has("/usr/lib/evil/a.so") && changed.has("/lib/evil/a.so"));
        assert!(!changed.has("/usr/lib/evil2"));
    }

    #[test]
    fn a_changed_setting_restarts_the_services_of_its_package() {
        let owners = [("/etc/ssh/sshd_config".to_owned(), vec!["ssh.service".to_owned()])];
        let units = vec![unit("ssh.service", "/lib/systemd/system/ssh.service")];
        let facts = Facts { units, owners: owners.into(), ..Facts::default() };
        let found = services(&changed(&["/etc/ssh/sshd_config"], &[]), &facts);
        assert_eq!(found.restart, ["ssh.service"]);
    }
}
