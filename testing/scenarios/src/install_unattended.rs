//! A stick that installs by itself, on disks that were something else before, and what it must not
//! do.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::install::runs;
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::appliance::{
    Appliance, HDD_GIB, INSTALLED, SSD_GIB, TO_FIRST_SCREEN, TO_INSTALLED, first_screen,
};
use zshield_machines::qemu::{Disk, Firmware};
use zshield_machines::uml::Uml;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "install-unattended",
    shows: "installs without a key, on an HDD with old RAID and LVM signatures, and switches off; \
            left in the machine, it erases nothing",
    tier: Tier::E2e,
    in_ci: false,
    run: unattended,
}];

fn unattended(context: &Context) -> Result<()> {
    let mut appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, 1)?;
    appliance.hdd = with_old_signatures(&context.directory)?;
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

/// A disk that was a RAID's and a volume group's, with the name of ours, before it came here.
fn with_old_signatures(directory: &Path) -> Result<Disk> {
    let raw = directory.join("old.img");
    fs::File::create(&raw)?.set_len(u64::from(HDD_GIB) << 30)?;
    Uml::new(directory)?.disk(&raw).module("raid1").check(
        "old",
        include_str!("../sh/install/old-signatures.sh"),
        Duration::from_mins(2),
    )?;
    Disk::from_raw(directory.join("old.qcow2"), &raw, HDD_GIB)
}
