//! The dialog of a recovery.

use std::time::{Duration, Instant};

use zshield_messages::say;

use super::{Attended, Confirmed, NOBODY, Session, look_while};
use zshield_plan::model::Target;

use crate::cmdline::RecoveryMode;
use crate::key::Key;
use crate::operations::{Operations, Origin, RestorePoint, RestorePoints};
use crate::power::End;
use crate::screen::{Operation, Recovery, Screen};
use crate::ui::Answer;

/// While no way is there, its disk may still be on its way: a RAID card spins its disks up first.
const DISKS_MAY_COME: Duration = Duration::from_secs(30);

impl Session<'_> {
    pub(super) fn recovery(&mut self, mode: RecoveryMode) -> End {
        let RestorePoints { ways, begun, own_image } =
            self.look(say::rescue::starting_ways_back, first_look);
        self.compared(own_image);
        let wanted = match mode {
            RecoveryMode::Menu => None,
            RecoveryMode::Factory => Some(Target::Factory),
            RecoveryMode::Latest => Some(Target::Latest),
        };
        let available =
            |target| ways.iter().position(|way| way.target == target && way.unavailable.is_none());
        if let Some(target) = wanted {
            if available(target).is_some() {
                return self.run_operation(Operation::Recover(target), None, Attended::No);
            }
            let code = target.name();
            self.ui.script(&format!("recover status=refused reason=unavailable target={code}"));
        }
        // What was begun stands there chosen; else nothing is to happen by accident.
        let chosen = begun.and_then(available).unwrap_or(ways.len());
        self.choose_and_confirm(Recovery { ways, begun, chosen })
    }

    fn choose_and_confirm(&mut self, mut asked: Recovery) -> End {
        loop {
            if let Some(end) = self.choose(&mut asked) {
                return end;
            }
            let Some(RestorePoint { target, lost, .. }) = asked.ways.get(asked.chosen) else {
                continue;
            };
            let operation = Operation::Recover(*target);
            match self.confirm(operation, lost.clone()) {
                Confirmed::Yes => return self.run_operation(operation, None, Attended::Yes),
                Confirmed::No => {}
                Confirmed::Changed => self.look_again(&mut asked),
            }
        }
    }

    /// Sees what ways there are by now; what was chosen stays so.
    fn look_again(&mut self, asked: &mut Recovery) {
        let chosen = asked.ways.get(asked.chosen).map(|way| way.target);
        let RestorePoints { ways, begun, own_image } =
            self.look(say::rescue::starting_ways_back, |operations| operations.ways_back());
        self.compared(own_image);
        let place = ways.iter().position(|way| Some(way.target) == chosen);
        *asked = Recovery { begun, chosen: place.unwrap_or(ways.len()), ways };
    }

    /// The image was held against what the machine knows of itself: from now on a screen says so.
    fn compared(&mut self, own_image: Option<bool>) {
        let origin = Origin::of_installed(own_image);
        if let Some(product) = &mut self.ui.frame.product {
            product.origin = origin;
        }
        if origin == Origin::Foreign {
            self.ui.script("rescue image=foreign");
        }
    }

    /// Moves through the ways back until an available one is chosen, or the session is to end.
    fn choose(&mut self, asked: &mut Recovery) -> Option<End> {
        self.ready(&Screen::Recovery(asked.clone()));
        let mut deadline = Instant::now() + NOBODY;
        loop {
            let press = match self.ui.ask(&Screen::Recovery(asked.clone()), Some(deadline)) {
                Answer::Silence => return Some(End::Restart),
                Answer::Devices => {
                    self.look_again(asked);
                    self.ready(&Screen::Recovery(asked.clone()));
                    continue;
                }
                Answer::Press(press) if !press.typed() => continue,
                Answer::Press(press) => press,
            };
            deadline = Instant::now() + NOBODY;
            let leave = asked.ways.len();
            match press.key {
                Key::Up => asked.chosen = asked.chosen.saturating_sub(1),
                Key::Down => asked.chosen = (asked.chosen + 1).min(leave),
                Key::Char(digit @ '1'..='9') => {
                    let place = usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1');
                    asked.chosen = place.min(leave);
                }
                Key::Enter => match asked.ways.get(asked.chosen) {
                    None => return Some(End::Restart),
                    Some(RestorePoint { unavailable: None, .. }) => return None,
                    Some(_) => {}
                },
                key if press.alone() && key.is('p') => return Some(End::PowerOff),
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
