//! A system that somebody has tampered with, put right while it runs and by the rescue system with
//! two starts: the same files on the same appliance, in QEMU, in turns.
//!
//! Two services note the time some five times a second on the user volume, and their longest silence
//! is what those notice who are served: one runs from a program that is changed, so that it has to be
//! restarted, the other does not.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::findings::Findings;
use super::form::Form;
use super::row::Row;
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Firmware, Shell};

const TURNS: usize = 3;
const LONG: Duration = Duration::from_mins(6);

/// Two services, each with a shell of its own.
const SERVICES: &str = include_str!("../sh/live/services.sh");
/// Programs, one of which a service runs from, settings, and many small files.
const TAMPER: &str = include_str!("../sh/live/tamper.sh");
const UNTAMPERED: &str = include_str!("../sh/live/untampered.sh");
/// Prints how long the service `NAME` was silent at the longest.
const SILENCE: &str = include_str!("../sh/live/silence.sh");
const PEER: &str = "recover --offline, two starts";

/// How long it took, and how long each service was silent, in seconds.
struct Turn {
    all: f64,
    changed: f64,
    same: f64,
}

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-live")?;
    let appliance = artifacts.appliance(&directory, Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("live")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.script(SERVICES, &[])?;
    shell.run_within("zshield backup", LONG)?;
    let (mut live, mut offline) = (Vec::new(), Vec::new());
    for _ in 0..form.turns(TURNS) {
        let mut shell = Shell::open_again(&mut machine);
        shell.script(TAMPER, &[])?;
        let since = Instant::now();
        let done = shell.run_within("zshield recover latest --yes", LONG)?;
        let all = since.elapsed().as_secs_f64();
        ensure!(matches!(done.status, 0 | 5), "status {}: {}", done.status, done.output);
        live.push(turn(&mut shell, all)?);

        shell.script(TAMPER, &[])?;
        let since = Instant::now();
        machine.send("zshield recover latest --offline --yes --restart\n")?;
        let mut shell = Shell::open(&mut machine)?;
        let all = since.elapsed().as_secs_f64();
        offline.push(turn(&mut shell, all)?);
    }
    machine.cut_power();
    let row = |case: &str, of: fn(&Turn) -> f64| {
        let of_all = |turns: &[Turn]| median(&turns.iter().map(of).collect::<Vec<_>>());
        let (ours, theirs) = (of_all(&live), of_all(&offline));
        Row::seconds("live", case.to_owned(), ours, PEER, theirs, String::new())
    };
    Ok(vec![
        row("a service that runs from what was changed is silent", |turn| turn.changed),
        row("any other service is silent", |turn| turn.same),
        row("until all is right again, and checked", |turn| turn.all),
    ]
    .into())
}

/// Both services have answered again when this asks.
fn turn(shell: &mut Shell, all: f64) -> Result<Turn> {
    let silence = |shell: &mut Shell, name: &str| -> Result<f64> {
        let said = shell.script(SILENCE, &[("NAME", name)])?;
        said.trim().parse().with_context(|| format!("no time: {said}"))
    };
    let (changed, same) = (silence(shell, "changed")?, silence(shell, "same")?);
    shell.script(UNTAMPERED, &[])?;
    Ok(Turn { all, changed, same })
}
