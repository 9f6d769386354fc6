//! GRUB's menu over the serial console.

use std::time::Duration;

use anyhow::Result;

use super::running::Running;

/// What stands in every menu while it counts.
pub const COUNTS: &str = "starts by itself at 0";

/// What is no key of the menu and does not stop its count: bytes of a noisy line, Escape the last,
/// which starts what would start by itself.
pub const NOISE: &str = "xec\r\u{1b}";

const FIRMWARE: Duration = Duration::from_secs(90);
const RECOVERY_KEY: &str = "\t";

/// Waits for a menu that counts down.
pub fn menu(machine: &mut Running) -> Result<()> {
    machine.expect_any(&[COUNTS], FIRMWARE).map(drop)
}

/// Waits for the menu, and chooses the recovery in it.
pub fn recovery(machine: &mut Running) -> Result<()> {
    menu(machine)?;
    machine.send(RECOVERY_KEY)
}
