//! An appliance whose HDD is not there: it starts all the same, and knows afterwards what its
//! snapshots are worth.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::recover::{By, HEALTHY, bring_back, way_back};
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::appliance::Appliance;
use zshield_machines::qemu::{Firmware, Machine, Port, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "boot-without-hdd",
        shows: "the HDD gone: the system starts from the SSD and says so; the HDD back: its snapshots \
                count as stale until they are made anew, and can then be gone back to",
        tier: Tier::E2e,
        in_ci: false,
        run: without,
    },
    Scenario {
        name: "boot-without-hdd-untouched",
        shows: "the HDD gone, and the power too before root was mounted: the snapshots are proved \
                untouched",
        tier: Tier::E2e,
        in_ci: true,
        run: untouched,
    },
    Scenario {
        name: "boot-hdd-without-label",
        shows: "the HDD there and LVM's label on it lost: the system starts from the SSD all the same, no \
                way back is taken that would cost the data, and with the label all is as it was",
        tier: Tier::E2e,
        in_ci: false,
        run: without_label,
    },
    Scenario {
        name: "boot-store-unreadable",
        shows: "one sector of the factory state's store can't be read. As a snapshot beside the latest backup: LVM \
                activates no root, and the second start gives it up for the latest backup, which stays sound. As the \
                factory store: no start minds it. A backup makes it anew, in the run in which it can't be folded",
        tier: Tier::E2e,
        in_ci: false,
        run: store_unreadable,
    },
    Scenario {
        name: "boot-stores-unreadable",
        shows: "one sector of each store that the kernel loads can't be read, of two snapshots and then of the latest \
                backup alone, over which the factory store lies: the second start does without the backups; as they \
                stay so the next one removes them, and a backup makes them anew",
        tier: Tier::E2e,
        in_ci: false,
        run: stores_unreadable,
    },
    Scenario {
        name: "boot-metadata-unreadable",
        shows: "LVM's metadata on the HDD can't be read: the second start does without the backups, and so \
                does each one after it, until it can be read again",
        tier: Tier::E2e,
        in_ci: false,
        run: metadata_unreadable,
    },
];

const WAITED: Duration = Duration::from_mins(3);
const GONE: &str = "the system starts without it";

/// The machine with its SSD alone.
pub(super) fn without_hdd(context: &Context, appliance: &Appliance) -> Machine {
    Machine::new(&context.directory, Firmware::Bios).with(Port::Ssd, &appliance.ssd)
}

fn without(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("whole")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo before >/etc/token; zshield backup; sync")?;
    machine.cut_power();

    let mut machine = without_hdd(context, &appliance).power_on("gone")?;
    machine.expect(GONE, WAITED)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo written >/etc/token; test -s /boot/zshield/degraded; sync")?;
    let status = shell.run("zshield --lang en status")?;
    ensure!(status.output.contains("the HDD is missing"), "{}", status.output);
    let backup = shell.run("zshield backup")?;
    ensure!(backup.status != 0, "a backup without an HDD: {}", backup.output);
    // The audit volume is on the HDD: who acknowledges what is noted on root meanwhile.
    shell.run_within(&until("zshield alarm list --json | grep '\"disk-missing:hdd\"'"), WAITED)?;
    shell.check("zshield alarm ack disk-missing:hdd --reason 'in repair'")?;
    println!(
        "      {}",
        shell.run("zshield --lang en alarm list")?.output.replace('\n', "\n      ")
    );
    shell.check("grep 'in repair' /var/lib/zshield/alarms/audit.jsonl; sync")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("back")?;
    let mut shell = Shell::open(&mut machine)?;
    shell
        .check("test $(cat /etc/token) = written; lvs vgroup/lv-root vgroup/snap0 vgroup/snap1")?;
    shell.check("! zshield recover latest --offline --dry-run")?;
    way_back(&mut shell, "factory", By::Image)?;
    let carried = "grep 'in repair' /var/log/zshield/alarms/audit.jsonl";
    shell.run_within(&until(carried), WAITED)?;
    shell.check(carried)?;
    shell.check("test ! -e /var/lib/zshield/alarms/audit.jsonl")?;
    let gone = "zshield --lang en alarm list --all | grep 'disk-missing:hdd .*gone since'";
    shell.run_within(&until(gone), WAITED)?;
    shell.check(gone)?;
    let made = shell.run_within("zshield backup", WAITED)?;
    ensure!(made.status == 0, "{}", made.output);
    way_back(&mut shell, "latest", By::Snapshot)?;
    shell.check("test ! -e /boot/zshield/degraded")?;
    // The factory snapshot has been made anew, and root is what it was.
    way_back(&mut shell, "factory", By::Snapshot)?;
    shell.check("! lvs vgroup/snap0-next")?;
    shell.check("test $(cat /etc/token) = written; zshield status; systemctl reboot")?;
    bring_back(&mut machine, "2")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test ! -e /etc/token")?;
    way_back(&mut shell, "latest", By::Snapshot)?;
    machine.cut_power();
    Ok(())
}

