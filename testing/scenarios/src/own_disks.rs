//! Disks that are not the appliance's own, plugged in beside its own: it starts from its own, and
//! writes no other.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::qemu::{Firmware, Port, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::e2e(
    "boot-with-foreign-appliance",
    "both disks of a second appliance on the first ports, its group of the same name: the own system \
     starts with all its volumes, a backup is made, and the other's disks are seen and not written",
    true,
    foreign,
)];

/// Looks whether the system is the own one and all of it is there.
const OWN: &str = include_str!("../sh/own-disks/own.sh");

fn foreign(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("alone")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(
        "for at in /etc /home /var/log /boot; do echo own >$at/token || exit 1; done; sync",
    )?;
    machine.cut_power();

    let directory = context.directory.join("other");
    std::fs::create_dir_all(&directory)?;
    let other = context.artifacts.other_appliance(&directory)?;
    let both = appliance.machine();
    let both = both.with_other(Port::Ssd, &other.ssd).with_other(Port::Hdd, &other.hdd);
    let mut machine = both.power_on("both")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.script(OWN, &[])?;
    let made = shell.run_within("zshield --lang en backup", Duration::from_mins(3))?;
    ensure!(made.status == 0, "{}", made.output);
    shell.script(OWN, &[])?;
    machine.cut_power();
    Ok(())
}
