//! Upgrades on whole machines: systemd starts the new version, the health gate judges it, and GRUB counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::recover::{HEALTHY, NONE_FAILED, bring_back};
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{Appliance, wait_recovered};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Disk, Firmware, Machine, Port, Running, Shell};
use zshield_machines::stick;
use zshield_machines::tool::{capture, tool};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "upgrade-gate",
        "a version that is not healthy is left by itself: the machine is what it was, and says why; the next one stays, \
         with what the administrator changed, and a check finds nothing",
        // Until it was seen again beside the copies of the vault.
        false,
        gate,
    ),
    Scenario::e2e(
        "upgrade-does-not-start",
        "a version that its kernel can't start is left after three starts",
        false,
        |context| ruined(context, &NO_START, "recovered before any start"),
    ),
    Scenario::e2e(
        "upgrade-hook-hangs",
        "a bundle whose program hangs is not applied: the machine goes back",
        false,
        |context| ruined(context, &HANGS, "run-hooks"),
    ),
    Scenario::e2e(
        "upgrade-fills-disk",
        "a version that takes all room on the disk is left",
        false,
        |context| ruined(context, &FULL, "room"),
    ),
    Scenario::e2e(
        "upgrade-loses-network",
        "a version without a driver for the network card is left",
        false,
        |context| ruined_by(context, MADE, &NO_NETWORK, "has no address"),
    ),
    Scenario::e2e(
        "upgrade-kernel",
        "real packages: a newer kernel and newer libraries, the power cut during the first starts; the factory state \
         follows, and leads to the new version",
        false,
        kernel,
    ),
    Scenario::e2e(
        "upgrade-release",
        "from Debian 12 to Debian 13: kernel, libc, systemd and LVM are other ones; under OVMF",
        false,
        release,
    ),
];

/// An upgrade is applied, or a new version judged, within this.
const LONG: Duration = Duration::from_mins(15);

/// GRUB says so, when the system before has come to its end, which takes a slow machine minutes.
pub const STARTS: &str = "Booting `";

/// The initrd says so of root before it is mounted.
const FSCK: &str = "zs-root: ";

const FUNCTIONS: &str = include_str!("../sh/upgrade-machine/functions.sh");
const CHANGE: &str = include_str!("../sh/upgrade-machine/change.sh");
const OLD: &str = include_str!("../sh/upgrade-machine/old.sh");
const NEW: &str = include_str!("../sh/upgrade-machine/new.sh");
const GATEWAY: &str = include_str!("../sh/upgrade-machine/gateway.sh");

/// A program of a bundle.
#[derive(Debug)]
pub struct Hook {
    stage: &'static str,
    file: &'static str,
    script: &'static str,
}

/// The product answers nobody any more.
pub const SICK: Hook = Hook {
    stage: "after",
    file: "sick-hook.sh",
    script: include_str!("../sh/upgrade-machine/sick-hook.sh"),
};

const NO_START: Hook = Hook {
    stage: "after",
    file: "no-start-hook.sh",
    script: include_str!("../sh/upgrade-machine/no-start-hook.sh"),
};

const HANGS: Hook = Hook {
    stage: "before",
    file: "hanging-hook.sh",
    script: include_str!("../sh/upgrade-machine/hanging-hook.sh"),
};

const FULL: Hook = Hook {
    stage: "after",
    file: "full-hook.sh",
    script: include_str!("../sh/upgrade-machine/full-hook.sh"),
};

/// The machine makes the initrd of the new version, so that it has no driver that the system lacks.
const MADE: &str = "initrd = \"made\"\n";

const NO_NETWORK: Hook = Hook {
    stage: "before",
    file: "no-network-hook.sh",
    script: include_str!("../sh/upgrade-machine/no-network-hook.sh"),
};

const NETWORK: &str = include_str!("../sh/upgrade-machine/network.sh");

/// The bundles that an administrator has on a disk.
#[derive(Debug)]
pub struct Bundles<'a> {
    artifacts: &'a Artifacts,
    /// Where the disk is.
    at: PathBuf,
    files: tempfile::TempDir,
}

impl<'a> Bundles<'a> {
    /// None yet; their disk will be in a directory.
    pub fn new(artifacts: &'a Artifacts, at: &Path) -> Result<Self> {
        Ok(Self { artifacts, at: at.to_owned(), files: tempfile::tempdir_in(at)? })
    }

