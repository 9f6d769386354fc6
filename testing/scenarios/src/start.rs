//! Starts after a power cut at its worst.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::degraded::without_hdd;
use super::recover::{By, HEALTHY, way_back};
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{Appliance, choose_way_back, first_screen, wait_recovered};
use zshield_machines::qemu::{Firmware, Shell, grub};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "start-emergency",
        "a volume of fstab does not come, and systemd ends in emergency mode: nobody logs in, the machine \
         restarts, and as it was the third such start the recovery is offered; asked for on a \
         system that has started, the mode stays",
        true,
        emergency,
    ),
    Scenario::e2e(
        "start-boot-gone",
        "a line that is noisy while the menu counts keeps no system from starting; with /boot empty GRUB's \
         core opens no shell and starts the rescue system by itself, which offers the ways back, puts /boot \
         back and brings the system to its backup",
        true,
        boot_gone,
    ),
    Scenario::e2e(
        "start-torn",
        "a power cut has torn the superblocks of root and /boot, which no journal covers, and LVM's \
         metadata on both disks: the system mends them and starts. GRUB follows no other menu that its \
         environment names, a check finds that, and a recovery takes it away",
        true,
        torn,
    ),
    Scenario::e2e(
        "start-torn-without-hdd",
        "the same, and the HDD is gone: it starts; the HDD back, nothing is taken for proved, \
         since root was mended",
        false,
        torn_without_hdd,
    ),
    Scenario::e2e(
        "start-under-lists",
        "an administrator's lists of volumes, filters and devices keep LVM from the own group, in the system \
         and in its initrd: it starts, status and the alarm name the line, backup, check and both ways back \
         work; without the lists all volumes are there again",
        false,
        under_lists,
    ),
];

/// initramfs-tools keeps what its fsck says in a file, dracut in the journal.
const ROOT_MENDED: &str = "(cat /run/initramfs/fsck.log || journalctl -b -u systemd-fsck-root) | \
     grep 'checksum does not match'";

const KEPT: &str =
    "test $(cat /etc/token) = kept; test $(cat /boot/token) = kept; mountpoint /boot";

/// The number of free blocks is in one sector, the checksum over it in the next.
const TEAR: &str = include_str!("../sh/start/tear.sh");

/// On both disks LVM's last change has a header, which says where in the metadata area its text is,
/// and no text.
const TEAR_METADATA: &str = include_str!("../sh/start/tear-metadata.sh");
/// Another menu, and words that lead there.
const ENVIRONMENT: &str = include_str!("../sh/start/environment.sh");
const ENVIRONMENT_RESET: &str = include_str!("../sh/start/environment-reset.sh");

const METADATA_MENDED: &str =
    "vgs vgroup; test -z \"$(vgs --noheadings -o vg_tags vgroup | tr -d ' ')\"";

/// Has the next start end in emergency mode, the third one to fail, with little patience.
const EMERGENCY: &str = include_str!("../sh/start/emergency.sh");

fn emergency(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("emergency")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.script(EMERGENCY, &[])?;
    machine.tolerate("You are in emergency mode");
    machine.send("systemctl reboot\n")?;
    machine.expect("in emergency mode. If nobody logs in", Duration::from_mins(4))?;
    machine.expect("Nobody logged in: the machine restarts now", Duration::from_mins(2))?;
    first_screen(&mut machine, "recovery")?;
    machine.cut_power();
    Ok(())
}

/// What the backup has, and the system has not that loses its `/boot`.
const PUT_BACK: &str = "test $(cat /etc/token) = latest && test -s /boot/zshield/ledger.a && \
     test -s /boot/zshield/ledger.b && ls /boot/vmlinuz-$(uname -r) && mountpoint /boot";

fn boot_gone(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("noise")?;
    grub::menu(&mut machine)?;
    machine.send(grub::NOISE)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check("echo latest >/etc/token")?;
    shell.check("zshield backup; echo later >/etc/token")?;
    shell.check("find /boot -mindepth 1 -delete; sync")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("gone")?;
    choose_way_back(&mut machine, "1")?;
    wait_recovered(&mut machine)?;
    machine.expect("screen=done", Duration::from_secs(20))?;
    machine.send("r")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(PUT_BACK)?;
    for target in ["factory", "latest"] {
        way_back(&mut shell, target, By::Snapshot)?;
    }
    machine.cut_power();
    Ok(())
}

fn cut(context: &Context) -> Result<Appliance> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("cut")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo kept >/etc/token; echo kept >/boot/token; sync; sync")?;
    shell.script(ENVIRONMENT, &[])?;
    shell.script(TEAR, &[])?;
    shell.script(TEAR_METADATA, &[])?;
    machine.cut_power();
    Ok(appliance)
}

fn torn(context: &Context) -> Result<()> {
    let appliance = cut(context)?;
    let mut machine = appliance.machine().power_on("mended")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(METADATA_MENDED)?;
    shell.check(ROOT_MENDED)?;
    shell.check("journalctl -b -u 'systemd-fsck@*' | grep 'checksum does not match'")?;
    shell.check(KEPT)?;
    way_back(&mut shell, "factory", By::Snapshot)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.script_within(ENVIRONMENT_RESET, &[], Duration::from_mins(6))?;
    machine.cut_power();
    Ok(())
}

fn torn_without_hdd(context: &Context) -> Result<()> {
    let appliance = cut(context)?;
    let mut machine = without_hdd(context, &appliance).power_on("gone")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(ROOT_MENDED)?;
    shell.check(KEPT)?;
    shell.check("grep '\"superblock\":null' /boot/zshield/degraded")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("back")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test -s /boot/zshield/degraded; test $(cat /etc/token) = kept")?;
    way_back(&mut shell, "factory", By::Image)?;
    machine.cut_power();
    Ok(())
}

const LISTS: &str = include_str!("../sh/start/lists.sh");
const UNDER_LISTS: &str = include_str!("../sh/start/under-lists.sh");
const WITHOUT_LISTS: &str = include_str!("../sh/start/without-lists.sh");

fn under_lists(context: &Context) -> Result<()> {
    const LONG: Duration = Duration::from_mins(20);
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("before")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check("echo kept >/home/token; cp -a /etc/lvm /root/lvm; zshield backup")?;
    println!("      {}", shell.script_within(LISTS, &[], LONG)?.trim().replace('\n', "\n      "));
    shell.check("sync")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("under")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(HEALTHY)?;
    println!(
        "      {}",
        shell.script_within(UNDER_LISTS, &[], LONG)?.trim().replace('\n', "\n      ")
    );
    let made = shell.run_within("zshield --lang en backup", LONG)?;
    ensure!(made.status == 0, "{}", made.output);
    // Another initrd than the delivered one is meant to be so.
    let meant = "zshield check >/dev/null || { test $? = 4 && zshield check --accept; }";
    let meant = shell.run_within(meant, LONG)?;
    ensure!(meant.status == 0, "{}", meant.output);
    let checked = shell.run_within("zshield --lang en check", LONG)?;
    ensure!(checked.status == 0, "{}", checked.output);
    for target in ["factory", "latest"] {
        way_back(&mut shell, target, By::Snapshot)?;
    }
    shell.check("rm -r /etc/lvm; cp -a /root/lvm /etc/lvm; sync")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("without")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.script_within(WITHOUT_LISTS, &[], LONG)?;
    machine.cut_power();
    Ok(())
}
