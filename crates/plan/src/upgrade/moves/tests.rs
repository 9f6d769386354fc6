//! A machine with a record, GRUB's words and a root, whose power fails between any two writes.

use proptest::prelude::*;

use super::*;
use crate::grubenv::Environment;
use crate::model::Target;
use crate::upgrade::record::{AskedBy, Bundle, Found, Golden, Next, Outcome, System};

/// How many starts GRUB gives a new version.
const STARTS: u32 = 3;

/// What is on root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Old,
    Half,
    New,
}

#[derive(Clone, Debug)]
struct Machine {
    record: Record,
    words: Environment,
    root: Root,
    /// Whether the new version has another image than the old one.
    is_image: bool,
    is_healthy: bool,
    /// How many writes are left until the power fails; nothing where it does not.
    power: Option<usize>,
}

/// The power has failed.
struct Cut;

fn unhealthy() -> Reason {
    Reason::Unhealthy { reasons: vec!["no network".into()] }
}

const AT: UnixTime = UnixTime(9);

impl Machine {
    /// One whose new version has just been put on trial.
    fn on_trial(is_image: bool, is_healthy: bool) -> Self {
        let system = |image: &str| System { version: "v".into(), image: image.into() };
        let to = if is_image { "new" } else { "old" };
        let begun = Record::default().begin(
            Bundle("b".into()),
            [system("old"), system(to)],
            Golden::Stays,
            AskedBy::Person,
            AT,
        );
        let record = begun.unwrap().try_out(AT).unwrap();
        let words = Environment::default().with(EnvKey::Trial, Some(TRIAL));
        Self { record, words, root: Root::New, is_image, is_healthy, power: None }
    }