    /// Makes `NAME.zsb`, which leads from one stick to another. Returns how many bytes it has.
    pub fn make(
        &self,
        name: &str,
        from: &Path,
        to: &Path,
        says: &str,
        hook: Option<&Hook>,
    ) -> Result<u64> {
        let directory = self.files.path();
        let says = match hook {
            Some(Hook { stage, file, script }) => {
                fs::write(directory.join(file), script)?;
                format!("{says}[[hook]]\nstage = \"{stage}\"\nfile = \"{file}\"\n")
            }
            None => says.to_owned(),
        };
        let bundle = directory.join(name).with_extension("zsb");
        stick::bundle(&self.artifacts.binary()?, from, to, &says, &bundle)?;
        Ok(fs::metadata(&bundle)?.len())
    }

    /// The machine with a disk that has them, called `bundles`.
    pub fn plugged_into(&self, appliance: &Appliance) -> Result<Machine> {
        let raw = self.at.join("bundles.img");
        let mut mke2fs = tool("mke2fs", ["-q", "-t", "ext4", "-L", "bundles", "-d"]);
        capture(mke2fs.arg(self.files.path()).arg(&raw).arg("1G"))?;
        let disk = Disk::overlay(self.at.join("bundles.qcow2"), &raw, "raw")?;
        Ok(appliance.machine().with(Port::UsbDisk, &disk))
    }
}

fn gate(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (from, to) = (artifacts.stick()?, artifacts.upgraded_stick()?);
    let bundles = Bundles::new(artifacts, &context.directory)?;
    bundles.make("sick", &from, &to, "", Some(&SICK))?;
    bundles.make("good", &from, &to, "", None)?;
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = bundles.plugged_into(&appliance)?.power_on("upgrade")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    say(&shell.script(&[FUNCTIONS, CHANGE].concat(), &[])?);

    upgrade(&mut machine, "sick")?;
    // The new version starts, is judged, and the rescue system copies the backup back.
    machine.expect("root@appliance:", LONG)?;
    machine.expect("::zshield:: rescue status=starting", LONG)?;
    wait_recovered(&mut machine)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    let why = [("REASON", "the gateway answers nobody")];
    say(&shell.script_within(&[FUNCTIONS, OLD].concat(), &why, LONG)?);

    shell.check("mkdir -p /run/bundles; mount -o ro /dev/disk/by-label/bundles /run/bundles")?;
    let shown =
        shell.check_within("zshield --lang en upgrade /run/bundles/good.zsb --dry-run", LONG)?;
    say(&shown);
    ensure!(shown.contains("/etc/login.defs"), "nobody told of the clash");
    upgrade(&mut machine, "good")?;
    machine.expect(STARTS, LONG)?;
    let mut shell = Shell::open(&mut machine)?;
    say(&shell.script_within(NEW, &[], LONG)?);
    shell.script(GATEWAY, &[])?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(NONE_FAILED)?;
    let checked = shell.run_within("zshield --lang en check", LONG)?;
    ensure!(checked.status == 0, "{}", checked.output);
    machine.cut_power();
    Ok(())
}

/// A bundle with a program that ruins the new version: the old one is back, and says why.
fn ruined(context: &Context, hook: &Hook, why: &str) -> Result<()> {
    ruined_by(context, "", hook, why)
}

/// The same, with what the bundle says beside the program.
fn ruined_by(context: &Context, says: &str, hook: &Hook, why: &str) -> Result<()> {
    let artifacts = context.artifacts;
    let bundles = Bundles::new(artifacts, &context.directory)?;
    bundles.make("ruined", &artifacts.stick()?, &artifacts.upgraded_stick()?, says, Some(hook))?;
    let appliance = context.appliance(Firmware::Bios)?;
    let machine = bundles.plugged_into(&appliance)?.with_network();
    let mut machine = machine.power_on("upgrade")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.script_within(NETWORK, &[], LONG)?;
    say(&shell.script(&[FUNCTIONS, CHANGE].concat(), &[])?);
    machine.tolerate("Kernel panic");
    machine.send("zshield --lang en upgrade /run/bundles/ruined.zsb --yes\n")?;
    let ends = ["The machine restarts now, and then says", "Restart it: systemctl reboot"];
    if machine.expect_any(&ends, LONG)? == 1 {
        machine.send("systemctl reboot\n")?;
    }
    machine.expect("::zshield:: rescue status=starting", LONG)?;
    wait_recovered(&mut machine)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    say(&shell.script_within(&[FUNCTIONS, OLD].concat(), &[("REASON", why)], LONG)?);
    machine.cut_power();
    Ok(())
}

