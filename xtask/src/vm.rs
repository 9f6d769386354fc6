//! An installed demo appliance with its console in this terminal.

use anyhow::Result;

use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::Firmware;

/// Starts it; what it writes is gone afterwards.
pub fn run(artifacts: &Artifacts, firmware: Firmware) -> Result<()> {
    let directory = artifacts.work().run_directory("vm")?;
    let appliance = artifacts.appliance(&directory, firmware)?;
    println!("Ctrl-A X ends the machine, Ctrl-A C opens QEMU's monitor.");
    appliance.machine().in_terminal()
}
