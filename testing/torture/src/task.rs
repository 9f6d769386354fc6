//! What runs inside user-mode Linux: it serves the disks, records what an operation asks of them,
//! and puts them one after another into the states that power cuts would have left.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::cuts::Cut;
use crate::guest::{DEVICES, Guest, forget_disks, shell};
use crate::log::{self, Request};
use crate::trial::Trial;
use crate::verdict::{MARK, Tried, Verdict};

/// What is to be done in one boot.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// SSD, HDD and stick, as they are at its beginning; they are only read.
    pub disks: [PathBuf; 3],

    pub act: Act,
}

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Act {
    /// Runs a script, and keeps what is then on the disks.
    Save {
        /// The script.
        script: String,
        /// Copies of SSD and HDD, which become what these are then.
        to: [PathBuf; 2],
    },
    /// Runs a script while it is recorded, then another, which is not.
    Record {
        /// What is recorded.
        operation: String,
        /// What is not.
        then: String,
        /// Where the recording goes.
        log: PathBuf,
    },
    /// Puts the disks into the state of each cut, and runs a script that has to succeed.
    Replay {
        /// The recording.
        log: PathBuf,
        /// The cuts, in the order in which they fall.
        cuts: Vec<Cut>,
        /// What chance is made from.
        seed: u64,
        /// What has to succeed.
        script: String,
        /// What has to succeed where power fails once more while that runs; nothing where it does not.
        again: Option<String>,
        /// Where the logs of those go that do not.
        logs: PathBuf,
    },
}

/// Does a task in a file.
pub fn run(task: &Path) -> Result<()> {
    let text = fs::read_to_string(task).with_context(|| format!("no {}", task.display()))?;
    let Task { disks, act } = serde_json::from_str(&text)?;
    let guest = Guest::new(&disks)?;
    match act {
        Act::Save { script, to } => {
            must(&script)?;
            let disks = guest.served.lock();
            disks.all.iter().zip(&to).try_for_each(|(disk, to)| disk.save(to))
        }
        Act::Record { operation, then, log } => {
            guest.served.lock().recorded = Some(Vec::new());
            must(&operation)?;
            let events = guest.served.lock().recorded.take().unwrap_or_default();
            let writes = events.iter().filter(|event| event.request != Request::Flush).count();
            let flushes = events.iter().filter(|event| event.is_boundary()).count();
            println!("::torture:: writes={writes} flushes={flushes}");
            log::save(&events, &log)?;
            must(&then)
        }
        Act::Replay { log, cuts, seed, script, again, logs } => {
            let events = log::load(&log)?;
            let directory = log.parent().context("the recording is in no directory")?.to_owned();
            let covered = [0; DEVICES.len()];
            let mut trial = Trial {
                guest: &guest,
                events,
                seed,
                covered,
                script,
                again,
                directory,
                known: Vec::new(),
                runs: VecDeque::new(),
            };
            for cut in cuts {
                println!("{MARK}{} begins", cut.number);
                let begun = Instant::now();
                let (verdict, said) = trial.verdict(&cut)?;
                let itself = said.is_some();
                if verdict != Verdict::Held {
                    let said =
                        said.unwrap_or_else(|| "an earlier state has read the same".to_owned());
                    let text = format!("{cut:?}, {verdict}\n{said}");
                    fs::write(logs.join(format!("cut-{}.log", cut.number)), text)?;
                }
                println!("{}", Tried { cut: cut.number, verdict, took: begun.elapsed(), itself });
            }
            Ok(())
        }
    }
}

/// Runs a script that has to succeed, and lets go of the disks after it.
fn must(script: &str) -> Result<()> {
    let (status, said) = shell(script)?;
    ensure!(status == 0, "a script ended with status {status}:\n{said}");
    println!("{said}");
    forget_disks()
}
