//! A whole machine put right while it runs: files tampered with under a service that goes on
//! answering from the user volume, then libc and systemd themselves.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::recover::NONE_FAILED;
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::Appliance;
use zshield_machines::qemu::{Firmware, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::e2e(
    "live-repair",
    "files are put right under a service that has its data open on the user volume and never stops; \
     one that has it open on root is stopped meanwhile and loses nothing; \
     then libc and systemd themselves, without a restart; a service that refuses to be stopped or \
     starts no more is told, and timers run again as they did; sshd goes by its old settings, and a mount \
     point whose name is no UTF-8 is in nobody's way",
    true,
    repair,
)];

const LONG: Duration = Duration::from_mins(6);

const HEALTHY: &str = "timeout 200 sh -c 'until systemctl -q is-active zshield-boot-complete zshield; do sleep 1; done'";

/// Where the emulator is slow, nobody waits long enough for the user volume.
const MOUNTED: &str = "mountpoint -q /home || systemctl start home.mount";

/// A service that appends to a file on the user volume, which it holds open; and another one.
const COUNTER: &str = include_str!("../sh/live-repair/counter.sh");

/// A service that does not let itself be stopped; one that starts no more; two timers.
const STUBBORN: &str = include_str!("../sh/live-repair/stubborn.sh");

/// A service that appends to a file on root, which it holds open.
const ROWS: &str = include_str!("../sh/live-repair/rows.sh");

/// It writes to the file that came back.
const ROWS_KEPT: &str = include_str!("../sh/live-repair/rows-kept.sh");

/// Each of them changed.
const BEND: &str = include_str!("../sh/live-repair/bend.sh");

const UNBENT: &str = include_str!("../sh/live-repair/unbent.sh");

/// What somebody has done to the system: programs, settings, a service of their own, another one
/// switched off.
const TAMPER: &str = include_str!("../sh/live-repair/tamper.sh");

const UNTAMPERED: &str = include_str!("../sh/live-repair/untampered.sh");

/// libc and systemd replaced by others that work too, and running.
const REPLACE: &str = include_str!("../sh/live-repair/replace.sh");

/// A mount point whose name is no text.
const ODD: &str = include_str!("../sh/live-repair/odd.sh");

const ODD_KEPT: &str = include_str!("../sh/live-repair/odd-kept.sh");

/// sshd listens elsewhere.
const SSHD: &str = include_str!("../sh/live-repair/sshd.sh");

const SSHD_AGAIN: &str = include_str!("../sh/live-repair/sshd-again.sh");

fn repair(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("repair")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(MOUNTED)?;
    shell.script(COUNTER, &[])?;
    shell.script(STUBBORN, &[])?;
    shell.script(ROWS, &[])?;
    shell.script(ODD, &[])?;
    // The payload of the demo has it switched off.
    shell.check("systemctl unmask ssh; systemctl enable --now ssh; systemctl -q is-active ssh")?;
    shell.check("zshield backup")?;

    shell.script(TAMPER, &[])?;
    shell.script(BEND, &[])?;
    shell.script(SSHD, &[])?;
    shell.check(
        "systemctl start rows && until test $(wc -l </var/lib/rows/all) -gt 3; do sleep 1; done",
    )?;
    let pid = shell.check("systemctl show -p MainPID counter")?;
    let shown = shell.run_within("zshield --lang en recover latest --dry-run", LONG)?;
    println!("      {}", shown.output.replace('\n', "\n      "));
    shell.check("tail -n 1 /home/count >/home/before")?;
    let done = shell.run_within("zshield --lang en recover latest --yes", LONG)?;
    println!("      {}", done.output.replace('\n', "\n      "));
    // Services that refuse, or that start no more, are told; the system is right all the same.
    ensure!(done.status == 5, "status {}: {}", done.status, done.output);
    for told in ["could not be started: no-more.service", "refusing.service", "refusing ("] {
        ensure!(done.output.contains(told), "nobody told of {told}: {}", done.output);
    }
    let writer = "/var/lib/rows/all: sh (";
    ensure!(done.output.contains(writer), "nobody told of {writer}: {}", done.output);
    shell.script(ROWS_KEPT, &[])?;
    shell.script(UNTAMPERED, &[])?;
    shell.script(UNBENT, &[])?;
    shell.script(SSHD_AGAIN, &[])?;
    shell.script(ODD_KEPT, &[])?;
    shell.check(
        "rm /home/no-more; systemctl start no-more; ! grep zshield_recover /boot/zshield/grubenv",
    )?;
    // It went on meanwhile, and is the same process with the same file.
    shell.check("test $(tail -n 1 /home/count) -gt $(cat /home/before)")?;
    ensure!(shell.check("systemctl show -p MainPID counter")? == pid, "the service was restarted");
    shell.check("test \"$(sort -n /home/count | uniq -d | wc -l)\" = 0")?;
    nothing_differs(&mut shell)?;

    shell.script(REPLACE, &[])?;
    let done = shell.run_within("zshield --lang en recover latest --yes", LONG)?;
    println!("      {}", done.output.replace('\n', "\n      "));
    ensure!(done.status == 5, "who goes on with the old libc? {}: {}", done.status, done.output);
    shell.check("! sha256sum --status -c /home/replaced")?;
    // It had gone on with the libc before, which has no name any more.
    ensure!(shell.check("systemctl show -p MainPID counter")? != pid, "the service goes on");
    shell.check(NONE_FAILED)?;
    shell.check("systemctl -q is-active zshield")?;
    nothing_differs(&mut shell)?;
    machine.cut_power();

    starts_again(&appliance)
}

/// The next start finds all of it as it was put right.
fn starts_again(appliance: &Appliance) -> Result<()> {
    let mut machine = appliance.machine().power_on("afterwards")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.script(UNTAMPERED, &[])?;
    shell.script(UNBENT, &[])?;
    machine.cut_power();
    Ok(())
}

fn nothing_differs(shell: &mut Shell<'_>) -> Result<()> {
    let again = shell.run_within("zshield --lang en recover latest --dry-run", LONG)?;
    ensure!(again.output.contains("Nothing differs"), "{}", again.output);
    Ok(())
}
