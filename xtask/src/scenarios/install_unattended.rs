//! A stick that installs by itself, and what it must not do.

use std::time::Duration;

use anyhow::Result;

use super::install::runs;
use crate::appliance::{
    Appliance, HDD_GIB, INSTALLED, SSD_GIB, TO_FIRST_SCREEN, TO_INSTALLED, first_screen,
};
use crate::qemu::Firmware;
use crate::scenario::{Context, Scenario, Tier};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "install-unattended",
    shows: "installs without a key and switches off; left in the machine, it erases nothing",
    tier: Tier::E2e,
    in_ci: true,
    run: unattended,
}];

fn unattended(context: &Context) -> Result<()> {
    let appliance = Appliance::blank(&context.folder, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let stick = appliance.with_stick(&context.artifacts.unattended_stick()?)?;

    let mut machine = stick.power_on("install")?;
    machine.expect("::zshield:: install status=begun", TO_FIRST_SCREEN)?;
    machine.expect(INSTALLED, TO_INSTALLED)?;
    machine.wait_off(Duration::from_mins(2))?;

    let mut machine = stick.power_on("again")?;
    let refused = "::zshield:: install status=refused reason=appliance-present";
    machine.expect(refused, TO_FIRST_SCREEN)?;
    first_screen(&mut machine, "present")?;
    machine.cut_power();
    runs(&appliance, "ssd")
}