/// The factory state moves along, and the power is cut in the first starts of the new version.
fn kernel(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (from, to) = (artifacts.released_stick()?, artifacts.updated_stick()?);
    let bundles = Bundles::new(artifacts, &context.directory)?;
    bundles.make("good", &from, &to, "factory = \"follows\"\n", None)?;
    let appliance = artifacts.released_appliance(&context.directory, Firmware::Bios)?;
    let machine = bundles.plugged_into(&appliance)?;
    let old = applied(&machine)?;
    // Twice, the second time later: the third start is the last one that it has.
    for (start, said) in [("first", FSCK), ("second", "root@appliance:")] {
        let mut machine = machine.power_on(start)?;
        machine.expect(said, LONG)?;
        machine.cut_power();
    }
    let mut running = machine.power_on("third")?;
    stays(&mut running, &old)?;
    running.cut_power();

    let mut running = machine.power_on("factory")?;
    bring_back(&mut running, "2")?;
    let mut shell = Shell::open(&mut running)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(&format!("test \"$(uname -r)\" != {old}; test ! -e /etc/own"))?;
    shell.check("zshield --lang en status | grep 'ersion: *2.0.0'; test -s /home/data")?;
    running.cut_power();
    Ok(())
}

fn release(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (from, to) = (artifacts.released_stick()?, artifacts.trixie_stick()?);
    let bundles = Bundles::new(artifacts, &context.directory)?;
    bundles.make("good", &from, &to, "", None)?;
    let appliance = artifacts.released_appliance(&context.directory, Firmware::Uefi)?;
    let machine = bundles.plugged_into(&appliance)?;
    let old = applied(&machine)?;
    let mut running = machine.power_on("new")?;
    stays(&mut running, &old)?;
    let mut shell = Shell::open_again(&mut running);
    say(&shell.check("cat /etc/debian_version; uname -r; lvm version | head -n 1")?);
    shell.check("grep VERSION_CODENAME=trixie /etc/os-release")?;
    let made = shell.run_within("zshield --lang en backup", LONG)?;
    ensure!(made.status == 0, "{}", made.output);
    running.cut_power();

    let mut running = machine.power_on("factory")?;
    bring_back(&mut running, "2")?;
    let mut shell = Shell::open(&mut running)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(&format!("test \"$(uname -r)\" = {old}; grep bookworm /etc/os-release"))?;
    running.cut_power();
    Ok(())
}

/// It is done, and the machine must be restarted.
const RESTART_NEEDED: i32 = 5;

/// Applies the bundle `good`, and switches the machine off. Returns the old kernel's version.
fn applied(machine: &Machine) -> Result<String> {
    let mut running = machine.power_on("apply")?;
    let mut shell = Shell::open(&mut running)?;
    shell.run_within(HEALTHY, LONG)?;
    say(&shell.script(&[FUNCTIONS, CHANGE].concat(), &[])?);
    let old = shell.check("uname -r")?.trim().to_owned();
    let done = shell
        .run_within("zshield --lang en upgrade /run/bundles/good.zsb --yes --no-restart", LONG)?;
    say(&done.output);
    ensure!(done.status == RESTART_NEEDED, "status {}", done.status);
    running.cut_power();
    Ok(old)
}

/// The new version is confirmed, has another kernel, and a check finds nothing.
fn stays(machine: &mut Running, old: &str) -> Result<()> {
    let mut shell = Shell::open(machine)?;
    say(&shell.script_within(NEW, &[], LONG)?);
    shell.run_within(HEALTHY, LONG)?;
    shell.check(NONE_FAILED)?;
    shell.check(&format!("test \"$(uname -r)\" != {old}; uname -r"))?;
    let checked = shell.run_within("zshield --lang en check", LONG)?;
    ensure!(checked.status == 0, "{}", checked.output);
    Ok(())
}

/// Installs a bundle as an administrator does; the machine restarts.
fn upgrade(machine: &mut Running, name: &str) -> Result<()> {
    machine.send(&format!("zshield --lang en upgrade /run/bundles/{name}.zsb --yes\n"))?;
    machine
        .expect_any(&["The machine restarts now, and then says"], LONG)
        .with_context(|| format!("{name} was not applied"))
        .map(drop)
}

fn say(text: &str) {
    println!("      {}", text.trim().replace('\n', "\n      "));
}