/// A line that ends when a command succeeds.
fn until(what: &str) -> String {
    format!("for i in $(seq 150); do {what} && break; sleep 1; done")
}

fn untouched(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = without_hdd(context, &appliance).power_on("gone")?;
    machine.expect(GONE, WAITED)?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("back")?;
    machine.expect("nothing was written meanwhile", WAITED)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test ! -e /boot/zshield/degraded")?;
    way_back(&mut shell, "factory", By::Snapshot)?;
    machine.cut_power();
    Ok(())
}

fn without_label(context: &Context) -> Result<()> {
    const LABEL: &str = "/etc/label-of-the-hdd";
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("whole")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo kept >/home/kept")?;
    shell.check("readlink -f /dev/disk/by-partlabel/zs-hdd >/etc/hdd")?;
    shell.check(&format!("dd if=$(cat /etc/hdd) of={LABEL} bs=512 skip=1 count=1"))?;
    shell.check("sync")?;
    shell.check("dd if=/dev/zero of=$(cat /etc/hdd) bs=512 seek=1 count=1 oflag=direct")?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("lost")?;
    machine.expect(GONE, WAITED)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test -s /boot/zshield/degraded")?;
    let refused = shell.run("zshield --lang en recover factory --offline --dry-run")?;
    ensure!(refused.status != 0, "{}", refused.output);
    println!("      {}", refused.output.replace('\n', "\n      "));
    shell.check(&format!("dd if={LABEL} of=$(cat /etc/hdd) bs=512 seek=1 count=1 oflag=direct"))?;
    machine.cut_power();

    let mut machine = appliance.machine().power_on("back")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("lvs vgroup/lv-root vgroup/snap0")?;
    shell.check("test $(cat /home/kept) = kept")?;
    let made = shell.run_within("zshield backup", WAITED)?;
    ensure!(made.status == 0, "{}", made.output);
    shell.check("test ! -e /boot/zshield/degraded")?;
    shell.check("zshield recover factory --offline --dry-run --json | grep copy-back")?;
    machine.cut_power();
    Ok(())
}

const WITHOUT_BACKUPS: &str = "the system starts without them";
/// The first one waits for root, with dracut for many minutes, and restarts.
const SECOND_START: Duration = Duration::from_mins(20);

/// How an appliance keeps its factory state.
#[derive(Clone, Copy)]
enum Layout {
    /// As a store over the latest backup.
    Folded,
    /// As a snapshot beside it.
    BothLive,
}

