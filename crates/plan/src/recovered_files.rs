//! Which files a recovery is about that compares them, and which stay as they are.

use crate::model::Files;
use crate::policy::{KeptPath, Policy};

/// What makes this machine this one: nobody else has it, and others know it by it; what it
/// remembers of itself and who it tells; and the copy of the program for a system in ruins.
const IDENTITY: [&str; 8] = [
    "etc/machine-id",
    "var/lib/dbus/machine-id",
    "etc/ssh/ssh_host_*",
    "etc/adjtime",
    "etc/zshield/secrets",
    "var/lib/zshield/alarms",
    "var/lib/zshield/check.json",
    "var/lib/zshield/zshield",
];

/// What comes and goes by itself while a system runs, and is of no version: nobody misses it after
/// a restart, but who uses it now would. A random seed must not be the same twice.
const PASSING: [&str; 12] = [
    "tmp",
    "var/tmp",
    "run",
    "etc/lvm/archive",
    "etc/lvm/backup",
    "var/lib/dhcp",
    "var/lib/NetworkManager",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/timers",
    "var/lib/systemd/timesync",
    "var/lib/private/systemd/timesync",
    "var/lib/systemd/linger",
];

/// Which files a recovery is about: all but the machine's own, what passes, what the policy keeps,
/// what is mounted, and where user and audit data are, mounted or not: while a volume is missing,
/// its data is written to the directory below it. Or these alone, of which nothing is believed:
/// whoever names a file knows that something is wrong with it.
pub fn files(only: Vec<String>, policy: &Policy, mounted: &[String], deep: bool) -> Files {
    but_for(&IDENTITY, only, policy, mounted, deep)
}

/// All files, those too by which others know the machine: of a system that was made anew on the machine that it was, or on one
/// that takes its place.
pub fn files_with_identity(policy: &Policy) -> Files {
    but_for(&[], Vec::new(), policy, &[], false)
}

fn but_for(
    identity: &[&'static str],
    only: Vec<String>,
    policy: &Policy,
    mounted: &[String],
    deep: bool,
) -> Files {
    // What the policy keeps is the machine's own, too.
    let own = policy.recover.keep.iter().map(KeptPath::within).filter(|_| !identity.is_empty());
    let kept = identity.iter().copied().chain(PASSING).chain(own);
    let mut kept: Vec<String> = kept.map(str::to_owned).collect();
    let volumes = [&policy.storage.user, &policy.storage.audit].map(|volume| volume.mount.as_str());
    let places = mounted.iter().map(String::as_str).chain(volumes);
    kept.extend(places.map(|path| path.trim_start_matches('/').to_owned()));
    kept.retain(|path| !path.is_empty());
    kept.sort();
    kept.dedup();
    Files { deep: deep || !only.is_empty(), only, kept }
}
