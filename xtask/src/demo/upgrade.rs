//! Two bundles of a new version: one that goes back, and one that stays.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use zshield_machines::appliance::{self, Appliance};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Running, Shell};
use zshield_scenarios::upgrade_machine::{Bundles, SICK, STARTS};

use super::{CHECKED, Story};

/// An upgrade is applied, or a new version judged, within this.
const UPGRADED: Duration = Duration::from_mins(15);

/// Shows both.
pub(super) fn run(
    story: &Story,
    artifacts: &Artifacts,
    appliance: &Appliance,
    directory: &Path,
) -> Result<()> {
    story.tell("the vendor builds the image of version 2.0.0, and makes bundles of both images");
    let (from, to) = (artifacts.stick()?, artifacts.upgraded_stick()?);
    let bundles = Bundles::new(artifacts, directory)?;
    for (name, hook) in [("sick", Some(&SICK)), ("good", None)] {
        let bytes = bundles.make(name, &from, &to, "", hook)?;
        story.tell(&format!("  {name}.zsb, {} KB", bytes.div_ceil(1000)));
    }
    story.tell("power on, with the bundles on a disk");
    let mut machine = bundles.plugged_into(appliance)?.power_on("upgrade")?;
    goes_back(story, &mut machine)?;
    stays(story, &mut machine)?;
    let mut shell = Shell::open_again(&mut machine);
    shell.check("systemctl poweroff")?;
    machine.wait_off(Duration::from_mins(2))
}

/// The new version answers nobody, and the machine returns by itself.
fn goes_back(story: &Story, machine: &mut Running) -> Result<()> {
    let mut shell = Shell::open(machine)?;
    plug_in(&mut shell)?;
    shell.check("echo '# mine' >>/etc/login.defs")?;
    let shown =
        "zshield --lang en upgrade /run/bundles/sick.zsb --dry-run | sed '/^ *1 stage-/,$d'";
    let shown = shell.check_within(shown, UPGRADED)?;
    story.show("an administrator asks what the first one would do", &shown);
    story.tell("he installs it; in this one the product answers nobody");
    upgrade(story, machine, "sick")?;
    machine.expect("root@appliance:", UPGRADED)?;
    story.tell("version 2.0.0 runs, on trial");
    machine.expect("::zshield:: rescue status=starting", UPGRADED)?;
    story.tell("it was not healthy in time: the machine restarts, and returns to the backup");
    appliance::wait_recovered(machine)?;
    let mut shell = Shell::open(machine)?;
    ended(&mut shell)?;
    story.show(
        "the old version is up again, and says why",
        &shell.check("zshield --lang en upgrade status; zshield --lang en alarm list")?,
    );
    Ok(())
}

/// The new version is healthy, and is kept.
fn stays(story: &Story, machine: &mut Running) -> Result<()> {
    let mut shell = Shell::open_again(machine);
    plug_in(&mut shell)?;
    story.tell("then the second one");
    upgrade(story, machine, "good")?;
    machine.expect(STARTS, UPGRADED)?;
    let mut shell = Shell::open(machine)?;
    ended(&mut shell)?;
    let status = "zshield --lang en upgrade status; zshield --lang en status";
    story.show("version 2.0.0 is healthy, and has a backup", &shell.check(status)?);
    let kept = "tail -n 1 /etc/login.defs; cat /usr/share/gateway/version /etc/settings";
    story.show("with the administrator's settings", &shell.check(kept)?);
    let checked = shell.run_within("zshield --lang en check", CHECKED)?;
    ensure!(checked.status == 0, "{}", checked.output);
    story.show("a check", &checked.output);
    Ok(())
}

fn plug_in(shell: &mut Shell<'_>) -> Result<()> {
    shell.check("mkdir -p /run/bundles; mount -o ro /dev/disk/by-label/bundles /run/bundles")?;
    Ok(())
}

/// Installs a bundle; the machine restarts.
fn upgrade(story: &Story, machine: &mut Running, name: &str) -> Result<()> {
    machine.send(&format!("zshield --lang en upgrade /run/bundles/{name}.zsb --yes\n"))?;
    let (step, restarts) = ("::zshield:: upgrade step=", "The machine restarts now, and then says");
    while machine.expect_any(&[step, restarts], UPGRADED)? == 0 {
        story.tell(&format!("  {}", machine.rest_of_line().trim()));
    }
    story.tell("  the machine restarts");
    Ok(())
}

/// Waits until no upgrade is under way.
fn ended(shell: &mut Shell<'_>) -> Result<()> {
    let none = "until zshield upgrade status --json | grep -q '\"now\": null'; do sleep 1; done";
    shell.check_within(none, UPGRADED)?;
    Ok(())
}
