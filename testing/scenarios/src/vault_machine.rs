//! A whole machine that has lost its SSD, and what the vault on its HDD is worth then.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::recover::{HEALTHY, NONE_FAILED};
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    SSD_GIB, TO_FIRST_SCREEN, TO_INSTALLED, digits_shown, first_screen, wait_recovered,
};
use zshield_machines::qemu::{Disk, Firmware, Port, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::e2e(
    "vault-lost-ssd",
    "the SSD dies and an empty one takes its place: one key on the stick, and the first start brings last night's system \
     back from the HDD by itself, with its settings, accounts, names and keys; customer data is kept",
    false,
    lost_ssd,
)];

const KEY: Duration = Duration::from_secs(20);
/// What root and `/boot` are, but for what each installation and each start has of its own.
const DESCRIBED: &str = "cd / && find etc usr opt srv root -xdev \
     ! -path 'etc/lvm/*' ! -path etc/fstab ! -path etc/udev/rules.d/66-zshield.rules ! -path etc/adjtime ! -path etc/resolv.conf \
     -type f -exec sha256sum {} + | sort -k 2 | sha256sum; cd /boot && sha256sum vmlinuz-* initrd* | sha256sum";

fn lost_ssd(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("last-night")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check("echo 'settings of the customer' >/etc/app.conf; echo customer >/home/data")?;
    shell.check("useradd -m -d /srv/operator operator; hostname; echo logs >/var/log/mine")?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5))?;
    // The daemon copies it as well.
    shell.check_within(
        "timeout 500 sh -c 'until zshield vault copy >/run/said 2>&1; do sleep 2; done'; cat /run/said",
        Duration::from_mins(9),
    )?;
    let before = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    let keys = shell.check("cat /etc/machine-id; sha256sum /etc/ssh/ssh_host_*key")?;
    machine.cut_power();

    let directory = context.directory.join("new-ssd");
    std::fs::create_dir_all(&directory)?;
    let new = Disk::empty(directory.join("ssd.qcow2"), SSD_GIB)?;
    let stick = appliance.with_stick(&context.artifacts.stick()?)?;
    let mut machine = stick.with(Port::Ssd, &new).power_on("emergency")?;
    first_screen(&mut machine, "present")?;
    machine.screenshot(&context.directory.join("present.png"))?;
    machine.send("b")?;
    let digits = digits_shown(&mut machine, KEY)?;
    machine.screenshot(&context.directory.join("confirm.png"))?;
    machine.send(&format!("{digits}\r"))?;
    machine.expect("::zshield:: restore status=done", TO_INSTALLED)?;
    machine.expect("screen=done", KEY)?;
    machine.screenshot(&context.directory.join("rebuilt.png"))?;
    machine.send("p")?;
    machine.wait_off(KEY)?;

    let mut machine = appliance.machine().with(Port::Ssd, &new).power_on("comes-back")?;
    machine.expect("::zshield:: recover status=begun", TO_FIRST_SCREEN)?;
    wait_recovered(&mut machine)?;
    machine.screenshot(&context.directory.join("recovered.png"))?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(
        "grep 'settings of the customer' /etc/app.conf; test $(cat /home/data) = customer",
    )?;
    shell.check("id operator; grep logs /var/log/mine; mountpoint /boot /home /var/log")?;
    let after = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    anyhow::ensure!(before == after, "before:\n{before}\nafter:\n{after}");
    let same = shell.check("cat /etc/machine-id; sha256sum /etc/ssh/ssh_host_*key")?;
    anyhow::ensure!(keys == same, "before:\n{keys}\nafter:\n{same}");
    shell.check(NONE_FAILED)?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5))?;
    shell.check("zshield --lang en status").context("after the backup")?;
    machine.cut_power();
    Ok(())
}
