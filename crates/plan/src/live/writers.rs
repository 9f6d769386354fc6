//! What becomes of a file that somebody has open for writing when it is to be replaced or removed.
//!
//! Whoever goes on writing into a file that has lost its name writes for nobody. So its service is
//! stopped before the first change, and started after the last. What nobody may stop has no say in
//! whether the system is put right: to refuse the whole would give one to every user's process. Its
//! data stays as it is, and is named.

use std::collections::BTreeSet;

use super::services::{Choice, Doing};
use super::values::{Fate, Left, Process, Unit, Writer};

/// Where programs and settings are. Nobody's data is there; and whoever tampers with one of them
/// must not keep it so by holding it open.
const SYSTEM: [&str; 5] = ["usr", "etc", "bin", "sbin", "boot"];

/// What becomes of a file whose writer goes on.
pub fn unstopped(path: &str) -> Fate {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if SYSTEM.contains(&first) || first.starts_with("lib") { Fate::Replaced } else { Fate::Left }
}

/// Where the definitions of `systemd-run` are.
const TRANSIENT: &str = "/run/systemd/transient/";
/// What sockets and paths have started stops for good only with these.
const ACTIVATES: [&str; 2] = [".socket", ".path"];

impl Choice<'_> {
    /// Everybody who writes to what is replaced or removed. A file that a program has handed on to its
    /// children is named once.
    pub(super) fn writers(&self) -> Vec<Writer> {
        let fate = |process: &Process, path: &str| match &process.unit {
            Some(unit) if self.may_pause(unit) => Fate::Stopped,
            _ => unstopped(path),
        };
        let of = |process: &Process| {
            let writer = |path: &String| Writer {
                path: path.clone(),
                program: Left::of(process),
                fate: fate(process, path),
            };
            process.writes.iter().map(writer).collect::<Vec<_>>()
        };
        let mut named = BTreeSet::new();
        let mut is_new = |writer: &Writer| {
            let Left { name, unit, .. } = &writer.program;
            named.insert((writer.path.clone(), name.clone(), unit.clone()))
        };
        self.facts.processes.iter().flat_map(of).filter(|writer| is_new(writer)).collect()
    }

    /// The services that are stopped since they write, and what would start them again meanwhile.
    pub(super) fn stopped_for(&self, writers: &[Writer]) -> BTreeSet<String> {
        let stopped = writers.iter().filter(|writer| writer.fate == Fate::Stopped);
        let services: BTreeSet<String> =
            stopped.filter_map(|writer| writer.program.unit.clone()).collect();
        let starts = |unit: &&Unit| {
            unit.active
                && ACTIVATES.iter().any(|end| unit.name.ends_with(end))
                && unit.triggers.iter().any(|name| services.contains(name))
                && self.may_pause(&unit.name)
        };
        let activating: Vec<String> =
            self.facts.units.iter().filter(starts).map(|unit| unit.name.clone()).collect();
        services.into_iter().chain(activating).collect()
    }

    /// Whether a unit may be stopped for a while. What is done once would not go on where it was, what
    /// is defined for a while is not there any more once it has stopped, and what is said while the
    /// journal is stopped is lost.
    fn may_pause(&self, name: &str) -> bool {
        let passes = |unit: &Unit| unit.files.iter().any(|file| file.starts_with(TRANSIENT));
        !name.starts_with("systemd-journald")
            && self.may(Doing::Stop, name)
            && self.may(Doing::Start, name)
            && self.unit(name).is_none_or(|unit| !unit.once && !passes(unit))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Changed, ServiceInventory, services};
    use super::*;

    fn writes(pid: u32, unit: Option<&str>, path: &str) -> Process {
        Process {
            pid,
            name: format!("p{pid}"),
            unit: unit.map(str::to_owned),
            uses: Vec::new(),
            lost: Vec::new(),
            writes: vec![path.to_owned()],
        }
    }

    fn unit(name: &str) -> Unit {
        Unit { name: name.to_owned(), active: true, ..Unit::default() }
    }

    #[test]
    fn who_writes_to_what_is_replaced_is_stopped_before_and_started_after() {
        let log = "/var/lib/app/log";
        let facts = ServiceInventory {
            processes: vec![writes(2, Some("app.service"), log)],
            units: vec![
                unit("app.service"),
                Unit { triggers: vec!["app.service".into()], ..unit("app.socket") },
                Unit { triggers: vec!["app.service".into()], ..unit("app.timer") },
            ],
            own: 9,
            ..ServiceInventory::default()
        };
        let found = services(&Changed::default(), &facts);
        assert_eq!(found.stop, ["app.service", "app.socket"]);
        assert_eq!(found.start, found.stop);
        assert!(found.restart.is_empty() && found.left.is_empty());
        assert_eq!((found.writers[0].path.as_str(), found.writers[0].fate), (log, Fate::Stopped));
    }

    #[test]
    fn a_file_that_parent_and_child_hold_is_named_once() {
        let (log, unit) = ("/var/lib/app/log", Some("app.service"));
        let child = Process { pid: 3, ..writes(2, unit, log) };
        let other = writes(4, Some("other.service"), log);
        let processes = vec![writes(2, unit, log), child, other];
        let facts = ServiceInventory { processes, own: 9, ..ServiceInventory::default() };
        let found = services(&Changed::default(), &facts).writers;
        let pids: Vec<u32> = found.iter().map(|writer| writer.program.pid).collect();
        assert_eq!(pids, [2, 4]);
    }

    #[test]
    fn what_nobody_may_stop_keeps_its_data_and_no_program_or_setting() {
        let once = Unit { once: true, ..unit("job.service") };
        let stubborn = Unit { refuses_stop: true, ..unit("auditd.service") };
        let passing = Unit {
            files: vec!["/run/systemd/transient/run-1.service".into()],
            ..unit("run-1.service")
        };
        let data = "/var/lib/app/log";
        for who in [
            None,
            Some("session-1.scope"),
            Some("dbus.service"),
            Some("systemd-journald.service"),
            Some("job.service"),
            Some("auditd.service"),
            Some("run-1.service"),
            Some("own.service"),
        ] {
            for (path, fate) in [
                (data, Fate::Left),
                ("/root/session.log", Fate::Left),
                ("/etc/shadow", Fate::Replaced),
                ("/usr/sbin/sshd", Fate::Replaced),
                ("/lib64/ld.so", Fate::Replaced),
            ] {
                let own = Process { writes: Vec::new(), ..writes(9, Some("own.service"), "") };
                let facts = ServiceInventory {
                    processes: vec![writes(2, who, path), own],
                    units: vec![
                        once.clone(),
                        stubborn.clone(),
                        passing.clone(),
                        unit("own.service"),
                    ],
                    own: 9,
                    ..ServiceInventory::default()
                };
                let found = services(&Changed::default(), &facts);
                assert_eq!(found.writers[0].fate, fate, "{who:?} {path}");
                assert!(found.stop.is_empty() && found.start.is_empty(), "{who:?}");
            }
        }
    }
}
