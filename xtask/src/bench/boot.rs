//! A normal boot of the installed appliance, beside the same system without anything of zshield's
//! in its way: no snapshot, no volume on the HDD to be mounted.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Row, TURNS, median};
use crate::appliance::Appliance;
use crate::artifacts::Artifacts;
use crate::qemu::{Firmware, Shell};

pub(super) fn rows(artifacts: &Artifacts) -> Result<Vec<Row>> {
    let folder = artifacts.work().run_folder("bench-boot")?;
    let make = |name: &str| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Appliance::installed(&folder, Firmware::Bios, artifacts)
    };
    let (ours, bare) = (make("installed")?, make("bare")?);
    strip(&bare)?;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        times[0].push(kernel_to_shell(&ours)?);
        times[1].push(kernel_to_shell(&bare)?);
    }
    let [ours_s, peer_s] = times.map(median);
    let ratio = peer_s / ours_s;
    let case = "kernel to root shell".to_owned();
    Ok(vec![Row { bench: "boot", case, ours_s, peer: "bare payload", peer_s, ratio }])
}

/// Takes away what the installation added to the payload's own boot.
fn strip(appliance: &Appliance) -> Result<()> {
    let mut machine = appliance.machine().power_on("strip")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("lvremove -qq -y vgroup/snap0")?;
    shell.check("sed -i '/lv-user/d; /lv-audit/d' /etc/fstab && sync")?;
    shell.check("systemctl poweroff")?;
    machine.wait_off(Duration::from_mins(2))
}

/// The seconds from the kernel's start to the prompt, by the guest's own clock: firmware and GRUB
/// with its time-out are the same for both.
fn kernel_to_shell(appliance: &Appliance) -> Result<f64> {
    let mut machine = appliance.machine().power_on("boot")?;
    let mut shell = Shell::open(&mut machine)?;
    let uptime = shell.check("cat /proc/uptime")?;
    let seconds = uptime.split(' ').next().and_then(|text| text.parse().ok());
    shell.check("systemctl poweroff")?;
    machine.wait_off(Duration::from_mins(2))?;
    seconds.context("the machine tells no time")
}
