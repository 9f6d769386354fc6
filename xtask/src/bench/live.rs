//! A system that somebody has tampered with, put right while it runs and by the rescue system with
//! two starts: the same files on the same appliance, in QEMU, in turns.
//!
//! What counts is how long nobody is served: for the one without a restart all of its time does,
//! though most services never stop; for the other one from the command to the next root shell.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::findings::Findings;
use super::row::Row;
use super::statistics::median;
use crate::appliance::Appliance;
use crate::artifacts::Artifacts;
use crate::qemu::{Firmware, Shell};

const TURNS: usize = 3;
const LONG: Duration = Duration::from_mins(6);

/// Programs, settings, and many small files.
const TAMPER: &str = "echo evil >>/usr/bin/passwd; rm -r /usr/share/zoneinfo/A*; chmod 4755 /bin/ls; \
     cp /bin/true /usr/bin/last; echo evil >/etc/evil; mkdir /usr/lib/evil; sync";
const UNTAMPERED: &str = "test ! -e /etc/evil && test ! -e /usr/lib/evil && \
     test -d /usr/share/zoneinfo/America && test $(stat -c %a /bin/ls) = 755";

pub(super) fn findings(artifacts: &Artifacts) -> Result<Findings> {
    let folder = artifacts.work().run_folder("bench-live")?;
    let appliance = Appliance::installed(&folder, Firmware::Bios, artifacts)?;
    let mut machine = appliance.machine().power_on("live")?;
    Shell::open(&mut machine)?.check("zshield backup")?;
    let (mut live, mut offline) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let mut shell = Shell::open_again(&mut machine);
        shell.check(TAMPER)?;
        let since = Instant::now();
        let done = shell.run_within("zshield recover latest --yes", LONG)?;
        live.push(since.elapsed().as_secs_f64());
        ensure!(matches!(done.status, 0 | 5), "status {}: {}", done.status, done.output);
        shell.check(UNTAMPERED)?;

        shell.check(TAMPER)?;
        let since = Instant::now();
        machine.send("zshield recover latest --offline --yes --restart\n")?;
        let mut shell = Shell::open(&mut machine)?;
        offline.push(since.elapsed().as_secs_f64());
        shell.check(UNTAMPERED)?;
    }
    machine.cut_power();
    let row = Row::seconds(
        "live",
        "tampered files put right".to_owned(),
        median(&live),
        "recover --offline, two starts",
        median(&offline),
        "two cores, no KVM".to_owned(),
    );
    Ok(vec![row].into())
}