    fn write(&mut self) -> Result<(), Cut> {
        match &mut self.power {
            Some(0) => Err(Cut),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn set(&mut self, words: &[(EnvKey, Option<&str>)]) -> Result<(), Cut> {
        self.write()?;
        for (word, value) in words {
            self.words = self.words.clone().with(*word, *value);
        }
        Ok(())
    }

    fn make(&mut self, writes: Vec<Write>) -> Result<(), Cut> {
        for write in writes {
            match write {
                Write::Record(record) => {
                    self.write()?;
                    self.record = *record;
                }
                Write::Words(words) => self.set(&words)?,
                Write::Order => self.set(&[(EnvKey::Request, Some("latest"))])?,
            }
        }
        Ok(())
    }

    /// GRUB, and whatever it starts.
    fn start(&mut self) -> Result<(), Cut> {
        if self.words.begun().is_some() {
            return self.recover();
        }
        if self.words.ordered().is_some() {
            self.set(&[(EnvKey::Request, None)])?;
            return self.recover();
        }
        if self.words.get(EnvKey::Trial) == Some(TRIAL) && self.words.tries() >= STARTS {
            return self.recover();
        }
        let tries = (self.words.tries() + 1).to_string();
        self.set(&[(EnvKey::Tries, Some(&tries))])?;
        self.system()
    }

    /// The rescue system, to the latest backup.
    fn recover(&mut self) -> Result<(), Cut> {
        self.set(&[(EnvKey::Recover, Some("latest"))])?;
        self.write()?;
        self.root = Root::Half;
        self.write()?;
        self.root = Root::Old;
        self.set(&[EnvKey::Recover, EnvKey::Tries, EnvKey::Trial].map(|word| (word, None)))
    }

    fn next(&self) -> Next {
        let image = if self.is_image && self.root == Root::New { "new" } else { "old" };
        let recovered = (self.root == Root::Old).then_some(Target::Latest);
        self.record.next(&Found { image, trial: self.words.is_trial(), recovered })
    }

    /// The gate.
    fn system(&mut self) -> Result<(), Cut> {
        assert_ne!(self.root, Root::Half, "half of two was started");
        let record = self.record.clone();
        match self.next() {
            Next::Nothing => Ok(()),
            Next::NoteGoneBack(why) => self.make(gone_back(record, why, None, AT).unwrap()),
            Next::NoteTrial => {
                self.make(tried(record, AT).unwrap())?;
                self.judge()
            }
            Next::Judge => self.judge(),
            Next::OrderRecovery => self.make(left(record, unhealthy(), AT).unwrap()),
            Next::Settle => {
                if self.words.is_trial() {
                    self.make(vec![uncounted()])?;
                }
                self.make(settled(record, AT).unwrap())
            }
            Next::NoteSettled => self.make(settled(record, AT).unwrap()),
        }
    }

    fn judge(&mut self) -> Result<(), Cut> {
        let record = self.record.clone();
        if self.is_healthy {
            self.make(confirmed(record, AT).unwrap())
        } else {
            self.make(left(record, unhealthy(), AT).unwrap())
        }
    }

    /// Starts it until nothing is left to be done, with the power failing after each of these numbers of writes.
    fn run(mut self, cuts: &[usize]) -> Self {
        let mut cuts = cuts.iter();
        for _ in 0..40 {
            self.power = cuts.next().copied();
            let _ = self.start();
            if self.record.now().is_none() && self.power.is_none() {
                return self;
            }
        }
        panic!("it comes to no end: {self:?}");
    }

    fn outcome(&self) -> &Outcome {
        &self.record.history()[0].outcome
    }
}

/// What holds at the end, wherever the power failed.
fn holds_at_its_end(machine: &Machine) {
    assert!(!machine.words.is_trial() && machine.words.begun().is_none(), "{machine:?}");
    assert_eq!(machine.words.ordered(), None);
    match (machine.outcome(), machine.root) {
        (Outcome::Confirmed, Root::New) | (Outcome::GoneBack { .. }, Root::Old) => {}
        (outcome, root) => panic!("{outcome:?} on {root:?}"),
    }
}

#[test]
fn a_healthy_version_stays_and_a_sick_one_goes_wherever_the_power_fails_once() {
    for (is_image, is_healthy) in [(true, true), (true, false), (false, true), (false, false)] {
        for cut in 0..12 {
            let machine = Machine::on_trial(is_image, is_healthy).run(&[cut]);
            holds_at_its_end(&machine);
            let stays = *machine.outcome() == Outcome::Confirmed;
            assert_eq!(stays, is_healthy, "cut {cut}: {machine:?}");
        }
    }
}

#[test]
fn the_reason_is_kept_wherever_the_power_fails_after_it_was_noted() {
    for cut in 2..12 {
        let machine = Machine::on_trial(true, false).run(&[cut]);
        let why = Outcome::GoneBack { why: unhealthy(), evidence: None };
        assert_eq!(*machine.outcome(), why, "cut {cut}");
    }
}

#[test]
fn a_version_that_is_confirmed_with_its_last_start_is_not_taken_back_by_grub() {
    for cut in 0..5 {
        let mut machine = Machine::on_trial(true, true);
        let tries = (STARTS - 1).to_string();
        machine.words = machine.words.with(EnvKey::Tries, Some(&tries));
        let machine = machine.run(&[cut]);
        holds_at_its_end(&machine);
        // Before its first write it has used up its starts without a word of its health.
        let stays = *machine.outcome() == Outcome::Confirmed;
        assert_eq!(stays, cut != 1, "cut {cut}");
    }
}

#[test]
fn a_version_that_was_found_healthy_is_not_taken_back_however_often_the_next_starts_are_cut_off() {
    for is_image in [true, false] {
        for first in 2..=4 {
            let machine = Machine::on_trial(is_image, true).run(&[first, 1, 1, 1, 1]);
            holds_at_its_end(&machine);
            assert_eq!(*machine.outcome(), Outcome::Confirmed, "cut {first}");
        }
    }
}

#[test]
fn a_record_whose_newest_copy_is_lost_leads_to_the_same_end() {
    for is_healthy in [true, false] {
        for cut in 0..8 {
            let mut machine = Machine::on_trial(true, is_healthy);
            machine.record = match machine.record.now().cloned() {
                Some(now) => Record::default()
                    .begin(now.bundle, [now.from, now.to], now.golden, AskedBy::Person, AT)
                    .unwrap(),
                None => unreachable!(),
            };
            let machine = machine.run(&[cut]);
            holds_at_its_end(&machine);
            assert_eq!(*machine.outcome() == Outcome::Confirmed, is_healthy, "cut {cut}");
        }
    }
}

proptest! {
    /// However often the power fails: it ends whole, with one outcome, and a sick version is never confirmed.
    #[test]
    fn any_cuts_end_in_one_version_that_the_record_names(
        is_image: bool,
        is_healthy: bool,
        cuts in prop::collection::vec(0_usize..7, 0..20),
    ) {
        let machine = Machine::on_trial(is_image, is_healthy).run(&cuts);
        holds_at_its_end(&machine);
        prop_assert!(is_healthy || *machine.outcome() != Outcome::Confirmed);
        prop_assert_eq!(machine.record.history().len(), 1);
    }
}
