//! The daemon on a whole machine: the night's backup comes by itself, one operation runs at a time,
//! a hook that fails changes nothing, and systemd gets it going again when it hangs.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::qemu::{Firmware, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "backup-hdd-stalls",
        shows: "an HDD that answers no more: the daemon goes on and says so, status does not hang, and \
                all is well when it answers again",
        tier: Tier::E2e,
        in_ci: false,
        run: stalls,
    },
    DAEMON,
];

const DAEMON: Scenario = Scenario {
    name: "backup-daemon",
    shows: "at its time a backup is made by itself; a second operation hears who is at it; a failing \
            hook leaves the old backup; a daemon that hangs is started again",
    tier: Tier::E2e,
    in_ci: true,
    run: daemon,
};

/// The HDD is the second disk of an appliance's machine.
const HDD: usize = 1;
const LONG: Duration = Duration::from_mins(4);

/// When the latest backup was taken.
pub(super) const LATEST: &str =
    "lvs --noheadings -o lv_time --config 'report{time_format=\"%s\"}' vgroup/snap1";

/// Whoever changes the policy says that he means it: a check finds it, and would hold the backup.
pub(super) fn meant(shell: &mut Shell<'_>) -> Result<()> {
    let found = shell.run_within("zshield check", LONG)?;
    ensure!(found.status == 4 && found.output.contains("appliance.toml"), "{found:?}");
    shell.check("zshield check --accept /etc/zshield/appliance.toml")?;
    Ok(())
}

fn daemon(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("daemon")?;
    let mut shell = Shell::open(&mut machine)?;
    let until = |what: &str| format!("timeout 200 sh -c 'until {what}; do sleep 1; done'");
    shell.run_within(&until("systemctl -q is-active zshield"), LONG)?;
    shell.check("systemctl is-active zshield")?;
    // Tonight's delay is none, and it is a minute before the time.
    shell.check("sed -i 's/^random_delay.*/random_delay = \"0s\"/' /etc/zshield/appliance.toml")?;
    meant(&mut shell)?;
    shell.check("zshield backup")?;
    let before = shell.check(LATEST)?;
    shell.check("systemctl restart zshield")?;
    shell.run_within(&until("zshield --lang en status | grep \"Next backup:.*03:00\""), LONG)?;
    // The clock goes to a little before the coming 03:00, as the machine's own would.
    shell.check("date -s \"$(date -d tomorrow +%F) 02:59:40\"")?;
    println!("      {}", shell.run("zshield --lang zh status")?.output.replace('\n', "\n      "));
    shell.run_within(
        &until("journalctl -u zshield | grep \"nightly backup is done\\|夜间备份完成\""),
        LONG,
    )?;
    let after = shell.check(LATEST)?;
    ensure!(before.trim() < after.trim(), "no backup of the night: {before} {after}");

    // A hook that takes a while holds the lock; the other hears of it.
    shell.script(include_str!("../sh/daemon/slow-backup.sh"), &[])?;
    shell.run_within(&until("test -s /run/zshield/lock && pgrep -f backup-pre.d/slow"), LONG)?;
    let second = shell.run("zshield --lang en backup")?;
    let told = ["backup", "process", "since 20"].iter().all(|word| second.output.contains(word));
    ensure!(second.status == 3 && told, "{}: {}", second.status, second.output);
    println!("      {}", second.output.trim());
    shell.run_within(&until("! pgrep -x zshield -f backup"), LONG)?;

    // A hook that fails leaves the old backup as it is.
    shell.check(
        "printf '#!/bin/sh\\necho not now >&2; exit 7\\n' >/etc/zshield/hooks/backup-pre.d/slow",
    )?;
    shell.run_within(&until("flock -n /run/zshield/lock true"), LONG)?;
    let latest = shell.check(LATEST)?;
    let failed = shell.run("zshield --lang en backup")?;
    ensure!(failed.status == 1 && failed.output.contains("not now"), "{}", failed.output);
    println!("      {}", failed.output.trim());
    ensure!(shell.check(LATEST)? == latest, "the old backup is another");
    shell.check("! lvs vgroup/snap1-next")?;
    shell.check("rm /etc/zshield/hooks/backup-pre.d/slow")?;

    lets_go(&mut shell)?;

    // A daemon that hangs answers no watchdog.
    let pid = shell.check("systemctl show -P MainPID zshield")?;
    shell.check("systemctl kill -s STOP zshield")?;
    let another = format!("test $(systemctl show -P MainPID zshield) != {}", pid.trim());
    shell.run_within(&until(&format!("{another} && systemctl -q is-active zshield")), LONG)?;
    shell.check(&format!("{another} && systemctl -q is-active zshield"))?;
    machine.cut_power();
    Ok(())
}

/// A backup that is killed while applications hold still: the daemon has them go on.
fn lets_go(shell: &mut Shell<'_>) -> Result<()> {
    shell.script(include_str!("../sh/daemon/backup-killed.sh"), &[])?;
    let go_on = "timeout 60 sh -c 'while test -e /run/held; do sleep 1; done'";
    shell.run_within(go_on, LONG)?;
    shell.check("test ! -e /run/held && test ! -e /run/zshield/held-still")?;
    shell.check("rm /etc/zshield/hooks/backup-*.d/*; zshield backup").map(drop)
}

fn stalls(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("stalls")?;
    let said = |what: &str| {
        format!(
            "timeout 220 sh -c 'until journalctl -u zshield | grep -q \"{what}\"; do sleep 1; done'"
        )
    };
    let pid = {
        let mut shell = Shell::open(&mut machine)?;
        shell.check("zshield backup")?;
        let seen = "timeout 200 sh -c 'until zshield --lang en status; do sleep 1; done'";
        shell.run_within(seen, LONG)?;
        shell.check("systemctl show -P MainPID zshield")?
    };
    machine.stall(HDD, true)?;
    let mut shell = Shell::open_again(&mut machine);
    // The journal is on the very disk that does not answer.
    let known =
        "timeout 220 sh -c 'until grep disk-stalled /run/zshield/daemon.json; do sleep 1; done'";
    shell.run_within(known, LONG)?;
    let status = shell.run("zshield --lang en status")?;
    let told = ["the HDD does not answer", "have not answered since", "1.0.0"];
    let told = told.iter().all(|words| status.output.contains(words));
    ensure!(status.status == 1 && told, "{}", status.output);
    println!("      {}", status.output.trim().replace('\n', "\n      "));
    machine.stall(HDD, false)?;
    let mut shell = Shell::open_again(&mut machine);
    shell.run_within(&said("answer again"), LONG)?;
    shell.check("journalctl -u zshield | grep 'answer again'")?;
    shell.check("test $(journalctl -u zshield | grep -c ']: the HDD does not answer') = 1")?;
    let same = shell.check("systemctl show -P MainPID zshield")?;
    ensure!(same == pid, "the daemon was started again: {pid} {same}");
    shell.check("zshield --lang en status; zshield backup")?;
    machine.cut_power();
    Ok(())
}
