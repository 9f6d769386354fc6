//! A system that somebody has broken, and its ways back: from the boot menu, by itself, after a
//! cut, and after starts that failed.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    READY, TO_FIRST_SCREEN, choose_way_back, digits_shown, first_screen, wait_recovered,
};
use zshield_machines::qemu::{Firmware, Machine, Port, Running, Shell, grub};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "recover-latest-and-factory",
        "a system without libraries, settings, kernel and room comes back to its latest backup from \
         the boot menu, then to the factory",
        true,
        |context| latest_and_factory(context, Firmware::Bios),
    ),
    Scenario::e2e("recover-uefi", "the same under OVMF", false, |context| {
        latest_and_factory(context, Firmware::Uefi)
    }),
    Scenario::e2e(
        "recover-unattended",
        "what `zshield recover --offline` asked for goes through by itself, though the power fails \
         on the way; a kernel upgraded meanwhile is the old one again",
        false,
        unattended,
    ),
    Scenario::e2e(
        "recover-failed-starts",
        "three starts that come to nothing lead to the dialog, which only offers; one that was cut \
         counts once",
        false,
        failed_starts,
    ),
    Scenario::e2e(
        "recover-no-root",
        "a system whose root does not turn up opens no shell: it restarts, and after three starts \
         offers its ways back, all by itself",
        false,
        no_root,
    ),
    Scenario::e2e(
        "recover-ten-times",
        "broken in ten ways and brought back ten times, to the latest backup and to the factory",
        false,
        ten_times,
    ),
];

const KEY: Duration = Duration::from_secs(20);

/// Waits until the start counts as one that came to a healthy system.
pub(super) const HEALTHY: &str = "timeout 200 sh -c \
     'until systemctl -q is-active zshield-boot-complete zshield; do sleep 1; done'; \
     ! grep zshield_tries=[1-9] /boot/zshield/grubenv";

/// A unit that has failed, if there is one.
pub(super) const NONE_FAILED: &str =
    "failed=$(systemctl --failed --no-legend --plain); echo \"$failed\"; test -z \"$failed\"";

/// From the boot menu back to a running system.
pub(super) fn bring_back(machine: &mut Running, way: &str) -> Result<()> {
    grub::recovery(machine)?;
    choose_way_back(machine, way)?;
    wait_recovered(machine)?;
    machine.expect("screen=done", KEY)?;
    machine.send("r")
}

/// What is done to a system, each of which keeps it from starting or from being what it was.
const BREAKAGES: [&str; 5] = [
    "rm -rf /usr/lib",
    "for file in $(find /etc -type f); do echo broken >$file; done",
    "rm -f /boot/vmlinuz-* /boot/initrd.img-*; echo broken >/boot/zshield/system.cfg",
    "head -c 100000000 /dev/zero >/usr/full; mkdir /usr/many; for n in $(seq 2000); do echo $n >/usr/many/$n; done",
    "dd if=/dev/urandom of=/boot/full bs=1M || true; rm -rf /var/lib /usr/bin/[a-m]*",
];

/// Waits for a word and has the kernel write everything; loaded before anything is broken, since there
/// may be no program left then that could. 162 is `sync`, which returns when all is on the disks.
const SYNC: &str = "exec 7> >(perl -e '$| = 1; print \"syncs-\", \"when-told\\n\"; <STDIN>; \
     syscall(162) == 0 or die; print \"broken-\", \"is-it\\n\"')\n";

/// Breaks a system and leaves it without power, once all that was done is on the disks.
pub fn break_down(mut machine: Running, how: &str) -> Result<()> {
    machine.send(SYNC)?;
    machine.expect("syncs-when-told", KEY)?;
    machine.send(&format!("{{ {how}; }} >/dev/null 2>&1; echo now >&7\n"))?;
    machine.expect("broken-is-it", Duration::from_mins(3))?;
    machine.cut_power();
    Ok(())
}

fn latest_and_factory(context: &Context, firmware: Firmware) -> Result<()> {
    let appliance = context.appliance(firmware)?;
    let mut machine = appliance.machine().power_on("backup")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(HEALTHY)?;
    shell.check("echo latest >/etc/token; rm -rf /usr/share/zoneinfo")?;
    println!(
        "      {}",
        shell
            .check("zshield backup >/run/said; tail -1 /run/said; zshield --lang en status")?
            .replace('\n', "\n      ")
    );
    shell.check("echo customer >/home/data")?;
    let all = BREAKAGES[..4].iter().rev().copied().collect::<Vec<_>>().join("; ");
    break_down(machine, &all)?;

    let mut machine = appliance.machine().power_on("latest")?;
    grub::recovery(&mut machine)?;
    first_screen(&mut machine, "recovery")?;
    machine.screenshot(&context.directory.join("recovery.png"))?;
    machine.send("1\r")?;
    let digits = digits_shown(&mut machine, KEY)?;
    machine.screenshot(&context.directory.join("confirm.png"))?;
    machine.send(&format!("{digits}\r"))?;
    wait_recovered(&mut machine)?;
    machine.expect("screen=done", KEY)?;
    machine.screenshot(&context.directory.join("done.png"))?;
    machine.send("r")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test $(cat /etc/token) = latest; test $(cat /home/data) = customer")?;
    shell.check(
        "test ! -e /usr/full && test ! -e /usr/share/zoneinfo && test -e /usr/lib/systemd",
    )?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    offers_both(&mut shell)?;
    shell.check(NONE_FAILED)?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("factory")?;
    bring_back(&mut machine, "2")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(
        "test ! -e /etc/token; test -e /usr/share/zoneinfo; test $(cat /home/data) = customer",
    )?;
    offers_both(&mut shell)?;
    machine.cut_power();
    Ok(())
}

