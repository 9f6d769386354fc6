//! What runs, and what it runs from: processes, and the services that they belong to.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use zshield_golden::escape;
use zshield_plan::live::{Process, ServiceInventory, Unit};

use crate::{command, owners};
use zshield_linux::program::ProgramError;

/// What systemd leaves where it is the service manager.
pub(crate) const MANAGER: &str = "/run/systemd/system";

/// What is asked of each unit.
const SHOWN: &str = "--property=Id,Names,Type,LoadState,ActiveState,CanStop,RefuseManualStart,RefuseManualStop,\
                     Triggers,FragmentPath,DropInPaths";
/// Where units are defined.
const UNITS: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// What runs on this machine, and who of that writes to what is replaced. Where systemd does not
/// run, no service is known. Beside it stands why the package manager does not tell whose settings these
/// are, where it should: no reason to leave a system as it is.
pub fn facts(
    settings: &[String],
    writers: &[Process],
) -> Result<(ServiceInventory, Option<ProgramError>), ProgramError> {
    if !Path::new(MANAGER).exists() {
        return Ok((only_writers(writers), None));
    }
    let words = ["show", "*.service", "*.timer", "*.socket", "*.path", SHOWN];
    let shown = command::run(&command::words("systemctl", &words))?;
    let (owners, unknown) = match owners::of(settings) {
        Ok(owners) => (owners, None),
        Err(why) => (BTreeMap::new(), Some(why)),
    };
    let inventory = ServiceInventory {
        processes: with_writers(processes(), writers),
        units: units(&shown),
        defined: UNITS.iter().flat_map(|directory| defined(Path::new(directory))).collect(),
        owners,
        own: std::process::id(),
    };
    Ok((inventory, unknown))
}

/// Who writes to what is replaced in a system that does not run: no service is one of it.
pub fn only_writers(writers: &[Process]) -> ServiceInventory {
    let (processes, own) = (writers.to_vec(), std::process::id());
    ServiceInventory { processes, own, ..ServiceInventory::default() }
}

/// All processes, and of each what it writes to.
fn with_writers(mut processes: Vec<Process>, writers: &[Process]) -> Vec<Process> {
    for writer in writers {
        match processes.iter_mut().find(|process| process.pid == writer.pid) {
            Some(process) => process.writes.clone_from(&writer.writes),
            None => processes.push(writer.clone()),
        }
    }
    processes
}

/// Every process that is still there when it is looked at.
pub fn processes() -> Vec<Process> {
    pids().filter_map(|pid| process(pid).ok()).collect()
}

/// The numbers of all processes.
pub(crate) fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn process(pid: u32) -> io::Result<Process> {
    let (uses, lost) = mapped(&fs::read(format!("/proc/{pid}/maps"))?);
    Ok(Process { uses, lost, ..named(pid)? })
}

/// A process with its name and its unit.
pub(crate) fn named(pid: u32) -> io::Result<Process> {
    let directory = Path::new("/proc").join(pid.to_string());
    let read = |name: &str| fs::read(directory.join(name));
    let unit = unit_of(&String::from_utf8_lossy(&read("cgroup")?));
    Ok(Process { pid, name: escape(read("comm")?.trim_ascii_end()), unit, ..Process::default() })
}

/// The files that are mapped, and those of them that have lost their name; as paths of entries are
/// written. The kernel itself escapes line breaks, and nothing else.
fn mapped(maps: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut uses, mut lost) = (Vec::new(), Vec::new());
    let lines = maps.split(|byte| *byte == b'\n').map(|line| escape(line).replace("\\012", "%0A"));
    for path in lines.filter_map(|line| path_of(&line).map(str::to_owned)) {
        let (path, gone) = match path.strip_suffix(" (deleted)") {
            Some(path) => (path, true),
            None => (path.as_str(), false),
        };
        if ["/dev/", "/memfd:", "/SYSV", "/["].iter().any(|other| path.starts_with(other)) {
            continue;
        }
        let names = if gone { &mut lost } else { &mut uses };
        if names.last().is_none_or(|last| last != path) {
            names.push(path.to_owned());
        }
    }
    (uses, lost)
}

/// The path at the end of a line, behind address, permissions, offset, device and inode.
fn path_of(line: &str) -> Option<&str> {
    let mut rest = line;
    for _ in 0..5 {
        rest = rest.trim_start().split_once(' ')?.1;
    }
    Some(rest.trim_start()).filter(|path| path.starts_with('/'))
}

/// The service or scope of a process, by `/proc/PID/cgroup` of either version.
fn unit_of(cgroup: &str) -> Option<String> {
    let of_systemd = |line: &&str| line.starts_with("0::") || line.contains(":name=systemd:");
    let path = cgroup.lines().find(of_systemd)?.rsplit(':').next()?;
    let is_unit = |name: &&str| {
        let kind = Path::new(name).extension().and_then(OsStr::to_str);
        matches!(kind, Some("service" | "scope"))
    };
    path.split('/').find(is_unit).map(str::to_owned)
}

/// What `systemctl show` says of each unit, one block for each.
fn units(shown: &str) -> Vec<Unit> {
    let unit = |block: &str| {
        let value =
            |key: &str| block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let list = |key: &str| -> Vec<String> {
            let words = value(key).into_iter().flat_map(str::split_whitespace);
            words.map(str::to_owned).collect()
        };
        let name = value("Id")?.to_owned();
        let is = |key: &str, answer: &str| value(key) == Some(answer);
        Some(Unit {
            aliases: list("Names").into_iter().filter(|alias| *alias != name).collect(),
            name,
            active: is("ActiveState", "active"),
            once: is("Type", "oneshot"),
            refuses_start: is("RefuseManualStart", "yes"),
            refuses_stop: is("RefuseManualStop", "yes") || is("CanStop", "no"),
            masked: is("LoadState", "masked"),
            files: [list("FragmentPath"), list("DropInPaths")].concat(),
            triggers: list("Triggers"),
        })
    };
    shown.split("\n\n").filter_map(unit).collect()
}

