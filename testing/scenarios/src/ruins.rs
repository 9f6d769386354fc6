//! A running system in ruins: what it can't do without is gone or garbage, and one command puts it
//! right, in user-mode Linux and on a whole machine.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::live::SAME;
use super::recover::NONE_FAILED;
use crate::scenario::{Context, Scenario};
use zshield_machines::qemu::{Firmware, Shell};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "ruins-few",
        "libc gone, nodes of /dev gone and garbage, all of /boot gone and the ledger garbage: each is put \
         right while the system runs",
        |context| one_by_one(context, FEW),
    ),
    Scenario::uml(
        "ruins-one-by-one",
        "libc, loader, LVM, dmsetup, /usr/lib, /usr, /bin/sh, systemd, /etc, the policy, /var, the \
         nodes of /dev, /boot and the ledger, gone and garbage: each is put right while the system \
         runs, by the programs of the backup where its own don't start",
        |context| one_by_one(context, ONE_BY_ONE),
    )
    .in_soak(),
    Scenario::uml(
        "ruins-next-start",
        "neither the system's programs start nor can the backup lend its own: the next start is told \
         to go back, and does",
        next_start,
    ),
    Scenario::uml(
        "ruins-rescue-tools",
        "neither the system's programs start nor those of both snapshots: the rescue system's own are run \
         from the SSD, and the next start is told to go back",
        rescue_tools,
    ),
    Scenario::e2e(
        "ruins-running",
        "libc gone under a system that runs, then all of /boot: one command puts each right, and the \
         machine starts from what was put back",
        false,
        |context| running(context, &[LIBC, BOOT]),
    ),
    Scenario::e2e(
        "ruins-running-all",
        "the same, and /usr/lib, /usr, /etc and /var",
        false,
        |context| running(context, &[LIBC, LIBRARIES, USR, ETC, VAR, BOOT]),
    ),
];

const NOTHING: &str = "Nothing differs";
const LIMIT: Duration = Duration::from_mins(15);

/// What a ruin is, and what has to come of it.
const FUNCTIONS: &str = include_str!("../sh/ruins/functions.sh");
const FEW: &str = include_str!("../sh/ruins/few.sh");
const ONE_BY_ONE: &str = include_str!("../sh/ruins/one-by-one.sh");
const COMPARED: &str = include_str!("../sh/ruins/compared.sh");

const NEXT_START: &str = include_str!("../sh/ruins/next-start.sh");
const GONE_BACK: &str = include_str!("../sh/ruins/gone-back.sh");

const RESCUE_TOOLS: &str = include_str!("../sh/ruins/rescue-tools.sh");

fn rescue_tools(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let said = appliance.run("ruin", &[FUNCTIONS, RESCUE_TOOLS], LIMIT)?;
    ensure!(said.contains("lent-by-rescue"), "{said}");
    appliance.remove_disks()
}

fn next_start(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let appliance = appliance.env("NOTHING", NOTHING);
    appliance.run("ruin", &[FUNCTIONS, NEXT_START], LIMIT)?;
    let said = appliance.run("start", &[GONE_BACK], LIMIT)?;
    ensure!(said.contains("gone-back"), "{said}");
    appliance.remove_disks()
}

fn one_by_one(context: &Context, ruins: &str) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let appliance = appliance.env("NOTHING", NOTHING);
    let said = appliance.run("ruins", &[SAME, FUNCTIONS, ruins, COMPARED], LIMIT)?;
    ensure!(said.contains("out-of-all-ruins"), "{said}");
    appliance.remove_disks()
}

/// How a system that runs is put in ruins, and the sign that it is.
struct Ruin {
    lost: &'static str,
    sign: &'static str,
    /// Whether its own programs start no more.
    lends: bool,
}

const LIBC: Ruin =
    Ruin { lost: "rm /lib/x86_64-linux-gnu/libc.so.6", sign: "! /bin/true", lends: true };
const LIBRARIES: Ruin = Ruin { lost: "rm -r /usr/lib", sign: "! /bin/true", lends: true };
const USR: Ruin = Ruin { lost: "rm -r /usr", sign: "! /bin/true", lends: true };
const ETC: Ruin = Ruin { lost: "rm -rf /etc/*", sign: "test ! -e /etc/passwd", lends: false };
/// What is mounted below it stays.
const VAR: Ruin = Ruin {
    lost: "find /var -xdev -depth -mindepth 1 -delete 2>/dev/null || true",
    sign: "test ! -e /var/lib/dpkg",
    lends: false,
};
const BOOT: Ruin = Ruin { lost: "rm -rf /boot/*", sign: "test ! -e /boot/zshield", lends: false };

const LONG: Duration = Duration::from_mins(10);
/// The copy of the program that needs no `/usr`.
const RECOVER: &str = "/var/lib/zshield/zshield --lang en recover latest --yes";
const HEALTHY: &str = "timeout 200 sh -c 'until systemctl -q is-active zshield-boot-complete zshield; do sleep 1; done'";

fn running(context: &Context, ruins: &[Ruin]) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("ruins")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check("cp /var/lib/zshield/zshield /run/zshield-copy")?;
    let made = shell.run_within("zshield backup", LONG)?;
    ensure!(made.status == 0, "{}", made.output);
    for Ruin { lost, sign, lends } in ruins {
        println!("      {lost}");
        shell.run_within(&format!("{lost}; {sign}"), LONG)?;
        // With /var its copy is lost too.
        let recover = RECOVER.replace("/var/lib/zshield/zshield", "/run/zshield-copy");
        let command = if lost.contains("/var") { recover.as_str() } else { RECOVER };
        let done = shell.run_within(command, LONG)?;
        println!("      {}", done.output.replace('\n', "\n      "));
        ensure!([0, 5].contains(&done.status), "{lost}: {}: {}", done.status, done.output);
        ensure!(done.output.contains("Those of the snapshot snap1") == *lends, "{lost}: whose?");
        let again = shell.run_within("zshield --lang en recover latest --dry-run", LONG)?;
        ensure!(again.output.contains(NOTHING), "{lost}: {}", again.output);
        shell.check("! grep zshield_recover /boot/zshield/grubenv")?;
    }
    machine.cut_power();

    let mut machine = appliance.machine().power_on("afterwards")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, LONG)?;
    shell.check(NONE_FAILED)?;
    let again = shell.run_within("zshield --lang en recover latest --dry-run", LONG)?;
    ensure!(again.output.contains(NOTHING), "{}", again.output);
    machine.cut_power();
    Ok(())
}
