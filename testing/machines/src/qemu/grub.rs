//! Walking through GRUB's menus over the serial console.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::running::Running;

const FIRMWARE: Duration = Duration::from_secs(90);
const DOWN: &str = "\x1b[B";

/// Waits for a menu that counts down, and stops the count.
pub fn menu(machine: &mut Running) -> Result<()> {
    machine.expect_any(&["executed automatically"], FIRMWARE)?;
    // Any arrow stops it; from the first entry, this one goes nowhere.
    machine.send("\x1b[A")?;
    wait_for_grub();
    Ok(())
}

/// Goes `down` entries down in the menu on the screen, and chooses the one there.
pub fn choose(machine: &mut Running, down: usize) -> Result<()> {
    for _ in 0..down {
        machine.send(DOWN)?;
        wait_for_grub();
    }
    machine.send("\r")
}

/// GRUB says nothing when it has read a key, and loses one that comes while it draws.
fn wait_for_grub() {
    thread::sleep(Duration::from_millis(200));
}
