//! Upgrades: how large a bundle is, and how long it takes to be applied, beside the payload's own package manager with the
//! same packages, and beside what other ways would carry.

mod carried;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use self::carried::Carried;
use super::findings::Findings;
use super::form::Form;
use super::guest::{Measured, measured};
use super::row::{Row, Unit};
use super::side::Side;
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::payload::changes::{Changed, Packages};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

const BENCH: &str = "upgrade";
const TURNS: usize = 3;
const LIMIT: Duration = Duration::from_mins(20);

/// Changes to a system, from the packages of Debian's last release to those of today.
const CASES: [Changed; 2] = [Changed::Two, Changed::All];

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-upgrade")?;
    let mut rows = Vec::new();
    for changed in form.of(CASES) {
        rows.extend(case(artifacts, &directory, changed, form.turns(TURNS))?);
    }
    Ok(rows.into())
}

fn case(
    artifacts: &Artifacts,
    directory: &Path,
    changed: Changed,
    turns: usize,
) -> Result<Vec<Row>> {
    let (from, to) = (artifacts.uml_released_stick()?, artifacts.uml_changed_stick(changed)?);
    let packages = artifacts.changed_packages(changed)?;
    let case = format!("{} packages", packages.count());
    let bundle = directory.join("new.zsb");
    stick::bundle(&artifacts.binary()?, &from, &to, "", &bundle)?;
    let mut rows = sizes(&case, &Carried::between(&from, &to, directory)?, &bundle)?;
    let mut times = Times::default();
    for _ in 0..turns {
        times.measure(artifacts, directory, &bundle, &packages)?;
    }
    rows.extend(times.rows(&case, turns)?);
    fs::remove_file(bundle)?;
    Ok(rows)
}

/// How much is carried to a machine.
fn sizes(case: &str, carried: &Carried, bundle: &Path) -> Result<Vec<Row>> {
    let ours = bytes(fs::metadata(bundle)?.len());
    let image = bytes(carried.image);
    let note = format!("{:.1} % of the image", ours / image * 100.0);
    let row = |peer, theirs: u64| Row {
        bench: BENCH,
        case: format!("{case}: carried"),
        unit: Unit::Bytes,
        ours,
        peer: Some((peer, bytes(theirs))),
        note: note.clone(),
    };
    Ok(vec![
        row("4 KiB blocks that are new (RAUC's index), ext4", carried.blocks),
        row("zstd -3 --patch-from, tar of the whole", carried.patch),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
fn bytes(number: u64) -> f64 {
    number as f64
}

/// What was measured of all turns.
#[derive(Default)]
struct Times {
    measured: Vec<Measured>,
    /// From the backup's end to the trial.
    applied: Vec<f64>,
}

impl Times {
    /// Ours and the package manager's, each on an appliance that was just installed.
    fn measure(
        &mut self,
        artifacts: &Artifacts,
        directory: &Path,
        bundle: &Path,
        packages: &Packages,
    ) -> Result<()> {
        let this = zshield_machines::binary::this()?.display().to_string();
        for script in [OURS, DPKG] {
            let appliance = UmlAppliance::installed(directory, artifacts, Payload::Released)?
                .env("XTASK", &this)
                .env("ZSHIELD", &artifacts.binary()?.display().to_string())
                .env("BUNDLE", &bundle.display().to_string())
                .env("PACKAGES", &packages.directory().display().to_string());
            let said = appliance.run("upgrade", &[script], LIMIT)?;
            appliance.remove_disks()?;
            self.measured.extend(measured(&said)?);
            if script == OURS {
                self.applied.push(applied(&said)?);
            }
        }
        Ok(())
    }

    fn rows(&self, case: &str, turns: usize) -> Result<Vec<Row>> {
        let side = |name: &str| Side::of(&self.measured, name, turns);
        let (ours, theirs, written) = (side("upgrade")?, side("dpkg")?, side("dd")?);
        let applied = median(&self.applied);
        let all = format!(
            "all of it, with check and backup, {:.1} s; at its peak {} MiB, dpkg {} MiB",
            ours.seconds,
            ours.mib(),
            theirs.mib()
        );
        let row = |peer, theirs: f64| {
            let case = format!("{case}: applied");
            Row::seconds(BENCH, case, applied, peer, theirs, all.clone())
        };
        Ok(vec![
            row("dpkg -i, with its initrd", theirs.seconds),
            row("dd of as many bytes, conv=fsync", written.seconds),
        ])
    }
}

/// The seconds that the script has seen pass while an upgrade was applied.
fn applied(said: &str) -> Result<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("applied: "));
    let seconds: f64 = line.context("nobody said how long it was applied")?.trim().parse()?;
    ensure!(seconds > 0.0, "it was applied in no time");
    Ok(seconds)
}

const OURS: &str = include_str!("../sh/upgrade/ours.sh");
const DPKG: &str = include_str!("../sh/upgrade/dpkg.sh");
