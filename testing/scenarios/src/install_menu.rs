//! The boot menu of an installed appliance: its lock, and the rescue system behind its second
//! entry, which starts from the SSD and leaves the system as it was.

use anyhow::Result;

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::appliance::{READY, TO_FIRST_SCREEN};
use zshield_machines::qemu::{Firmware, Shell, grub};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "install-menu",
    shows: "GRUB's editor and shell are no keys of the menu; its second entry starts the rescue system; leaving it \
            restarts into the system",
    tier: Tier::E2e,
    in_ci: false,
    run: menu,
}];

fn menu(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("menu")?;
    grub::menu(&mut machine)?;
    machine.screenshot(&context.directory.join("grub.png"))?;

    // There is neither editor nor shell.
    machine.send("ec\t")?;
    machine.expect(&format!("{READY}recovery"), TO_FIRST_SCREEN)?;
    machine.screenshot(&context.directory.join("recovery.png"))?;

    // Leaving is the last of four, and the one that stands there already.
    machine.send("\r")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("lvs vgroup/lv-root vgroup/snap0")?;
    machine.cut_power();
    Ok(())
}
