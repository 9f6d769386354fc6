//! Power cuts below the filesystems, in their short form: `cargo xtask torture` has the long one.

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_torture::Power;

const fn scenario(name: &'static str, run: fn(&Context) -> Result<()>) -> Scenario {
    let shows = "power cuts below the filesystems, each with its own losses of what no flush had made \
                 durable: after each it goes on by itself, to a state that is allowed";
    Scenario { name, shows, tier: Tier::Uml, in_ci: true, run }
}

const fn twice(name: &'static str, run: fn(&Context) -> Result<()>) -> Scenario {
    let shows = "the same, and power fails once more while it goes on";
    Scenario { shows, ..scenario(name, run) }
}

pub(super) const SCENARIOS: &[Scenario] = &[
    scenario("install-cuts", |context| all_hold(context, "install")),
    scenario("backup-cuts", |context| all_hold(context, "backup")),
    Scenario {
        shows: "the same, in the backup by which an appliance with two live snapshots gets the factory's as a \
                store that the kernel does not load",
        ..scenario("backup-bring-over-cuts", |context| all_hold(context, "bring-over"))
    },
    scenario("recover-factory-cuts", |context| all_hold(context, "recover-factory")),
    scenario("recover-latest-cuts", |context| all_hold(context, "recover-latest")),
    scenario("recover-vault-cuts", |context| all_hold(context, "recover-vault")),
    scenario("live-cuts", |context| all_hold(context, "live")),
    scenario("upgrade-cuts", |context| all_hold(context, "upgrade")),
    Scenario {
        shows: "the same, in what follows when a new version is confirmed: backup, slot, boot loader, factory state",
        ..scenario("upgrade-golden-cuts", |context| all_hold(context, "upgrade-golden"))
    }
    .in_soak(),
    twice("install-cuts-twice", |context| all_hold_twice(context, "install")),
    twice("backup-cuts-twice", |context| all_hold_twice(context, "backup")),
    twice("recover-latest-cuts-twice", |context| all_hold_twice(context, "recover-latest")),
    twice("upgrade-cuts-twice", |context| all_hold_twice(context, "upgrade")),
    Scenario {
        shows: "a recovery that is not armed before its first write is found out by such cuts",
        ..scenario("recover-cuts-find", |context| unarmed_is_found(context, "recover-latest"))
    },
    Scenario {
        shows: "an upgrade that is not armed before its first write is found out by such cuts",
        ..scenario("upgrade-cuts-find", |context| unarmed_is_found(context, "upgrade"))
    }
    .in_soak(),
];

/// Of each operation. Each state that they leave is followed by a whole operation.
const CUTS: usize = 12;
/// Each of these is followed by two.
const TWICE: usize = 2;
/// As many as find what is wrong with nearly every one.
const FEW: usize = 12;

fn all_hold(context: &Context, operation: &str) -> Result<()> {
    held(context, operation, CUTS, Power::FailsOnce)
}

fn all_hold_twice(context: &Context, operation: &str) -> Result<()> {
    held(context, operation, TWICE, Power::FailsTwice)
}

fn held(context: &Context, operation: &str, cuts: usize, power: Power) -> Result<()> {
    let tally = zshield_torture::scenario(
        context.artifacts,
        &context.directory,
        operation,
        cuts,
        power,
        None,
    )?;
    println!("      {}", zshield_torture::line(&power.of(operation), &tally));
    ensure!(tally.is_good(), "{} bricks, {} lost", tally.bricks, tally.lost);
    Ok(())
}

/// What tries others has to be tried itself.
fn unarmed_is_found(context: &Context, operation: &str) -> Result<()> {
    let tally = zshield_torture::scenario(
        context.artifacts,
        &context.directory,
        operation,
        FEW,
        Power::FailsOnce,
        Some("arm"),
    )?;
    ensure!(tally.bricks > 0, "{operation} without arming came through {} cuts", tally.cuts);
    Ok(())
}
