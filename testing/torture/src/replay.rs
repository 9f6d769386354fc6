//! Cuts replayed in user-mode Linux, many in one boot.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::cuts;
use crate::log;
use crate::power::Power;
use crate::recording::{Recording, write_task};
use crate::states::{self, CutState};
use crate::subject::script;
use crate::task::Act;
use crate::verdict::{self, Tried, Verdict};
use zshield_machines::binary;
use zshield_machines::uml::End;

/// What came of the cuts of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its writes.
    pub writes: usize,
    /// Its flushes, and its writes that are durable by themselves.
    pub flushes: usize,
    /// How many cuts were tried.
    pub cuts: usize,
    /// How many different states they left on the disks.
    pub states: usize,
    /// How many of these were tried; each other one differs from one of them in nothing that was read of that.
    pub trials: usize,
    /// After how many it came back to no state that is allowed, or needed help.
    pub bricks: usize,
    /// After how many data or a way back was lost.
    pub lost: usize,
    /// How long that took, one state's time added to the other's.
    pub took: Duration,
}

impl Tally {
    /// Whether something was tried, and all of it held.
    pub const fn is_good(&self) -> bool {
        self.cuts > 0 && self.bricks == 0 && self.lost == 0
    }

    /// Adds what came of others.
    pub fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.states += other.states;
        self.trials += other.trials;
        self.bricks += other.bricks;
        self.lost += other.lost;
        self.took += other.took;
    }

    fn count(&mut self, state: CutState, tried: &Tried) {
        self.states += 1;
        self.trials += usize::from(tried.itself);
        self.cuts += state.cuts;
        self.took += tried.took;
        match tried.verdict {
            Verdict::Held => {}
            Verdict::Brick => self.bricks += state.cuts,
            Verdict::Lost => self.lost += state.cuts,
        }
    }
}

/// Which cuts of an operation are tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    /// The first so many.
    pub count: usize,
    /// What chance is made from.
    pub seed: u64,
    /// How often power fails in each.
    pub power: Power,
    /// This one alone.
    pub only: Option<usize>,
    /// In how many machines at a time.
    pub machines: usize,
}

/// How long a cut may take before its machine is given up.
const A_CUT: Duration = Duration::from_mins(6);

/// Tries the cuts, and says what repeats each that fails. What consoles beside the recording say of
/// some is not tried again.
pub(crate) fn run(recording: &Recording<'_>, choice: Choice) -> Result<Tally> {
    let events = log::load(&recording.directory.join("recording"))?;
    let mut cuts = cuts::choose(&events, choice.count, choice.seed);
    cuts.retain(|cut| choice.only.is_none_or(|only| cut.number == only));
    let states = match choice.power {
        Power::FailsOnce => states::of(&events, &cuts, choice.seed),
        // Each has a second one of its own.
        Power::FailsTwice => cuts.iter().map(|cut| CutState { cut: *cut, cuts: 1 }).collect(),
    };
    drop(events);
    let name = choice.power.of(recording.subject.name);
    let (writes, flushes) = (recording.writes, recording.flushes);
    let mut all = Tally { writes, flushes, ..Tally::default() };
    println!("      {name}: {} cuts, {} different states", cuts.len(), states.len());
    let states = untried(recording, choice, states, &mut all)?;
    if all.states > 0 {
        println!("      {} of them were tried before", all.states);
    }
    let share = states.len().div_ceil(choice.machines.max(1)).max(1);
    let tallies: Vec<Result<Tally>> = thread::scope(|scope| {
        let run = |(machine, states): (usize, &[CutState])| {
            let states = states.to_vec();
            scope.spawn(move || machines(recording, states.into(), choice, machine))
        };
        let running: Vec<_> = states.chunks(share).enumerate().map(run).collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended.map(|ended| ended.unwrap_or_else(|_| bail!("it panicked"))).collect()
    });
    for tally in tallies {
        all.add(&tally?);
    }
    Ok(all)
}

/// Counts the states that an earlier run of this recording came to, and returns the others.
fn untried(
    recording: &Recording<'_>,
    choice: Choice,
    states: Vec<CutState>,
    tally: &mut Tally,
) -> Result<Vec<CutState>> {
    let mut known = HashMap::new();
    for entry in fs::read_dir(&recording.logs)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&consoles(choice.seed)) && name.ends_with(".console.log") {
            let console = fs::read(recording.logs.join(name))?;
            let said = verdict::said(&String::from_utf8_lossy(&console));
            known.extend(said.into_iter().map(|tried| (tried.cut, tried)));
        }
    }
    let mut left = Vec::new();
    for state in states {
        match known.get(&state.cut.number) {
            Some(tried) => {
                tally.count(state, tried);
                if tried.verdict != Verdict::Held {
                    told(recording, choice, tried.cut, tried.verdict);
                }
            }
            None => left.push(state),
        }
    }
    Ok(left)
}

