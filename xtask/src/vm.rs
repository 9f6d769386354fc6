//! An installed demo appliance with its console in this terminal.

use anyhow::Result;

use crate::appliance::Appliance;
use crate::artifacts::Artifacts;
use crate::qemu::Firmware;

/// Starts it; what it writes is gone afterwards.
pub fn run(artifacts: &Artifacts, firmware: Firmware) -> Result<()> {
    let directory = artifacts.work().run_directory("vm")?;
    let appliance = Appliance::installed(&directory, firmware, artifacts)?;
    println!("Ctrl-A X ends the machine, Ctrl-A C opens QEMU's monitor.");
    appliance.machine().in_terminal()
}
