//! The cuts of one recording, tried one after another; and a second one, in what comes after each.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, Result};

use crate::cuts::{self, Cut, Landed};
use crate::disk::Disk;
use crate::guest::{DEVICES, Guest, blockdev};
use crate::log::{self, Event};
use crate::read_set::{ReadSet, Watch};
use crate::verdict::Verdict;

/// What is tried, and how far that has come.
pub(crate) struct Trial<'a> {
    /// The machine.
    pub guest: &'a Guest,
    /// The recording.
    pub events: Vec<Event>,
    /// What chance is made from.
    pub seed: u64,
    /// Up to which request those to each disk are settled; it grows from cut to cut.
    pub covered: [usize; DEVICES.len()],
    /// What has to succeed after a cut.
    pub script: String,
    /// What has to succeed after a second one, that falls while that runs.
    pub again: Option<String>,
    /// Where what ran between two cuts is kept, of those after which something did not hold.
    pub directory: PathBuf,
    /// What earlier trials have read, and what came of them.
    pub known: Vec<(ReadSet, Verdict)>,
    /// What the latest runs between two cuts have read, and what they wrote.
    pub runs: VecDeque<(ReadSet, Rc<[Event]>)>,
}

/// A run between two cuts.
enum Between {
    /// It held, and wrote this.
    Written(Rc<[Event]>),
    /// It did not hold.
    Failed(Verdict, String),
}

/// A script that was run in a state that a cut had left.
struct Run {
    verdict: Verdict,
    said: String,
    read: ReadSet,
}

/// So many runs between two cuts are kept: neighbours read the same, and each is some MiB.
const MOST_RUNS: usize = 8;

impl Trial<'_> {
    /// What comes of a cut, and what was said; nothing is said where it is known from an earlier one.
    pub(crate) fn verdict(&mut self, cut: &Cut) -> Result<(Verdict, Option<String>)> {
        let Some(again) = self.again.clone() else {
            self.put(cut, None)?;
            return self.first_of_its_kind();
        };
        // Time goes on between two runs, and what is written with it: to repeat a second cut takes
        // what it fell in.
        let kept = self.directory.join(format!("between-{}-{}", self.seed, cut.number));
        let between = if kept.exists() {
            log::load(&kept)?.into()
        } else {
            match self.between(cut)? {
                Between::Written(between) => between,
                Between::Failed(verdict, said) => return Ok((verdict, Some(said))),
            }
        };
        // Half the number, so that each kind of cut comes before each kind.
        let Some(second) = cuts::one(&between, cut.number / 2, self.seed) else {
            return Ok((Verdict::Held, Some("nothing was written after the cut".to_owned())));
        };
        self.put(cut, Some((&between, &second)))?;
        blockdev("--rereadpt")?;
        let (verdict, said) = self.guest.verdict(&again)?;
        if verdict != Verdict::Held {
            log::save(&between, &kept)?;
        }
        Ok((verdict, Some(format!("then {second:?}\n{said}"))))
    }

    /// Tries the state that the disks are in; one that differs from an earlier one in nothing that was read of that
    /// leads to the same.
    fn first_of_its_kind(&mut self) -> Result<(Verdict, Option<String>)> {
        let known = self.known.iter().map(|(read, verdict)| (read, *verdict));
        if let Some(verdict) = self.guest.first_on_the_disks(known)? {
            return Ok((verdict, None));
        }
        let Run { verdict, said, read } = self.run()?;
        self.known.push((read, verdict));
        Ok((verdict, Some(said)))
    }

    /// What runs after a first cut; a state that differs from an earlier one in nothing that was read of that
    /// has the same written to it.
    fn between(&mut self, cut: &Cut) -> Result<Between> {
        self.put(cut, None)?;
        let runs = self.runs.iter().map(|(read, written)| (read, Rc::clone(written)));
        if let Some(written) = self.guest.first_on_the_disks(runs)? {
            return Ok(Between::Written(written));
        }
        self.guest.served.lock().recorded = Some(Vec::new());
        let Run { verdict, said, read } = self.run()?;
        let written = self.guest.served.lock().recorded.take().unwrap_or_default();
        if verdict != Verdict::Held {
            return Ok(Between::Failed(verdict, said));
        }
        let written: Rc<[Event]> = written.into();
        self.runs.truncate(MOST_RUNS - 1);
        self.runs.push_front((read, Rc::clone(&written)));
        Ok(Between::Written(written))
    }

    /// Runs the script in the state that the disks are in, and watches what it reads of that.
    fn run(&self) -> Result<Run> {
        let mut served = self.guest.served.lock();
        let watch = served.watch.get_or_insert_with(|| Watch::of(&self.events));
        drop(watch.taken());
        drop(served);
        blockdev("--rereadpt")?;
        let (verdict, said) = self.guest.verdict(&self.script)?;
        let mut served = self.guest.served.lock();
        let read = served.watch.as_mut().map(Watch::taken).context("nothing was watched")?;
        Ok(Run { verdict, said, read })
    }

    /// Puts the disks into the state that a cut leaves, and a second one in what was recorded after it.
    fn put(&mut self, cut: &Cut, second: Option<(&[Event], &Cut)>) -> Result<()> {
        let Self { events, seed, covered, .. } = self;
        let mut disks = self.guest.served.lock();
        disks.all.iter_mut().for_each(Disk::reset);
        for Landed { disk, at, bytes } in cuts::settled(events, cut, covered) {
            disks.all[disk].settle(at, bytes)?;
        }
        let mut left = cuts::landed(events, cut, *seed, covered);
        if let Some((between, second)) = second {
            let mut covered = [0; DEVICES.len()];
            left.extend(cuts::settled(between, second, &mut covered));
            left.extend(cuts::landed(between, second, *seed, &covered));
        }
        for Landed { disk, at, bytes } in left {
            disks.all[disk].write(at, bytes)?;
        }
        Ok(())
    }
}