/// What is in a directory of units, and in the directories there. One that is missing holds nothing.
fn defined(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(defined(&entry.path()));
        } else {
            found.push(entry.path().to_string_lossy().into_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn what_is_mapped_is_told_from_what_has_lost_its_name() {
        let maps = "\
559fb0a43000-559fb0a45000 r--p 00000000 fd:00 1835065                    /usr/sbin/sshd
559fb0a45000-559fb0a5b000 r-xp 00002000 fd:00 1835065                    /usr/sbin/sshd
559fb1c0d000-559fb1c2e000 rw-p 00000000 00:00 0                          [heap]
7f1e0a400000-7f1e0a426000 r--p 00000000 fd:00 1843282                    /usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)
7f1e0a5d4000-7f1e0a5e1000 rw-p 00000000 00:00 0 
7f1e0a600000-7f1e0a601000 rw-s 00000000 00:01 1027                       /dev/zero (deleted)
7ffd8a9d0000-7ffd8a9f1000 rw-p 00000000 00:00 0                          [stack]
";
        let (uses, lost) = mapped(maps.as_bytes());
        assert_eq!(uses, ["/usr/sbin/sshd"]);
        assert_eq!(lost, ["/usr/lib/x86_64-linux-gnu/libc.so.6"]);
    }

    #[test]
    fn a_name_that_is_no_text_hides_nothing_and_is_written_as_paths_are() {
        let maps = b"\
559fb0a43000-559fb0a45000 r--p 00000000 fd:00 1835065                    /opt/\xb1\xb8/x (deleted)
559fb0a45000-559fb0a5b000 r-xp 00002000 fd:00 1835065                    /opt/a%b\\012\x1b[2J
";
        let (uses, lost) = mapped(maps);
        assert_eq!(
            (uses, lost),
            (vec!["/opt/a%25b%0A%1B[2J".into()], vec!["/opt/%B1%B8/x".into()])
        );
        // A process with such a name, as anybody may start one.
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join(OsStr::from_bytes(b"\xb1\x1b[2J"));
        fs::copy("/bin/sleep", &program).unwrap();
        let mut child = std::process::Command::new(&program).arg("60").spawn().unwrap();
        let named = |name: &str| name == "%B1%1B[2J";
        let found = loop {
            let found = processes().into_iter().find(|it| it.pid == child.id()).unwrap();
            // Before it has become another program it is this one.
            if named(&found.name) {
                break found;
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.uses.iter().any(|path| path.ends_with("/%B1%1B[2J")), "{:?}", found.uses);
    }

    #[test]
    fn both_versions_of_control_groups_name_the_service() {
        let unit = |text| unit_of(text).unwrap_or_default();
        assert_eq!(unit("0::/system.slice/ssh.service\n"), "ssh.service");
        assert_eq!(unit("0::/user.slice/user-0.slice/session-1.scope\n"), "session-1.scope");
        let nested =
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/gpg-agent.service\n";
        assert_eq!(unit(nested), "user@1000.service");
        let old = "3:cpu,cpuacct:/\n1:name=systemd:/system.slice/crond.service\n";
        assert_eq!(unit(old), "crond.service");
        assert_eq!(unit_of("0::/\n"), None);
    }

    #[test]
    fn units_are_read_from_what_systemctl_shows() {
        let shown = "\
Id=cron.service
Type=simple
ActiveState=active
FragmentPath=/lib/systemd/system/cron.service
DropInPaths=

Id=getty@tty1.service
Type=oneshot
ActiveState=inactive
FragmentPath=/lib/systemd/system/getty@.service
DropInPaths=/etc/systemd/system/getty@.service.d/a.conf /etc/systemd/system/getty@.service.d/b.conf
";
        let found = units(shown);
        assert_eq!(found.len(), 2);
        assert!(found[0].active && !found[1].active);
        assert!(!found[0].once && found[1].once);
        assert_eq!(found[0].files, ["/lib/systemd/system/cron.service"]);
        assert_eq!(found[1].files.len(), 3);
        assert!(!found[0].refuses_start && !found[0].refuses_stop && !found[0].masked);
    }

    #[test]
    fn what_a_unit_refuses_and_what_else_it_is_called_is_read() {
        let shown = "\
Id=auditd.service
Names=auditd.service
Type=forking
LoadState=loaded
ActiveState=active
CanStop=no
RefuseManualStart=no
RefuseManualStop=yes

Id=gdm.service
Names=gdm.service display-manager.service
LoadState=loaded
RefuseManualStart=yes
CanStop=yes

Id=product.socket
Triggers=product.service
LoadState=masked
FragmentPath=/etc/systemd/system/product.socket
";
        let found = units(shown);
        assert!(found[0].refuses_stop && !found[0].refuses_start && found[0].aliases.is_empty());
        assert!(found[1].refuses_start && !found[1].refuses_stop);
        assert_eq!(found[1].aliases, ["display-manager.service"]);
        assert_eq!(found[2].triggers, ["product.service"]);
        assert!(found[2].masked && !found[2].once);
    }

    #[test]
    fn this_process_is_one_of_those_that_run() {
        let found = processes();
        let own = found.iter().find(|process| process.pid == std::process::id()).unwrap();
        assert!(!own.uses.is_empty());
    }
}
