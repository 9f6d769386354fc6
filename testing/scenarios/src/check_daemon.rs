//! A file changes, and somebody hears of it: the daily check by itself, the alarm, the backup that
//! it holds, and what becomes of it when somebody means it to be so.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::daemon::LATEST;
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::qemu::{Firmware, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "check-daemon",
    shows: "the daily check comes by itself, before the backup; what it finds is an alarm that names \
            the package and holds the backup, until somebody acknowledges it",
    tier: Tier::E2e,
    in_ci: true,
    run,
}];

const LONG: Duration = Duration::from_mins(5);

fn run(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("check")?;
    let mut shell = Shell::open(&mut machine)?;
    until(&mut shell, "systemctl -q is-active zshield")?;
    shell.check("zshield backup")?;
    let before = shell.check(LATEST)?;
    // Tonight's delay is none, and it is a little before the time of the check.
    shell.check("sed -i 's/^random_delay.*/random_delay = \"0s\"/' /etc/zshield/appliance.toml")?;
    super::daemon::meant(&mut shell)?;
    shell.check("echo changed >>/usr/bin/lessecho; systemctl restart zshield")?;
    shell.check("date -s \"$(date -d tomorrow +%F) 01:59:50\"")?;
    let alarm = until(&mut shell, "zshield --lang en alarm list | grep lessecho")?;
    ensure!(alarm.contains("package less"), "the package is not named: {alarm}");
    println!("      {}", alarm.trim());

    shell.check("date -s \"$(date +%F) 02:59:50\"")?;
    until(&mut shell, "zshield --lang en status | grep \"nightly backup is held\"")?;
    let refused = shell.run("zshield --lang en backup")?;
    println!("      {}", refused.output.trim());
    ensure!(refused.status == 3 && refused.output.contains("integrity"), "{refused:?}");
    ensure!(shell.check(LATEST)? == before, "another latest backup, in spite of the alarm");

    shell.check("zshield alarm ack integrity --reason 'upgraded by hand'")?;
    until(&mut shell, "journalctl -u zshield | grep \"nightly backup is done\\|夜间备份完成\"")?;
    ensure!(shell.check(LATEST)?.trim() > before.trim(), "no other latest backup");
    shell.check("grep 'lessecho.*upgraded by hand' /var/log/zshield/alarms/audit.jsonl")?;
    let checked = shell.run_within("zshield check", LONG)?;
    ensure!(checked.status == 0, "{}", checked.output);
    let left = shell.check("zshield alarm list")?;
    ensure!(!left.contains("integrity"), "the alarm is still there: {left}");
    machine.cut_power();
    Ok(())
}

/// Waits until a command does well, and says what it printed then.
fn until(shell: &mut Shell<'_>, what: &str) -> Result<String> {
    shell.run_within(&format!("timeout 280 sh -c 'until {what}; do sleep 1; done'"), LONG)?;
    shell.check(what)
}
