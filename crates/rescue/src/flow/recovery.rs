//! The dialog of a recovery.

use zshield_messages::say;

use super::{Confirmed, NOBODY, Session};
use crate::cmdline::RecoveryMode;
use crate::desk::Answer;
use crate::key::Key;
use crate::operations::{Target, WayBack};
use crate::power::End;
use crate::screen::{Operation, Recovery, Screen};
use crate::text::Text;

impl Session<'_> {
    pub(super) fn recovery(&mut self, mode: RecoveryMode) -> End {
        let screen = Screen::Starting(vec![Text::said(say::rescue::starting_ways_back)]);
        let operations = &mut *self.operations;
        let ways = self.desk.during(screen, |_| operations.ways_back());
        let proposed = match mode {
            RecoveryMode::Menu => None,
            RecoveryMode::Factory => Some(Target::Factory),
            RecoveryMode::Latest => Some(Target::Latest),
        };
        let can = |way: &WayBack| Some(way.target) == proposed && way.unavailable.is_none();
        let place = ways.iter().position(can);
        let mut asked = Recovery { chosen: place.unwrap_or(ways.len()), ways };
        let mut straight = place.is_some();
        loop {
            if !straight && let Some(end) = self.choose(&mut asked) {
                return end;
            }
            straight = false;
            let Some(WayBack { target, lost, .. }) = asked.ways.get(asked.chosen) else { continue };
            let operation = Operation::Recover(*target);
            match self.confirm(operation, lost.clone()) {
                Confirmed::Yes => return self.carry_out(operation, None, false),
                Confirmed::No | Confirmed::Changed => {}
            }
        }
    }

    /// Moves through the ways back until an available one is chosen, or the session is to end.
    fn choose(&mut self, asked: &mut Recovery) -> Option<End> {
        let leave = asked.ways.len();
        self.ready(&Screen::Recovery(asked.clone()));
        loop {
            let press = match self.desk.ask(&Screen::Recovery(asked.clone()), Some(NOBODY)) {
                Answer::Silence => return Some(End::Restart),
                Answer::Devices => continue,
                Answer::Press(press) => press,
            };
            match press.key {
                Key::Up => asked.chosen = asked.chosen.saturating_sub(1),
                Key::Down => asked.chosen = (asked.chosen + 1).min(leave),
                Key::Char(digit @ '1'..='9') => {
                    let place = usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1');
                    asked.chosen = place.min(leave);
                }
                Key::Enter => match asked.ways.get(asked.chosen) {
                    None => return Some(End::Restart),
                    Some(WayBack { unavailable: None, .. }) => return None,
                    Some(_) => {}
                },
                key if press.alone && key.is('p') => return Some(End::PowerOff),
                _ => {}
            }
        }
    }
}
