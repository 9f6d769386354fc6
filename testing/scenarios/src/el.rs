//! A system of the Red Hat family, imitated from Debian's packages, on its whole way: refused as its
//! dracut makes it by default, installed, backed up, broken, and brought back twice.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::recover::{HEALTHY, NONE_FAILED, break_down, bring_back};
use crate::scenario::{Context, Scenario};
use zshield_machines::qemu::Shell;
use zshield_machines::{appliance::Appliance, stick};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::e2e(
    "el-whole-life",
    "an imitated Red Hat with dracut, rpm, grub2 names, packed modules and labels of SELinux: its initrd \
     for one machine is refused; it is installed, follows kernel-install, names rpm's owners, \
     and is brought back while it runs and from the menu, with the labels of its policy",
    true,
    whole_life,
)];

const LONG: Duration = Duration::from_mins(6);

/// Every file has the label that the policy has for it.
const LABELS: &str = include_str!("../sh/el/labels.sh");

/// A kernel comes and goes by kernel-install.
const KERNEL: &str = include_str!("../sh/el/kernel.sh");

/// Another label, and all of them asked for anew.
const RELABELLED: &str = include_str!("../sh/el/relabelled.sh");

/// It would not start any more. The libraries come last: after them no program does.
const RUIN: &str = "rm -rf /etc/fstab /boot/loader /boot/initramfs-* /usr/lib/modules /usr/lib64 \
     /usr/lib/x86_64-linux-gnu";

const BREAK: &str = include_str!("../sh/el/break.sh");
const MENDED: &str = include_str!("../sh/el/mended.sh");

fn whole_life(context: &Context) -> Result<()> {
    refused(context)?;
    let appliance = context.artifacts.red_hat_appliance(&context.directory)?;
    broken_and_mended(&appliance)?;
    let mut machine = appliance.machine().power_on("menu")?;
    bring_back(&mut machine, "1")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.script(MENDED, &[])?;
    shell.script_within(LABELS, &[("WHEN", "again")], LONG)?;
    shell.check(NONE_FAILED)?;
    machine.cut_power();
    Ok(())
}

/// What dracut makes by default is for the one machine that it ran on.
fn refused(context: &Context) -> Result<()> {
    let (artifacts, directory) = (context.artifacts, context.directory.join("refused"));
    std::fs::create_dir_all(&directory)?;
    let payload =
        artifacts.red_hat_base()?.of_one_machine(&artifacts.red_hat_payload()?, &directory)?;
    let said = stick::refused(artifacts.work(), &artifacts.binary()?, &payload, &directory)?;
    std::fs::remove_file(payload)?;
    for word in ["is for the machine that made it", "lib/dracut/hostonly-files", "--no-hostonly"] {
        ensure!(said.contains(word), "nobody told of «{word}»: {said}");
    }
    Ok(())
}

/// Its first start, a backup, and a recovery while it runs; then it is broken for good.
fn broken_and_mended(appliance: &Appliance) -> Result<()> {
    let mut machine = appliance.machine().power_on("run")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.script_within(LABELS, &[("WHEN", "first")], LONG)?;
    shell.script(KERNEL, &[])?;
    shell.script(RELABELLED, &[])?;
    shell.check("zshield backup")?;

    let before = shell.check("systemctl show -p MainPID imitated")?;
    shell.script(BREAK, &[])?;
    let check = shell.run_within("zshield --lang en check", LONG)?;
    println!("      {}", check.output.replace('\n', "\n      "));
    ensure!(check.status == 4, "status {}: {}", check.status, check.output);
    for owner in ["coreutils", "kernel-core", "openssh-server", "imitated"] {
        ensure!(check.output.contains(owner), "nobody told of {owner}: {}", check.output);
    }
    let done = shell.run_within("zshield --lang en recover latest --yes", LONG)?;
    println!("      {}", done.output.replace('\n', "\n      "));
    ensure!(done.status == 0, "status {}: {}", done.status, done.output);
    shell.script(MENDED, &[])?;
    shell.script_within(LABELS, &[("WHEN", "again")], LONG)?;
    // Its setting came back, and rpm knows whose that is.
    let after = shell.check("systemctl show -p MainPID imitated")?;
    ensure!(before != after, "the service of a setting that came back was not restarted");
    break_down(machine, RUIN)
}
