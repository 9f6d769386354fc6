//! The emergency stick on whole machines that no longer start.

use std::time::Duration;

use anyhow::Result;

use super::recover::{HEALTHY, NONE_FAILED};
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    Appliance, choose_way_back_from_stick, digits_shown, first_screen, wait_recovered,
};
use zshield_machines::qemu::{Firmware, Running, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "stick-no-start-bios",
        "boot code, GRUB's core and /boot are overwritten, and the machine starts nothing: the stick says what is damaged, \
         one key and four digits repair it, and it starts with its settings, backups and data as they were",
        false,
        |context| no_start(context, Firmware::Bios),
    ),
    Scenario::e2e(
        "stick-no-start-uefi",
        "the same with the EFI system partition",
        false,
        |context| no_start(context, Firmware::Uefi),
    ),
    Scenario::e2e(
        "stick-ways-back",
        "/boot is emptied and libraries are lost: from the stick the machine returns to the latest backup",
        false,
        ways_back,
    ),
];

const KEY: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_mins(5);

/// A machine with a backup, and settings that are newer; then it is broken by these commands, and loses its power.
fn broken(appliance: &Appliance, commands: &[&str]) -> Result<()> {
    let mut machine = appliance.machine().power_on("before")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell
        .check("echo latest >/etc/token; echo customer >/home/token; echo logs >/var/log/token")?;
    shell.check_within("zshield backup >/run/said", LONG)?;
    shell.check("echo later >/etc/token")?;
    for command in commands {
        shell.check(command)?;
    }
    shell.check("find /boot -mindepth 1 -delete; sync")?;
    machine.cut_power();
    Ok(())
}

/// What the stick leaves alone.
const KEPT: &str = "test $(cat /home/token) = customer && test $(cat /var/log/token) = logs && \
     mountpoint /boot && ls /boot/vmlinuz-$(uname -r)";

fn no_start(context: &Context, firmware: Firmware) -> Result<()> {
    let appliance = context.appliance(firmware)?;
    let over = match firmware {
        Firmware::Bios => {
            "dd if=/dev/zero of=/dev/sda bs=440 count=1 conv=notrunc,fsync; \
             dd if=/dev/urandom of=/dev/sda1 bs=64k count=2 conv=notrunc,fsync"
        }
        Firmware::Uefi => "dd if=/dev/urandom of=/dev/sda2 bs=64k count=2 conv=notrunc,fsync",
    };
    broken(&appliance, &[over])?;

    let mut machine = appliance.with_stick(&context.artifacts.stick()?)?.power_on("stick")?;
    first_screen(&mut machine, "present")?;
    machine.screenshot(&context.directory.join("present.png"))?;
    machine.send("f")?;
    let digits = digits_shown(&mut machine, LONG)?;
    machine.screenshot(&context.directory.join("damaged.png"))?;
    machine.send(&format!("{digits}\r"))?;
    machine.expect("::zshield:: repair status=done", LONG)?;
    machine.expect("screen=done", KEY)?;
    machine.screenshot(&context.directory.join("repaired.png"))?;
    // Nothing of the system was written.
    starts_again(&appliance, machine, "later")
}

/// Once the stick's session has ended the machine starts by itself, with these settings and all its data.
fn starts_again(appliance: &Appliance, mut stick: Running, token: &str) -> Result<()> {
    stick.send("p")?;
    stick.wait_off(KEY)?;
    let mut machine = appliance.machine().power_on("after")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(&format!("test $(cat /etc/token) = {token}"))?;
    shell.check(KEPT)?;
    shell.check(NONE_FAILED)?;
    shell.check_within("zshield backup >/run/said", LONG)?;
    shell.check("zshield --lang en status")?;
    machine.cut_power();
    Ok(())
}

fn ways_back(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    broken(&appliance, &["rm -r /usr/lib/systemd"])?;

    let mut machine = appliance.with_stick(&context.artifacts.stick()?)?.power_on("stick")?;
    first_screen(&mut machine, "present")?;
    machine.send("w")?;
    choose_way_back_from_stick(&mut machine, "1")?;
    wait_recovered(&mut machine)?;
    machine.expect("screen=done", KEY)?;
    machine.screenshot(&context.directory.join("recovered.png"))?;
    starts_again(&appliance, machine, "latest")
}