/// An appliance with a backup, and its machine with the sectors of the HDD unreadable that scripts
/// print; beside each script its `SNAPSHOT`.
fn with_unreadable(
    context: &Context,
    layout: Layout,
    scripts: &[(&str, &str)],
) -> Result<(Appliance, Machine)> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("whole")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("echo before >/etc/token; zshield backup")?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(HEALTHY)?;
    match layout {
        Layout::Folded => {}
        Layout::BothLive => drop(shell.script(BOTH_LIVE, &[])?),
    }
    let sectors = sectors(&mut shell, scripts)?;
    machine.cut_power();
    let unreadable = without_sectors(context, &appliance, &sectors);
    Ok((appliance, unreadable))
}

/// The sectors that scripts print.
fn sectors(shell: &mut Shell<'_>, scripts: &[(&str, &str)]) -> Result<Vec<u64>> {
    let mut sectors = Vec::new();
    for (script, snapshot) in scripts {
        let said = shell.script(script, &[("SNAPSHOT", snapshot)])?;
        let sector = said.split("sector-").nth(1).and_then(|rest| rest.split('-').next());
        sectors.push(sector.context("no sector")?.parse()?);
    }
    shell.check("sync")?;
    Ok(sectors)
}

/// The machine with these sectors of its HDD unreadable.
fn without_sectors(context: &Context, appliance: &Appliance, sectors: &[u64]) -> Machine {
    let hdd = appliance.hdd.clone().with_unreadable(sectors);
    without_hdd(context, appliance).with(Port::Hdd, &hdd)
}

/// The factory state as a snapshot that the kernel follows root with.
const BOTH_LIVE: &str = include_str!("../sh/degraded/both-live.sh");

/// Prints the sector of the header of LVM's metadata area on the HDD.
const HEADER_SECTOR: &str = include_str!("../sh/degraded/header-sector.sh");

fn metadata_unreadable(context: &Context) -> Result<()> {
    let (appliance, unreadable) = with_unreadable(context, Layout::Folded, &[(HEADER_SECTOR, "")])?;
    for (label, limit) in [("unreadable", SECOND_START), ("still-unreadable", WAITED)] {
        let mut machine = unreadable.power_on(label)?;
        machine.expect(WITHOUT_BACKUPS, limit)?;
        let mut shell = Shell::open(&mut machine)?;
        shell.check("test $(cat /etc/token) = before; test -s /boot/zshield/degraded")?;
        shell.check(&format!("echo {label} >/etc/when; sync; ! zshield backup"))?;
        shell.run_within(HEALTHY, Duration::from_mins(4))?;
        machine.cut_power();
    }

    let mut machine = appliance.machine().power_on("readable")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test $(cat /etc/when) = still-unreadable; lvs vgroup/snap0 vgroup/snap1")?;
    way_back(&mut shell, "factory", By::Image)?;
    let made = shell.run_within("zshield backup", WAITED)?;
    ensure!(made.status == 0, "{}", made.output);
    way_back(&mut shell, "latest", By::Snapshot)?;
    way_back(&mut shell, "factory", By::Snapshot)?;
    machine.cut_power();
    Ok(())
}

/// Prints the first sector of the table of exceptions of `SNAPSHOT`.
const STORE_SECTOR: &str = include_str!("../sh/degraded/store-sector.sh");
const SNAP0: (&str, &str) = (STORE_SECTOR, "snap0");
const SNAP1: (&str, &str) = (STORE_SECTOR, "snap1");

