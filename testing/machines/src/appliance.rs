//! An appliance as the factory sees it: two disks, a stick, one key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cache::{self, Key};
use crate::qemu::{Disk, Firmware, Machine, Port, Running};

/// Sizes of an ordinary appliance's disks, in GiB.
pub const SSD_GIB: u32 = 64;
/// See [`SSD_GIB`].
pub const HDD_GIB: u32 = 500;

/// The rescue system's first screen.
pub const READY: &str = "::zshield:: rescue status=ready screen=";
/// What starts the installation there.
pub const THE_KEY: &str = "i";
/// The end of an installation.
pub const INSTALLED: &str = "::zshield:: install status=done";

/// From power-on to the rescue system's first screen, at the very most.
pub const TO_FIRST_SCREEN: Duration = Duration::from_secs(150);
/// From the key to the end of the installation, at the very most.
pub const TO_INSTALLED: Duration = Duration::from_mins(7);

/// Two disks and the firmware that goes with them.
#[derive(Debug, Clone)]
pub struct Appliance {
    directory: PathBuf,
    firmware: Firmware,
    /// On the SATA controller.
    pub ssd: Disk,
    /// Behind the RAID card.
    pub hdd: Disk,
}

impl Appliance {
    /// Empty disks of these sizes in GiB.
    pub fn blank(directory: &Path, firmware: Firmware, ssd: u32, hdd: u32) -> Result<Self> {
        Ok(Self {
            directory: directory.to_owned(),
            firmware,
            ssd: Disk::empty(directory.join("ssd.qcow2"), ssd)?,
            hdd: Disk::empty(directory.join("hdd.qcow2"), hdd)?,
        })
    }

    /// One with the disks of the directory `base`, which keeps its changes in `directory`.
    pub fn over(directory: &Path, firmware: Firmware, base: &Path) -> Result<Self> {
        Ok(Self {
            directory: directory.to_owned(),
            firmware,
            ssd: Disk::overlay(directory.join("ssd.qcow2"), &base.join("ssd.qcow2"), "qcow2")?,
            hdd: Disk::overlay(directory.join("hdd.qcow2"), &base.join("hdd.qcow2"), "qcow2")?,
        })
    }

    /// What to call it in a report: its directory's name.
    pub fn name(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The machine with its own two disks.
    pub fn machine(&self) -> Machine {
        Machine::new(&self.directory, self.firmware)
            .with(Port::Ssd, &self.ssd)
            .with(Port::Hdd, &self.hdd)
    }

    /// The machine with the stick in it, whose changes stay in this appliance's directory.
    pub fn with_stick(&self, image: &Path) -> Result<Machine> {
        let path = self.directory.join("stick.qcow2");
        let stick =
            if path.exists() { Disk::existing(path) } else { Disk::overlay(path, image, "raw")? };
        Ok(self.machine().with(Port::Stick, &stick))
    }
}

/// Waits for the rescue system's first screen, which has to be the one of this name.
pub fn first_screen(machine: &mut Running, wanted: &str) -> Result<()> {
    let screen = machine.expect(READY, TO_FIRST_SCREEN)?;
    if screen.trim() == wanted {
        return Ok(());
    }
    Err(machine.failed(&format!("shows the screen «{}», not «{wanted}»", screen.trim())))
}

/// Waits for the installer's first screen and presses the one key.
pub fn press_the_key(machine: &mut Running) -> Result<()> {
    first_screen(machine, "install")?;
    machine.send(THE_KEY)
}

/// Waits for the end of the installation.
pub fn wait_installed(machine: &mut Running) -> Result<()> {
    while next_step(machine)?.is_some() {}
    Ok(())
}

/// The next step that an installation says to have done (`7/23 name=… status=ok`), or `None` when
/// it says that it is done.
pub fn next_step(machine: &mut Running) -> Result<Option<String>> {
    let said = [
        "::zshield:: install step=",
        INSTALLED,
        "::zshield:: install status=refused",
        // The dialog began anew: the one before has crashed.
        "::zshield:: rescue status=starting",
    ];
    match machine.expect_any(&said, TO_INSTALLED)? {
        0 => Ok(Some(machine.rest_of_line().trim().to_owned())),
        1 => Ok(None),
        other => Err(machine.failed(&format!("said «{}» instead of installing", said[other]))),
    }
}

/// Goes through the dialog of the ways back: the key of a way, and the digits that then stand there.
pub fn choose_way_back(machine: &mut Running, way: &str) -> Result<()> {
    first_screen(machine, "recovery")?;
    take_way_back(machine, way)
}

/// The same where the ways back stand there, or are about to.
pub fn choose_way_back_from_stick(machine: &mut Running, way: &str) -> Result<()> {
    machine.expect("rescue status=ready screen=recovery", TO_FIRST_SCREEN)?;
    take_way_back(machine, way)
}

fn take_way_back(machine: &mut Running, way: &str) -> Result<()> {
    const KEY: Duration = Duration::from_secs(20);
    machine.send(way)?;
    machine.send("\r")?;
    let digits = digits_shown(machine, KEY)?;
    machine.send(&format!("{digits}\r"))
}

/// Waits for the second confirmation; returns the digits that it asks for.
pub fn digits_shown(machine: &mut Running, limit: Duration) -> Result<String> {
    let line = machine.expect("rescue status=ready digits=", limit)?;
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        [digits, "screen=confirm"] => Ok(digits.to_owned()),
        _ => Err(machine.failed(&format!("asks for digits by «{line}»"))),
    }
}

/// Waits for the end of a recovery.
pub fn wait_recovered(machine: &mut Running) -> Result<()> {
    const RECOVERED: Duration = Duration::from_mins(5);
    let ends = ["::zshield:: recover status=done", "::zshield:: recover status=failed"];
    match machine.expect_any(&ends, RECOVERED)? {
        0 => Ok(()),
        _ => Err(machine.failed("could not recover")),
    }
}

/// Installs an appliance from the stick `image`, unless this image was installed before. Returns
/// the directory of its disks, which nobody may write to.
pub fn install_once(directory: PathBuf, firmware: Firmware, image: &Path) -> Result<PathBuf> {
    let key = Key::default().file(image)?;
    let made = directory.join("installed");
    cache::made(made, &key, |partial| {
        if partial.exists() {
            std::fs::remove_dir_all(partial).context("cannot remove an unfinished appliance")?;
        }
        std::fs::create_dir_all(partial)?;
        let appliance = Appliance::blank(partial, firmware, SSD_GIB, HDD_GIB)?;
        let mut machine = appliance.with_stick(image)?.power_on("install")?;
        press_the_key(&mut machine)?;
        wait_installed(&mut machine)?;
        machine.cut_power();
        Ok(())
    })
}
