//! The boot menu of an installed appliance: its lock, and the rescue system behind its second
//! entry, which starts from the SSD and leaves the system as it was.

use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::appliance::{READY, TO_FIRST_SCREEN};
use zshield_machines::qemu::{Firmware, Shell, grub};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "install-menu",
    shows: "GRUB's editor is locked; its second entry starts the rescue system; leaving it \
            restarts into the system",
    tier: Tier::E2e,
    in_ci: false,
    run: menu,
}];

const KEY: Duration = Duration::from_secs(20);

fn menu(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("menu")?;
    grub::menu(&mut machine)?;
    machine.screenshot(&context.directory.join("grub.png"))?;

    // The editor asks for a user that nobody is.
    machine.send("e")?;
    machine.expect("Enter username", KEY)?;
    machine.send("zshield\r")?;
    machine.expect("Enter password", KEY)?;
    machine.send("guess\r")?;
    machine.expect("Golden Image", KEY)?;

    grub::choose(&mut machine, 1)?;
    machine.expect(&format!("{READY}recovery"), TO_FIRST_SCREEN)?;
    machine.screenshot(&context.directory.join("recovery.png"))?;

    // Leaving is the last of three, and the one that stands there already.
    machine.send("\r")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("lvs vgroup/lv-root vgroup/snap0")?;
    machine.cut_power();
    Ok(())
}
