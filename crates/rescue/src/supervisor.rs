//! PID 1 proper: it mounts what every process needs, reaps, and watches over one child.
//!
//! The rescue system itself is that child. So no reaper can take an exit status from a
//! `Command` that waits for it, and whatever ends the child (a panic, a signal, the kernel's
//! out-of-memory killer), PID 1 is left to start it again on the screen that says so. PID 1 has
//! one thread, decides nothing and never ends: the kernel would panic.

use std::ffi::CStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::mount::{MountFlags, mount};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};
use rustix::system::{RebootCommand, reboot};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zshield_messages::say;

use crate::console;
use crate::log;
use crate::power::{self, End};

/// Tells a process that it is the child.
pub(crate) const CHILD: &str = "ZSHIELD_RESCUE";

/// Tells the child how its forerunner ended.
pub(crate) const CRASH: &str = "ZSHIELD_CRASH";

/// Kernel filesystems: what, where, type, options.
const MOUNTS: &[(&str, &str, MountFlags, Option<&CStr>)] = &[
    ("proc", "/proc", MountFlags::NOSUID, None),
    ("sysfs", "/sys", MountFlags::NOSUID, None),
    ("devtmpfs", "/dev", MountFlags::NOSUID, Some(c"mode=0755")),
    ("tmpfs", "/run", MountFlags::NOSUID, Some(c"mode=0755")),
    ("tmpfs", "/tmp", MountFlags::NOSUID, Some(c"mode=1777")),
];

/// The environment of everything that runs here: LVM without udev.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/"),
    ("TERM", "dumb"),
    ("DM_DISABLE_UDEV", "1"),
    ("LVM_SYSTEM_DIR", "/etc/lvm"),
    ("LVM_SUPPRESS_FD_WARNINGS", "1"),
];

/// A child that dies more often than this is not started again.
const LIVES: u32 = 3;

/// Runs as PID 1, for ever.
pub(crate) fn supervise() -> ! {
    mount_all();
    log::open();
    log::line("PID 1 is up");
    // From here on Ctrl-Alt-Del is a SIGINT to this process.
    let _ = reboot(RebootCommand::CadOff);
    let mut signals = match Signals::new([SIGCHLD, SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => last_words(&error.to_string()),
    };
    let mut crash = None;
    for _ in 0..LIVES {
        let how = match start(crash.as_deref()) {
            Ok(child) => watch(&child, &mut signals),
            Err(error) => error.to_string(),
        };
        log::line(&format!("the rescue system ended: {how}"));
        crash = Some(how);
    }
    last_words(&crash.unwrap_or_default())
}

fn mount_all() {
    for (kind, place, flags, options) in MOUNTS {
        let _ = fs::create_dir_all(place);
        // EBUSY: the kernel has mounted devtmpfs already, or an earlier stage did.
        if let Err(error) = mount(*kind, *place, *kind, *flags, *options)
            && error != rustix::io::Errno::BUSY
        {
            let _ = writeln!(std::io::stderr(), "mount {place}: {error}");
        }
    }
    for directory in ["/run/lock/lvm", "/run/lvm", "/run/zshield"] {
        let _ = fs::create_dir_all(directory);
    }
}

fn start(crash: Option<&str>) -> std::io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    // The kernel hands words of its command line to PID 1 as arguments and variables: they end here.
    command.arg("init").env_clear().envs(ENVIRONMENT.iter().copied()).env(CHILD, "1");
    if let Some(how) = crash {
        command.env(CRASH, how);
    }
    command.spawn()
}

/// Reaps until the child has ended; says how it did.
fn watch(child: &Child, signals: &mut Signals) -> String {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let mut ended = None;
    while ended.is_none() {
        for signal in signals.wait() {
            match (signal, id) {
                (SIGCHLD, _) => ended = ended.or(reap(id)),
                (_, Some(id)) => drop(kill_process(id, Signal::INT)),
                _ => {}
            }
        }
    }
    ended.map_or_else(String::new, describe)
}

/// Reaps every process that has ended; returns the child's status if it is among them.
fn reap(child: Option<Pid>) -> Option<WaitStatus> {
    let mut ended = None;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if Some(pid) == child => ended = Some(status),
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) | Err(_) => return ended,
        }
    }
}

fn describe(status: WaitStatus) -> String {
    ExitStatus::from_raw(status.as_raw()).to_string()
}

/// What is left when the rescue system can't even show its own failure: plain text on every
/// console, and a key. Without a console there is nobody to ask.
fn last_words(how: &str) -> ! {
    let mut tail = log::tail(12);
    tail.push(how.to_owned());
    let text = format!(
        "\n{}\n\n{}\n::zshield:: rescue status=failed reason=crash\n",
        tail.join("\n"),
        say::rescue::crash_last_words()
    );
    loop {
        let mut terminals = console::in_text_mode();
        for terminal in &mut terminals {
            let _ = terminal.write_all(text.replace('\n', "\r\n").as_bytes());
        }
        let mut polled: Vec<PollFd<'_>> =
            terminals.iter().map(|terminal| PollFd::new(terminal, PollFlags::IN)).collect();
        if !polled.is_empty() {
            while matches!(poll(&mut polled, None), Err(rustix::io::Errno::INTR)) {}
        }
        power::end(End::Restart);
    }
}