/// Restoring has consumed nothing.
fn offers_both(shell: &mut Shell<'_>) -> Result<()> {
    for target in ["factory", "latest"] {
        way_back(shell, target, By::Snapshot)?;
    }
    Ok(())
}

/// What leads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// What root was is copied back from its snapshot.
    Snapshot,
    /// There is no sound snapshot: the Golden Image is unpacked.
    Image,
}

/// Checks that a recovery is offered, and by what.
pub(super) fn way_back(shell: &mut Shell<'_>, target: &str, by: By) -> Result<()> {
    let plan = shell.check(&format!("zshield recover {target} --offline --dry-run --json"))?;
    let found = ["copy-back", "unpack"].map(|step| plan.contains(&format!("\"{step}\"")));
    ensure!(found == [by == By::Snapshot, by == By::Image], "{target} not by {by:?}: {plan}");
    Ok(())
}

/// A second kernel, as an upgrade brings it, and the package's own hook.
const UPGRADE: &str = include_str!("../sh/recover/upgrade.sh");

fn unattended(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("backup")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo latest >/etc/token")?;
    shell.check("zshield backup")?;
    shell.script(UPGRADE, &[])?;
    shell.check("echo later >/etc/token; rm -rf /usr/share/zoneinfo; head -c 80000000 /dev/urandom >/usr/noise")?;
    let asked = shell.run("zshield recover latest --offline --yes")?;
    ensure!(asked.status == 5, "asked for with status {}: {}", asked.status, asked.output);
    machine.send("systemctl reboot\n")?;
    // From then on each start goes on with it.
    machine.expect("name=arm status=ok", TO_FIRST_SCREEN)?;
    machine.cut_power();

    // What has begun goes on, and there is no entry for the system that is half of two.
    let mut machine = appliance.machine().power_on("go-on")?;
    wait_recovered(&mut machine)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(
        "test $(cat /etc/token) = latest && test -e /usr/share/zoneinfo && test ! -e /usr/noise",
    )?;
    shell.check("test -d /lib/modules/$(uname -r) && test -e /boot/vmlinuz-$(uname -r)")?;
    shell.check("! ls /boot/vmlinuz-99*")?;
    shell.check("! grep zshield_re[a-z]*=. /boot/zshield/grubenv")?;
    offers_both(&mut shell)?;
    machine.cut_power();
    Ok(())
}

fn failed_starts(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    for start in 1..=3 {
        // Without its HDD it says how far it is: the kernel has begun, the system has not.
        let without =
            Machine::new(&context.directory, Firmware::Bios).with(Port::Ssd, &appliance.ssd);
        let mut machine = without.power_on(&format!("start-{start}"))?;
        machine.expect("waiting for the HDD", TO_FIRST_SCREEN)?;
        machine.switch_off()?;
    }
    let mut machine = appliance.machine().power_on("dialog")?;
    first_screen(&mut machine, "recovery")?;
    machine.send("\r")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(HEALTHY)?;
    machine.cut_power();
    Ok(())
}

fn no_root(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("break")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(HEALTHY)?;
    // GRUB replays no journal: what it is to see must be in its place.
    shell.check(
        "sed -i 's,root=[^ ]*,root=/dev/mapper/gone,' /boot/zshield/system.cfg && \
         fsfreeze -f /boot && fsfreeze -u /boot",
    )?;
    machine.cut_power();
    let mut machine = appliance.machine().power_on("three-starts")?;
    // Three times the initrd waits for root, which takes it half a minute and more.
    let screen = machine.expect(READY, Duration::from_mins(9))?;
    ensure!(screen.trim() == "recovery", "shows the screen «{}»", screen.trim());
    machine.cut_power();
    Ok(())
}

fn ten_times(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("backup")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo latest >/etc/token; zshield backup; echo customer >/home/data; sync")?;
    for (round, how) in (1..=10).zip(BREAKAGES.iter().cycle()) {
        break_down(machine, how)?;
        machine = appliance.machine().power_on(&format!("round-{round}"))?;
        let latest = round % 3 != 0;
        bring_back(&mut machine, if latest { "1" } else { "2" })?;
        let mut shell = Shell::open(&mut machine)?;
        let token = if latest { "grep latest /etc/token" } else { "test ! -e /etc/token" };
        shell.check(&format!(
            "{token} && test $(cat /home/data) = customer && test ! -e /usr/full"
        ))?;
        offers_both(&mut shell)?;
        println!("      round {round}: {how}");
    }
    machine.cut_power();
    Ok(())
}
