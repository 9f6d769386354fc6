//! A normal boot of the installed appliance with the latest backup's store full, and with what an installation
//! leaves; beside the same system without anything of zshield's in its way: no snapshot, no volume
//! on the HDD to be mounted.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::findings::Findings;
use super::form::Form;
use super::row::Row;
use super::statistics::median;
use zshield_machines::appliance::Appliance;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Firmware, Shell};
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml::Uml;

const TURNS: usize = 2;
const OFF: Duration = Duration::from_mins(2);

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-boot")?;
    let make = |name: &str| {
        let directory = directory.join(name);
        std::fs::create_dir_all(&directory)?;
        artifacts.appliance(&directory, Firmware::Bios)
    };
    let (full, fresh, bare) = (make("full")?, make("installed")?, make("bare")?);
    prepare(&bare, "lvremove -qq -y vgroup/snap0; sed -i '/lv-user/d; /lv-audit/d' /etc/fstab")?;
    prepare(&full, "zshield backup")?;
    fill(&full, &directory.join("full"))?;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..form.turns(TURNS) {
        for (times, appliance) in times.iter_mut().zip([&full, &fresh, &bare]) {
            times.push(kernel_to_shell(appliance)?);
        }
    }
    let [full, fresh, bare] = times.map(|times| median(&times));
    let row = |case: &str, ours| {
        let case = format!("kernel to root shell, {case}");
        Row::seconds("boot", case, ours, "bare payload", bare, String::new())
    };
    Ok(vec![row("latest backup's store full", full), row("as installed", fresh)].into())
}

/// Boots once, to have something done.
fn prepare(appliance: &Appliance, what: &str) -> Result<()> {
    let mut machine = appliance.machine().power_on("prepare")?;
    let mut shell = Shell::open(&mut machine)?;
    let done = shell.run_within(&format!("({what}) && sync"), OFF)?;
    ensure!(done.status == 0, "{what}: {}", done.output);
    shell.check("systemctl poweroff")?;
    machine.wait_off(OFF)
}

/// Fills the store that the kernel loads where nothing writes to root meanwhile: in user-mode Linux.
fn fill(appliance: &Appliance, directory: &Path) -> Result<()> {
    let disks =
        [(&appliance.ssd, directory.join("ssd.img")), (&appliance.hdd, directory.join("hdd.img"))];
    let convert = |from: &str, to: &str, old: &Path, new: &Path| {
        capture(tool("qemu-img", ["convert", "-f", from, "-O", to]).arg(old).arg(new)).map(drop)
    };
    for (disk, raw) in &disks {
        convert("qcow2", "raw", disk.path(), raw)?;
    }
    Uml::new(directory)?
        .disk(&disks[0].1)
        .rotating_disk(&disks[1].1)
        .env("XTASK", &zshield_machines::binary::this()?.display().to_string())
        .check("fill", include_str!("../sh/boot/fill.sh"), Duration::from_mins(5))?;
    for (disk, raw) in &disks {
        convert("raw", "qcow2", raw, disk.path())?;
        std::fs::remove_file(raw)?;
    }
    Ok(())
}

/// The seconds from the kernel's start to the prompt, by the guest's own clock: firmware and GRUB
/// with its time-out are the same for all.
fn kernel_to_shell(appliance: &Appliance) -> Result<f64> {
    let mut machine = appliance.machine().power_on("boot")?;
    let mut shell = Shell::open(&mut machine)?;
    let uptime = shell.check("cat /proc/uptime")?;
    let seconds = uptime.split(' ').next().and_then(|text| text.parse().ok());
    shell.check("systemctl poweroff")?;
    machine.wait_off(OFF)?;
    seconds.context("the machine tells no time")
}
