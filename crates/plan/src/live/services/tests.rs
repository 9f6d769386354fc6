use super::*;
use crate::live::values::Process;

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
        writes: Vec::new(),
    }
}

fn unit(name: &str, file: &str) -> Unit {
    Unit { name: name.to_owned(), active: true, files: vec![file.to_owned()], ..Unit::default() }
}

#[test]
fn what_was_done_once_is_neither_undone_nor_done_again() {
    let (name, file) = ("blk-availability.service", "/lib/systemd/system/blk-availability.service");
    let units = vec![Unit { once: true, ..unit(name, file) }];
    let owners = [("/etc/lvm/lvm.conf".to_owned(), vec![name.to_owned()])].into();
    let facts = ServiceInventory { units, owners, ..ServiceInventory::default() };
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
    let facts = ServiceInventory { processes, own: 6, ..ServiceInventory::default() };
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
    let found = services(
        &changed(&[tool], &[]),
        &ServiceInventory { processes, own: 9, ..ServiceInventory::default() },
    );
    assert_eq!(found.restart, ["tool.service"]);
    assert_eq!(found.left.iter().map(|left| left.pid).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_service_that_is_defined_anew_is_stopped_before_and_started_after() {
    let file = "/etc/systemd/system/web.service";
    let units = vec![unit("web.service", file), unit("ssh.service", "/lib/x.service")];
    let facts = ServiceInventory { units, ..ServiceInventory::default() };
    let found = services(&changed(&[file], &[]), &facts);
    assert_eq!((found.stop, found.start), (vec!["web.service".into()], vec!["web.service".into()]));
    let gone = services(&changed(&[], &[file]), &facts);
    assert_eq!((gone.stop.len(), gone.start.len(), gone.reload), (1, 0, true));
}

#[test]
fn what_is_enabled_again_is_started() {
    let link = "/etc/systemd/system/multi-user.target.wants/web.service";
    let found = services(&changed(&[link], &[]), &ServiceInventory::default());
    assert_eq!(found.start, ["web.service"]);
    assert!(found.reload);
}

#[test]
fn a_directory_that_goes_takes_along_what_runs_from_it() {
    let changed = changed(&[], &["/usr/lib/evil"]);
    assert!(changed.has("/usr/lib/evil/a.so") && changed.has("/lib/evil/a.so"));
    assert!(!changed.has("/usr/lib/evil2"));
}

#[test]
fn a_changed_setting_restarts_the_services_of_its_package() {
    let owners = [("/etc/ssh/sshd_config".to_owned(), vec!["ssh.service".to_owned()])];
    let units = vec![unit("ssh.service", "/lib/systemd/system/ssh.service")];
    let facts = ServiceInventory { units, owners: owners.into(), ..ServiceInventory::default() };
    let found = services(&changed(&["/etc/ssh/sshd_config"], &[]), &facts);
    assert_eq!(found.restart, ["ssh.service"]);
}

#[test]
fn what_refuses_to_be_stopped_is_left_to_the_next_start() {
    let (program, file) = ("/usr/sbin/auditd", "/usr/lib/systemd/system/auditd.service");
    let auditd = Unit { refuses_stop: true, ..unit("auditd.service", file) };
    let owners = [("/etc/audit/auditd.conf".to_owned(), vec!["auditd.service".to_owned()])].into();
    let processes = vec![process(2, "auditd.service", program)];
    let facts =
        ServiceInventory { processes, units: vec![auditd], owners, ..ServiceInventory::default() };
    let nothing_done = |found: &Services| {
        assert!(found.stop.is_empty() && found.start.is_empty() && found.restart.is_empty());
    };
    let replaced = services(
        &changed(&[program], &[]),
        &ServiceInventory { owners: [].into(), ..facts.clone() },
    );
    nothing_done(&replaced);
    assert_eq!(replaced.left.iter().map(|left| left.pid).collect::<Vec<_>>(), [2]);
    for (written, reload) in [("/etc/audit/auditd.conf", false), (file, true)] {
        let found = services(&changed(&[written], &[]), &facts);
        nothing_done(&found);
        assert_eq!((found.waiting, found.reload), (vec!["auditd.service".to_owned()], reload));
    }
}

#[test]
fn what_never_restarts_is_known_by_each_of_its_names() {
    let gdm = Unit {
        aliases: vec!["display-manager.service".into()],
        ..unit("gdm.service", "/usr/lib/systemd/system/gdm.service")
    };
    let processes = vec![process(2, "gdm.service", "/usr/sbin/gdm3")];
    let facts = ServiceInventory { processes, units: vec![gdm], ..ServiceInventory::default() };
    let found = services(&changed(&["/usr/sbin/gdm3"], &[]), &facts);
    assert!(found.restart.is_empty());
    assert_eq!(found.left.len(), 1);
}

#[test]
fn timers_sockets_and_paths_count_as_services_do() {
    for name in ["product.timer", "product.socket", "product.path"] {
        let file = format!("/usr/lib/systemd/system/{name}");
        let facts =
            ServiceInventory { units: vec![unit(name, &file)], ..ServiceInventory::default() };
        let found = services(&changed(&[&file], &[]), &facts);
        assert_eq!((found.stop, found.start), (vec![name.to_owned()], vec![name.to_owned()]));
        let link = format!("/etc/systemd/system/timers.target.wants/{name}");
        let found = services(&changed(&[&link], &[]), &ServiceInventory::default());
        assert_eq!((found.start, found.reload), (vec![name.to_owned()], true));
    }
    let mount =
        services(&changed(&["/etc/systemd/system/srv.mount"], &[]), &ServiceInventory::default());
    assert_eq!(mount, Services { reload: true, ..Services::default() });
    let other = services(
        &changed(&["/usr/lib/systemd/system-preset/x.preset"], &[]),
        &ServiceInventory::default(),
    );
    assert_eq!(other, Services::default());
}

#[test]
fn what_adds_to_a_definition_is_a_part_of_it() {
    let units = vec![unit("web@1.service", "/usr/lib/systemd/system/web@.service")];
    let facts = ServiceInventory { units, ..ServiceInventory::default() };
    for added in
        ["/etc/systemd/system/web@1.service.d/a.conf", "/etc/systemd/system/web@.service.d/a.conf"]
    {
        assert_eq!(services(&changed(&[added], &[]), &facts).stop, ["web@1.service"], "{added}");
    }
    let other = "/etc/systemd/system/web@2.service.d/a.conf";
    assert!(services(&changed(&[other], &[]), &facts).stop.is_empty());
}

#[test]
fn a_socket_goes_and_comes_with_what_it_starts() {
    let file = "/etc/systemd/system/web.socket";
    let socket = Unit { triggers: vec!["web.service".into()], ..unit("web.socket", file) };
    let web = unit("web.service", "/etc/systemd/system/web.service");
    let both = vec!["web.service".to_owned(), "web.socket".to_owned()];
    let facts = ServiceInventory { units: vec![socket, web], ..ServiceInventory::default() };
    let found = services(&changed(&[file], &[]), &facts);
    assert_eq!((found.stop, found.start), (both.clone(), both));
    let mut refusing = facts;
    refusing.units[1].refuses_stop = true;
    let found = services(&changed(&[file], &[]), &refusing);
    assert!(found.stop.is_empty());
    assert_eq!(found.waiting, ["web.socket"]);
}

#[test]
fn what_stood_over_a_definition_goes_and_the_service_stays() {
    let (over, below) = ("/etc/systemd/system/ssh.service", "/usr/lib/systemd/system/ssh.service");
    let link = "/etc/systemd/system/multi-user.target.wants/ssh.service";
    let defined = [over, below, link].map(str::to_owned).into();
    let facts = ServiceInventory {
        units: vec![unit("ssh.service", over)],
        defined,
        ..ServiceInventory::default()
    };
    let found = services(&changed(&[], &[over]), &facts);
    assert_eq!((found.stop, found.start), (vec!["ssh.service".into()], vec!["ssh.service".into()]));
    // Forbidden and stopped, it is started again.
    let masked = Unit { active: false, masked: true, ..unit("ssh.service", over) };
    let facts = ServiceInventory { units: vec![masked], ..facts };
    let found = services(&changed(&[], &[over]), &facts);
    assert_eq!((found.stop, found.start), (Vec::new(), vec!["ssh.service".to_owned()]));
}

#[test]
fn what_a_run_before_owes_is_done_too() {
    let of = |start: &str, restart: &str| Services {
        start: vec![start.to_owned()],
        restart: vec![restart.to_owned()],
        ..Services::default()
    };
    let owed =
        Services { reload: true, stop: vec!["x.service".into()], ..of("b.service", "c.service") };
    let all = of("a.service", "c.service").and_pending(owed);
    assert_eq!(all.start, ["a.service", "b.service"]);
    assert_eq!(
        (all.restart, all.reload, all.stop),
        (vec!["c.service".to_owned()], true, Vec::new())
    );
}