fn store_unreadable(context: &Context) -> Result<()> {
    let (appliance, unreadable) = with_unreadable(context, Layout::BothLive, &[SNAP0])?;
    let mut machine = unreadable.power_on("unreadable")?;
    machine.expect("be read and is removed", SECOND_START)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test $(cat /etc/token) = before; test ! -e /boot/zshield/degraded")?;
    shell.check("lvs vgroup/snap1; ! lvs vgroup/snap0; sync")?;
    way_back(&mut shell, "latest", By::Snapshot)?;
    way_back(&mut shell, "factory", By::Image)?;
    println!("      {}", shell.run("zshield --lang zh status")?.output.replace('\n', "\n      "));
    machine.cut_power();

    let sectors = made_anew(&appliance, "anew", "before", &[SNAP0])?;
    let mut machine = without_sectors(context, &appliance, &sectors).power_on("folded")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test $(cat /etc/token) = before; test ! -e /boot/zshield/degraded")?;
    way_back(&mut shell, "latest", By::Snapshot)?;
    way_back(&mut shell, "factory", By::Image)?;
    let made = shell.run_within("zshield --lang en backup", WAITED)?;
    ensure!(made.status == 1, "status {}: {}", made.status, made.output);
    ensure!(made.output.contains("made anew from the Golden Image"), "{}", made.output);
    both_ways_back(&mut shell)?;
    shell.check("sync")?;
    machine.cut_power();
    made_anew(&appliance, "anew-again", "before", &[]).map(drop)
}

/// Both ways back lead over the backups, and the kernel follows root with the latest one alone.
fn both_ways_back(shell: &mut Shell<'_>) -> Result<()> {
    shell.check("test -z \"$(lvs --noheadings -o origin vgroup/snap0 | tr -d ' ')\"")?;
    way_back(shell, "latest", By::Snapshot)?;
    way_back(shell, "factory", By::Snapshot)
}

/// A disk puts what is written to such a sector elsewhere: all of it can be read again, and a backup makes anew what is
/// lost. The sectors that scripts print after it.
fn made_anew(
    appliance: &Appliance,
    label: &str,
    token: &str,
    scripts: &[(&str, &str)],
) -> Result<Vec<u64>> {
    let mut machine = appliance.machine().power_on(label)?;
    let mut shell = Shell::open(&mut machine)?;
    let made = shell.run_within("zshield backup", WAITED)?;
    ensure!(made.status == 0, "{}", made.output);
    both_ways_back(&mut shell)?;
    shell.check(&format!("test $(cat /etc/token) = {token}; test ! -e /boot/zshield/degraded"))?;
    let sectors = sectors(&mut shell, scripts)?;
    machine.cut_power();
    Ok(sectors)
}

fn stores_unreadable(context: &Context) -> Result<()> {
    let (appliance, unreadable) = with_unreadable(context, Layout::BothLive, &[SNAP0, SNAP1])?;
    no_store_readable(&unreadable, "two")?;
    let sectors = made_anew(&appliance, "two-anew", "written", &[SNAP1])?;

    no_store_readable(&without_sectors(context, &appliance, &sectors), "one")?;
    made_anew(&appliance, "one-anew", "written", &[]).map(drop)
}

/// The start does without the backups, and the next one removes them. What the kernel does not load stays until
/// the next backup, and is nobody's way back.
fn no_store_readable(unreadable: &Machine, label: &str) -> Result<()> {
    let mut machine = unreadable.power_on(&format!("{label}-unreadable"))?;
    machine.expect(WITHOUT_BACKUPS, SECOND_START)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check("test -n \"$(cat /etc/token)\"; test -s /boot/zshield/degraded")?;
    shell.check("mountpoint /home; mountpoint /var/log; echo written >/etc/token")?;
    let backup = shell.run("zshield --lang en backup")?;
    ensure!(backup.output.contains("started without its snapshots"), "{}", backup.output);
    shell.check("zshield recover factory --offline --dry-run --json | grep unpack")?;
    shell.check("! zshield recover latest --offline --dry-run; sync")?;
    machine.cut_power();

    let mut machine = unreadable.power_on(&format!("{label}-still-unreadable"))?;
    machine.expect("they are removed", WAITED)?;
    let mut shell = Shell::open(&mut machine)?;
    shell.check(
        "test $(cat /etc/token) = written; ! lvs vgroup/snap1; test -s /boot/zshield/degraded",
    )?;
    way_back(&mut shell, "factory", By::Image)?;
    shell.check("sync")?;
    machine.cut_power();
    Ok(())
}
