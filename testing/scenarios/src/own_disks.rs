//! Disks that are not the appliance's own, plugged in beside its own: it starts from its own, and
//! writes no other.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::Appliance;
use zshield_machines::qemu::{Disk, Firmware, Machine, Port, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "boot-with-foreign-appliance",
        "both disks of a second appliance on the first ports, its group of the same name: the own system \
         starts with all its volumes, a backup is made, and the other's disks are seen and not written",
        true,
        foreign,
    ),
    Scenario::e2e(
        "boot-with-copies",
        "copies of both own disks on the first ports: the own system starts from its own disks, the copies \
         are not written, an alarm names them, and a backup is made",
        false,
        copies,
    ),
    Scenario::e2e(
        "boot-behind-another-card",
        "the RAID card was replaced and calls the array otherwise: the system starts with all its volumes, \
         status says so, and a backup has the ledger name the disk as it is called now: the next start knows \
         it at once",
        false,
        other_card,
    ),
];

const BACKUP: Duration = Duration::from_mins(3);

/// Looks whether the system is the own one and all of it is there.
const OWN: &str = include_str!("../sh/own-disks/own.sh");

/// Looks whether it is a copy that runs, or was written.
const COPIES: &str = include_str!("../sh/own-disks/copies.sh");

/// Leaves a word on each own filesystem.
fn mark(appliance: &Appliance) -> Result<()> {
    let mut machine = appliance.machine().power_on("alone")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(
        "for at in /etc /home /var/log /boot; do echo own >$at/token || exit 1; done; sync",
    )?;
    machine.cut_power();
    Ok(())
}

/// The system that runs beside other disks is the own one, and a backup of it is made.
fn runs(machine: &Machine, label: &str, script: &str) -> Result<()> {
    let mut machine = machine.power_on(label)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.script(script, &[])?;
    let made = shell.run_within("zshield --lang en backup", BACKUP)?;
    ensure!(made.status == 0, "{}", made.output);
    shell.script(script, &[])?;
    machine.cut_power();
    Ok(())
}

fn foreign(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    mark(&appliance)?;
    let directory = context.directory.join("other");
    fs::create_dir_all(&directory)?;
    let other = context.artifacts.other_appliance(&directory)?;
    let both = appliance.machine();
    let both = both.with_other(Port::Ssd, &other.ssd).with_other(Port::Hdd, &other.hdd);
    runs(&both, "both", OWN)
}

fn copies(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let ssd = copy(&appliance.ssd, &context.directory.join("ssd-copy.qcow2"))?;
    let hdd = copy(&appliance.hdd, &context.directory.join("hdd-copy.qcow2"))?;
    mark(&appliance)?;
    let machine = appliance.machine();
    runs(&machine.with_other(Port::Ssd, &ssd).with_other(Port::Hdd, &hdd), "copies", COPIES)
}

/// A copy of a disk as it is now.
fn copy(disk: &Disk, to: &Path) -> Result<Disk> {
    fs::copy(disk.path(), to).with_context(|| to.display().to_string())?;
    Ok(Disk::existing(to.to_owned()))
}

fn other_card(context: &Context) -> Result<()> {
    const ARRAY: &str = "zshield --lang en status | grep 'MR9460-16i'";
    const FORMER: &str = "zshield --lang en status | grep 'MR9361-8i'";
    const VOLUMES: &str = "for at in /home /var/log; do mountpoint $at || exit 1; done";
    let appliance = context.appliance(Firmware::Bios)?;
    let machine = appliance.machine().without(Port::Hdd).with(Port::OtherCard, &appliance.hdd);
    let mut running = machine.power_on("other-card")?;
    let mut shell = Shell::open(&mut running)?;
    shell.check(VOLUMES)?;
    println!("      {}", shell.check(ARRAY)?.trim());
    shell.check(FORMER)?;
    shell.check("if zshield alarm list --json | grep disk-missing; then exit 1; fi")?;
    let made = shell.run_within("zshield --lang en backup", BACKUP)?;
    ensure!(made.status == 0, "{}", made.output);
    shell.check("lvs vgroup/snap0 vgroup/snap1")?;
    shell.check(ARRAY)?;
    shell.check(&format!("if {FORMER}; then exit 1; fi"))?;
    running.cut_power();

    let mut running = machine.power_on("known-by-now")?;
    let mut shell = Shell::open(&mut running)?;
    shell.check(VOLUMES)?;
    shell.check(ARRAY)?;
    shell.check(&format!("if {FORMER}; then exit 1; fi"))?;
    running.cut_power();
    Ok(())
}