/// How the names of the consoles begin on which states of a seed are tried.
fn consoles(seed: u64) -> String {
    format!("replay-{seed}-")
}

/// Tries states in one machine, and in another where that does not survive one.
fn machines(
    recording: &Recording<'_>,
    mut left: VecDeque<CutState>,
    choice: Choice,
    machine: usize,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut boot = 0;
    while !left.is_empty() {
        boot += 1;
        let label = unused(recording, &format!("{}{machine}-", consoles(choice.seed)));
        let Boot { tried, why } = one_boot(recording, &left, choice, &label)?;
        if let (0, Some(why), true) = (tried.len(), &why, boot > 3) {
            bail!("no cut can be tried: {why:#}");
        }
        for tried in tried {
            let Tried { cut, verdict, .. } = tried;
            let Some(at) = left.iter().position(|state| state.cut.number == cut) else {
                bail!("cut {cut} was not to be tried");
            };
            if let Some(state) = left.remove(at) {
                tally.count(state, &tried);
            }
            if verdict != Verdict::Held {
                told(recording, choice, cut, verdict);
            }
        }
        // A machine that went off before its last cut did not survive the one that it was at.
        if let (Some(why), Some(state)) = (why, left.pop_front()) {
            let cut = state.cut.number;
            let (verdict, took) = (Verdict::Brick, Duration::ZERO);
            tally.count(state, &Tried { cut, verdict, took, itself: true });
            told(recording, choice, cut, verdict);
            println!("{why:#}");
        }
    }
    Ok(tally)
}

/// The first name that begins so and that no console has.
fn unused(recording: &Recording<'_>, beginning: &str) -> String {
    let mut names = (1..).map(|boot: usize| format!("{beginning}{boot}"));
    let is_free = |name: &String| !recording.logs.join(format!("{name}.console.log")).exists();
    names.find(is_free).unwrap_or_default()
}

fn told(recording: &Recording<'_>, choice: Choice, number: usize, verdict: Verdict) {
    let (name, seed) = (choice.power.of(recording.subject.name), choice.seed);
    let log = recording.logs.join(format!("cut-{number}.log"));
    println!(
        "      {verdict}: cargo xtask torture --op {name} --seed {seed} --cut {number} ({})",
        log.display()
    );
}

/// What came of one boot.
struct Boot {
    /// The cuts that it came to, each for its state.
    tried: Vec<Tried>,
    /// Why it did not come to all.
    why: Option<anyhow::Error>,
}

/// How often power has failed before what comes after it.
const ONCE: &str = "POWER=once";
const TWICE: &str = "POWER=twice";

/// Tries states in one boot.
fn one_boot(
    recording: &Recording<'_>,
    states: &VecDeque<CutState>,
    choice: Choice,
    label: &str,
) -> Result<Boot> {
    let Recording { subject, laboratory, directory, logs, disks, .. } = recording;
    let after = |power: &str| script(&[power, subject.after]);
    let act = Act::Replay {
        log: directory.join("recording"),
        cuts: states.iter().map(|state| state.cut).collect(),
        seed: choice.seed,
        script: after(ONCE),
        again: (choice.power == Power::FailsTwice).then(|| after(TWICE)),
        logs: logs.clone(),
    };
    let task = write_task(logs, label, disks, act)?;
    let words = [&binary::this()?.display().to_string(), "cuts", &task.display().to_string()];
    let limit = A_CUT + Duration::from_secs(30) * u32::try_from(states.len())?;
    let ended =
        laboratory.machine(logs, subject, directory)?.run(label, &[&words], End::PowerOff, limit);
    let console = fs::read(logs.join(format!("{label}.console.log")))?;
    let tried = verdict::said(&String::from_utf8_lossy(&console));
    let why = match ended {
        Ok(outcomes) if tried.len() == states.len() && outcomes.iter().all(|o| o.status == 0) => {
            None
        }
        Ok(outcomes) => Some(anyhow::anyhow!("the machine ended with {outcomes:?}")),
        Err(error) => Some(error),
    };
    Ok(Boot { tried, why })
}
