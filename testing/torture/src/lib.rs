//! Power cuts by the hundred: an operation is recorded below its filesystems, and the disks that
//! a cut would have left are built from the recording one after another, many in one boot of
//! user-mode Linux. What has to hold after each is in [`subject`].

mod cuts;
mod disk;
mod guest;
mod log;
mod power;
mod read_set;
mod recording;
mod replay;
mod report;
mod served;
mod states;
mod subject;
mod task;
mod trial;
mod verdict;

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;

pub use power::Power;
use recording::{Laboratory, Recording};
use replay::Choice;
pub use replay::Tally;
use subject::{SUBJECTS, Subject};
pub use task::run as guest;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::work::Taken;

/// What the command is told.
#[derive(Debug, Args)]
pub struct Options {
    /// The operation to cut: install, backup, bring-over (a backup of an appliance with two live snapshots),
    /// recover-factory, recover-latest, recover-vault, live, upgrade, or upgrade-golden (what follows when the new version is
    /// confirmed); all where none is named
    #[arg(long)]
    op: Vec<String>,
    /// How many times each is cut
    #[arg(long, default_value_t = 100)]
    cuts: usize,
    /// What chance is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Have power fail once more while what comes after the cut runs; each cut is tried then
    #[arg(long)]
    twice: bool,
    /// Try this cut alone, of the recording that was made last
    #[arg(long, requires = "op")]
    cut: Option<usize>,
    /// Go on with a run that was stopped: of the recording that was made last, what its consoles say
    /// is not tried again
    #[arg(long, requires = "op", conflicts_with = "cut")]
    go_on: bool,
    /// In how many machines at a time
    #[arg(long, default_value_t = 2)]
    machines: usize,
    /// Write what came of each operation into its row in docs/RELIABILITY.md
    #[arg(long, conflicts_with = "cut")]
    write: bool,
}

impl Options {
    /// One cut is tried again by somebody who looks at it; many are let run.
    pub const fn when_taken(&self) -> Taken {
        if self.cut.is_some() { Taken::Refuse } else { Taken::Wait }
    }
}

/// Cuts each operation, and says what came of it; whether all held.
pub fn run(artifacts: &Artifacts, options: &Options) -> Result<bool> {
    let subjects: Vec<Subject> = if options.op.is_empty() {
        SUBJECTS.to_vec()
    } else {
        let named = |name: &String| {
            Subject::of(name).with_context(|| format!("there is no operation «{name}»"))
        };
        options.op.iter().map(named).collect::<Result<_>>()?
    };
    let laboratory = Laboratory::new(artifacts)?;
    let count = options.cut.map_or(options.cuts, |cut| cut + 1);
    let power = if options.twice { Power::FailsTwice } else { Power::FailsOnce };
    let Options { seed, cut: only, machines, .. } = *options;
    let choice = Choice { count, seed, power, only, machines };
    let mut all = Tally::default();
    for subject in subjects {
        let label = power.of(subject.name);
        let name = format!("torture-{}", label.replace(" --", "-"));
        let recording = if let Some(cut) = options.cut {
            let kept = artifacts.work().directory(&format!("run/{name}"))?;
            // The consoles and logs of the run that it is of stay.
            let own = artifacts.work().run_directory(&format!("{name}-cut-{cut}"))?;
            Recording::kept(subject, &laboratory, &kept, &own)?
        } else if options.go_on {
            let kept = artifacts.work().directory(&format!("run/{name}"))?;
            Recording::of_the_same(subject, &laboratory, &kept)?
        } else {
            Recording::of(subject, &laboratory, &artifacts.work().run_directory(&name)?)?
        };
        let tally = replay::run(&recording, choice)?;
        println!("{}", line(&label, &tally));
        all.add(&tally);
        if options.write {
            report::write(artifacts.work(), &label, options.seed, &tally)?;
        }
    }
    println!("cuts={} bricks={} lost={}", all.cuts, all.bricks, all.lost);
    Ok(all.is_good())
}

/// One operation, so many cuts, for a scenario; with a step of it left out, where one is named.
pub fn scenario(
    artifacts: &Artifacts,
    directory: &Path,
    name: &str,
    cuts: usize,
    power: Power,
    left_out: Option<&'static str>,
) -> Result<Tally> {
    let subject = Subject::of(name).with_context(|| format!("no operation «{name}»"))?;
    let laboratory = Laboratory::new(artifacts)?.without(left_out);
    let recording = Recording::of(subject, &laboratory, directory)?;
    replay::run(&recording, Choice { count: cuts, seed: 1, power, only: None, machines: 1 })
}

/// What came of an operation, in one line.
pub fn line(name: &str, tally: &Tally) -> String {
    let Tally { writes, flushes, cuts, states, trials, bricks, lost, took } = tally;
    let seconds = took.as_secs_f64();
    format!(
        "{name}: {writes} writes, {flushes} flushes, {cuts} cuts leave {states} different \
         states, {trials} of them tried, {seconds:.0} s of trials: {bricks} bricks, {lost} lost"
    )
}
