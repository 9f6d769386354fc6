//! A whole machine put right while it runs: files tampered with under a service that goes on
//! answering from the user volume, then libc and systemd themselves.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::recover::NONE_FAILED;
use crate::scenario::{Context, Scenario};
use zshield_machines::qemu::{Firmware, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::e2e(
    "live-repair",
    "files are put right under a service that has its data open on the user volume and never stops; \
     then libc and systemd themselves, without a restart; a service that refuses to be stopped or \
     starts no more is told, and timers run again as they did",
    true,
    repair,
)];

const LONG: Duration = Duration::from_mins(6);

/// Where the emulator is slow, nobody waits long enough for the user volume.
const MOUNTED: &str = "mountpoint -q /home || systemctl start home.mount";

/// A service that appends to a file on the user volume, which it holds open; and another one.
const COUNTER: &str = "printf '%s\\n' '[Service]' \
     'ExecStart=/bin/sh -c \"exec 3>>/home/count; while :; do n=$$((n+1)); echo $$n >&3; sleep 0.2; done\"' \
     '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/counter.service; \
     printf '%s\n' '[Service]' 'ExecStart=/bin/sleep infinity' \
     '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/other.service; \
     systemctl daemon-reload; systemctl enable --now counter other";

/// A service that does not let itself be stopped; one that starts no more; two timers.
const STUBBORN: &str = "cp /bin/sleep /usr/bin/refusing; \
     printf '%s\n' '[Unit]' 'RefuseManualStop=yes' '[Service]' 'ExecStart=/usr/bin/refusing infinity' \
     '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/refusing.service; \
     printf '%s\n' '[Service]' 'ExecStartPre=/usr/bin/test ! -e /home/no-more' 'ExecStart=/bin/sleep infinity' \
     '[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/no-more.service; \
     for timer in tick tock; do \
         printf '%s\n' '[Service]' 'ExecStart=/bin/true' >/etc/systemd/system/$timer.service; \
         printf '%s\n' '[Timer]' 'OnCalendar=*-*-* 03:00:00' '[Install]' 'WantedBy=timers.target' \
         >/etc/systemd/system/$timer.timer; \
     done; \
     systemctl daemon-reload; systemctl enable --now refusing no-more tick.timer tock.timer";

/// Each of them changed.
const BEND: &str = "cp /usr/bin/refusing /usr/bin/refusing.new; echo evil >>/usr/bin/refusing.new; \
     mv /usr/bin/refusing.new /usr/bin/refusing; echo '#' >>/etc/systemd/system/refusing.service; \
     touch /home/no-more; echo '#' >>/etc/systemd/system/no-more.service; \
     systemctl disable --now tick.timer; \
     sed -i s/03:00:00/05:00:00/ /etc/systemd/system/tock.timer; \
     systemctl daemon-reload; systemctl restart tock.timer; \
     systemctl show -p TimersCalendar tock.timer | grep -q 05:00:00";

const UNBENT: &str = "! grep -q evil /usr/bin/refusing && systemctl -q is-active refusing && \
     systemctl -q is-active tick.timer && systemctl -q is-enabled tick.timer && \
     systemctl show -p TimersCalendar tock.timer | grep -q 03:00:00";

/// What somebody has done to the system: programs, settings, a service of their own, another one
/// switched off.
const TAMPER: &str = "echo evil >>/usr/bin/passwd; cp /bin/true /usr/bin/last; rm /usr/bin/wall; \
     echo 'root::0:0::/:/bin/sh' >/etc/passwd.evil; chmod 4755 /bin/ls; mkdir /usr/lib/evil; \
     echo evil >/usr/lib/evil/file; chattr +i /usr/lib/evil/file; \
     printf '[Service]\\nExecStart=/bin/sleep 100000\\n' >/etc/systemd/system/evil.service; \
     systemctl daemon-reload; systemctl start evil; systemctl disable --now other";

const UNTAMPERED: &str = "test ! -e /etc/passwd.evil && test ! -e /usr/lib/evil && \
     ! grep -q evil /usr/bin/passwd && test $(stat -c %a /bin/ls) = 755 && \
     test ! -e /etc/systemd/system/evil.service && ! systemctl -q is-active evil && \
     systemctl -q is-active other && systemctl -q is-enabled other";

/// libc and systemd replaced by others that work too, and running.
const REPLACE: &str = "libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6); \
     for file in $libc /usr/lib/systemd/systemd; do \
         cp -a $file $file.other && echo other >>$file.other && mv $file.other $file; \
     done; systemctl daemon-reexec; sha256sum $libc /usr/lib/systemd/systemd >/home/replaced";

fn repair(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("repair")?;
    let mut shell = Shell::open(&mut machine)?;
    let healthy = "timeout 200 sh -c 'until systemctl -q is-active zshield-boot-complete zshield; do sleep 1; done'";
    shell.run_within(healthy, LONG)?;
    shell.check(MOUNTED)?;
    shell.check(COUNTER)?;
    shell.check(STUBBORN)?;
    shell.check("zshield backup")?;

    shell.check(TAMPER)?;
    shell.check(BEND)?;
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
    shell.check(UNTAMPERED)?;
    shell.check(UNBENT)?;
    shell.check(
        "rm /home/no-more; systemctl start no-more; ! grep zshield_recover /boot/zshield/grubenv",
    )?;
    // It went on meanwhile, and is the same process with the same file.
    shell.check("test $(tail -n 1 /home/count) -gt $(cat /home/before)")?;
    ensure!(shell.check("systemctl show -p MainPID counter")? == pid, "the service was restarted");
    shell.check("test \"$(sort -n /home/count | uniq -d | wc -l)\" = 0")?;
    nothing_differs(&mut shell)?;

    shell.check(REPLACE)?;
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

    let mut machine = appliance.machine().power_on("afterwards")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(healthy, LONG)?;
    shell.check(UNTAMPERED)?;
    shell.check(UNBENT)?;
    machine.cut_power();
    Ok(())
}

fn nothing_differs(shell: &mut Shell<'_>) -> Result<()> {
    let again = shell.run_within("zshield --lang en recover latest --dry-run", LONG)?;
    ensure!(again.output.contains("Nothing differs"), "{}", again.output);
    Ok(())
}
