//! A vendor changes the key that bundles are signed with, and revokes the old one; on real LVM and device-mapper.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-keys",
    "an upgrade introduces a key, the next one is signed with it and revokes the old one: that is refused from then on, \
     with power lost while it is noted, with the old key put back into /etc, after a recovery to the factory, and by the \
     old stick; the factory state, which the old key has signed, stays of use",
    rotation,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade-keys/functions.sh");
const INTRODUCE: &str = include_str!("../sh/upgrade-keys/introduce.sh");
const LEAVE: &str = include_str!("../sh/upgrade-keys/leave.sh");
const KEEP: &str = include_str!("../sh/upgrade-keys/keep.sh");
const REVOKE: &str = include_str!("../sh/upgrade-keys/revoke.sh");
const REVOKED: &str = include_str!("../sh/upgrade-keys/revoked.sh");
const BACK: &str = include_str!("../sh/upgrade-keys/back.sh");
const BY_STICK: &str = include_str!("../sh/upgrade-keys/by-stick.sh");

/// Where the power is lost while what was said of keys is noted on the Golden partition: the number of the plan that the
/// process carries out, and the place in it. A backup comes before the first.
const CUTS: [(&str, &str); 3] = [("2", "2:after"), ("1", "3:after"), ("1", "4:after")];

fn rotation(context: &Context) -> Result<()> {
    let appliance = appliance(context)?;
    appliance.run("introduce", &[FUNCTIONS, INTRODUCE], LIMIT)?;
    appliance.run("leave", &[FUNCTIONS, LEAVE], LIMIT)?;
    appliance.run("introduce-again", &[FUNCTIONS, INTRODUCE], LIMIT)?;
    appliance.run("keep", &[FUNCTIONS, KEEP], LIMIT)?;
    appliance.run("revoke", &[FUNCTIONS, REVOKE], LIMIT)?;
    for (plan, point) in CUTS {
        let half = appliance.clone().env("ZSHIELD_FAIL_PLAN", plan);
        let at = || format!("plan {plan} at {point}");
        half.cut(&[FUNCTIONS, KEEP], point, LIMIT).with_context(at)?;
        appliance.run("revoked", &[FUNCTIONS, REVOKED], LIMIT).with_context(at)?;
    }
    appliance.run("kept", &[FUNCTIONS, KEEP], LIMIT)?;
    appliance.run("revoked-for-ever", &[FUNCTIONS, REVOKED], LIMIT)?;
    appliance.run("back", &[FUNCTIONS, BACK, REVOKED], LIMIT)?;
    appliance.run("by-stick", &[FUNCTIONS, BY_STICK], LIMIT)?;
    appliance.remove_disks()
}

/// An appliance of the old version, and the bundles.
fn appliance(context: &Context) -> Result<UmlAppliance> {
    let artifacts = context.artifacts;
    let old = artifacts.smallest_stick()?;
    let (next, later) = (artifacts.next_stick()?, artifacts.later_stick()?);
    let zshield = artifacts.binary()?;
    let appliance = context.uml_appliance(Payload::Smallest)?.without_golden();
    let directory = appliance.directory().to_owned();
    let (old_key, new_key) = (key(&old)?, key(&later)?);
    fs::copy(&new_key, directory.join("new.pub"))?;
    let (old_id, new_id) = (id(&old_key)?, id(&new_key)?);
    ensure!(old_id != new_id, "both sticks are signed with one key");
    let introduces = "introduces = [\"new.pub\"]\n";
    let revokes = format!("revokes = [\"{old_id}\"]\n");
    let make = |name: &str, from: &Path, to: &Path, says: &str| {
        stick::bundle(&zshield, from, to, says, &directory.join(name))
    };
    make("introduce.zsb", &old, &next, introduces)?;
    make("revoke.zsb", &next, &later, &revokes)?;
    make("by-old.zsb", &old, &next, "")?;
    make("by-new.zsb", &old, &later, "")?;
    let upgrade = artifacts.upgrade_golden()?.display().to_string();
    Ok(appliance.env("UPGRADE", &upgrade).env("OLD", &old_id).env("NEW", &new_id))
}

/// The public key beside a stick.
fn key(stick: &Path) -> Result<PathBuf> {
    Ok(stick.parent().context("the stick is in no directory")?.join("demo.pub"))
}

/// The number of a public key, which minisign's files end their first line with.
fn id(key: &Path) -> Result<String> {
    let text = fs::read_to_string(key).with_context(|| key.display().to_string())?;
    let id = text.lines().next().and_then(|line| line.split(' ').next_back());
    Ok(id.context("an empty key")?.to_owned())
}
