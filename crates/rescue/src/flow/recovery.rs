//! The dialog of a recovery.

use std::time::{Duration, Instant};

use zshield_messages::say;

use super::{Attended, Confirmed, NOBODY, Session, look_while};
use zshield_plan::model::Target;

use crate::cmdline::RecoveryMode;
use crate::key::Key;
use crate::operations::{Operations, Origin, RestorePoint, RestorePoints};
use crate::power::End;
use crate::screen::{LeadsTo, List, Operation, Recovery, Screen};
use crate::ui::Answer;

/// While no way is there, its disk may still be on its way: a RAID card spins its disks up first.
const DISKS_MAY_COME: Duration = Duration::from_secs(30);

/// What somebody has chosen.
enum Chosen {
    /// A way that can be taken.
    Way(RestorePoint),
    /// To see the generations of the vault.
    Older,
    /// To leave: on the screen of the generations, for the ways before.
    Leave,
    /// To end the session, or nobody is there.
    End(End),
}

/// The place of a way that can be taken.
fn available(ways: &[RestorePoint], target: Target) -> Option<usize> {
    ways.iter().position(|way| way.target == target && way.unavailable.is_none())
}

impl Session<'_> {
    /// The ways back of the appliance that a stick was put into; nothing where none was taken.
    pub(super) fn recovery_from_stick(&mut self) -> Option<End> {
        let found = self.look(say::rescue::starting_ways_back, |operations| operations.ways_back());
        let asked = self.asked(found);
        self.choose_and_confirm(asked)
    }

    /// The ways that were found, with the one chosen that was begun: else nothing is to happen by accident.
    fn asked(&self, found: RestorePoints) -> Recovery {
        let chosen = found.begun.and_then(|target| available(&found.ways, target));
        let leads_to = if self.is_from_stick() { LeadsTo::Stick } else { LeadsTo::System };
        let mut asked = Recovery::of(found, leads_to);
        asked.chosen = chosen.unwrap_or_else(|| asked.leave());
        asked
    }

    pub(super) fn recovery(&mut self, mode: RecoveryMode) -> End {
        let found = self.look(say::rescue::starting_ways_back, first_look);
        self.compared(found.own_image);
        let wanted = match mode {
            RecoveryMode::Menu => None,
            RecoveryMode::Factory => Some(Target::Factory),
            RecoveryMode::Latest => Some(Target::Latest),
            RecoveryMode::Vault(generation) => Some(Target::Vault(generation)),
        };
        if let Some(target) = wanted {
            let way = match target {
                Target::Factory | Target::Latest => available(&found.ways, target),
                Target::Vault(_) => available(&self.generations(), target),
            };
            if way.is_some() {
                return self.run_operation(Operation::Recover(target), None, Attended::No);
            }
            let code = target.name();
            self.ui.script(&format!("recover status=refused reason=unavailable target={code}"));
        }
        let asked = self.asked(found);
        self.choose_and_confirm(asked).unwrap_or(End::Restart)
    }

    /// Nothing where no way is taken.
    fn choose_and_confirm(&mut self, mut asked: Recovery) -> Option<End> {
        // The list that one of generations was come to from.
        let mut first = None;
        loop {
            match self.choose(&mut asked) {
                Chosen::End(end) => return Some(end),
                Chosen::Leave => asked = first.take()?,
                Chosen::Older => {
                    let mut older =
                        Recovery { ways: self.generations(), list: List::Older, ..asked.clone() };
                    older.chosen = older.leave();
                    first = Some(std::mem::replace(&mut asked, older));
                }
                Chosen::Way(RestorePoint { target, lost, .. }) => {
                    let operation = Operation::Recover(target);
                    match self.confirm(operation, lost) {
                        Confirmed::Yes => {
                            return Some(self.run_operation(operation, None, Attended::Yes));
                        }
                        Confirmed::No => {}
                        Confirmed::Changed => self.look_again(&mut asked),
                    }
                }
            }
        }
    }

    /// The generations of the vault; why they can't be read is a warning on every screen from then on.
    fn generations(&mut self) -> Vec<RestorePoint> {
        let found = self.look(say::rescue::starting_vault, |operations| operations.generations());
        found.unwrap_or_else(|why| {
            self.ui.script("vault status=unreadable");
            if !self.ui.frame.warnings.contains(&why) {
                self.ui.frame.warnings.push(why);
            }
            Vec::new()
        })
    }

    /// Sees what ways there are by now; what was chosen stays so.
    fn look_again(&mut self, asked: &mut Recovery) {
        let chosen = asked.ways.get(asked.chosen).map(|way| way.target);
        let mut now = match asked.list {
            List::First { .. } => {
                let found =
                    self.look(say::rescue::starting_ways_back, |operations| operations.ways_back());
                self.compared(found.own_image);
                Recovery::of(found, asked.leads_to)
            }
            List::Older => Recovery { ways: self.generations(), ..asked.clone() },
        };
        let place = now.ways.iter().position(|way| Some(way.target) == chosen);
        now.chosen = place.unwrap_or_else(|| now.leave());
        *asked = now;
    }

    /// The image was held against what the machine knows of itself: from now on a screen says so.
    fn compared(&mut self, own_image: Option<bool>) {
        // A stick's image is its own, whatever machine it is put into.
        if self.is_from_stick() {
            return;
        }
        let origin = Origin::of_installed(own_image);
        if let Some(product) = &mut self.ui.frame.product {
            product.origin = origin;
        }
        if origin == Origin::Foreign {
            self.ui.script("rescue image=foreign");
        }
    }

    /// Moves through the ways back until an available one is chosen, or the session is to end.
    fn choose(&mut self, asked: &mut Recovery) -> Chosen {
        let deadline = |asked: &Recovery| match asked.leads_to {
            LeadsTo::System => Some(Instant::now() + NOBODY),
            // A stick waits for whoever put it in.
            LeadsTo::Stick => None,
        };
        self.ready(&Screen::Recovery(asked.clone()));
        let mut until = deadline(asked);
        loop {
            let press = match self.ui.ask(&Screen::Recovery(asked.clone()), until) {
                Answer::Silence => return Chosen::End(End::Restart),
                Answer::Devices => {
                    self.look_again(asked);
                    self.ready(&Screen::Recovery(asked.clone()));
                    continue;
                }
                Answer::Press(press) if !press.typed() => continue,
                Answer::Press(press) => press,
            };
            until = deadline(asked);
            let leave = asked.leave();
            match press.key {
                Key::Up => asked.chosen = asked.chosen.saturating_sub(1),
                Key::Down => asked.chosen = (asked.chosen + 1).min(leave),
                Key::Char(digit @ '1'..='9') => {
                    let place = usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1');
                    asked.chosen = place.min(leave);
                }
                Key::Enter => match asked.ways.get(asked.chosen) {
                    None if asked.chosen < leave => return Chosen::Older,
                    None => return Chosen::Leave,
                    Some(way) if way.unavailable.is_none() => return Chosen::Way(way.clone()),
                    Some(_) => {}
                },
                key if press.alone() && key.is('p') => return Chosen::End(End::PowerOff),
                _ => {}
            }
        }
    }
}

/// Looks until there is a way back, or none can be expected any more.
fn first_look(operations: &mut dyn Operations) -> RestorePoints {
    let none = |found: &RestorePoints| found.ways.iter().all(|way| way.unavailable.is_some());
    look_while(none, DISKS_MAY_COME, || operations.ways_back())
}
