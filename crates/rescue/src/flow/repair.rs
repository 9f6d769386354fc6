//! The dialog of a repair.

use zshield_messages::say;

use super::{Attended, Confirmed, Session};
use crate::key::Key;
use crate::operations::{Damaged, stays_damaged};
use crate::power::End;
use crate::screen::{Operation, Screen};
use crate::text::Text;
use crate::ui::{Answer, end_of};

impl Session<'_> {
    /// What is damaged, and its repair; nothing where somebody goes back to all else.
    pub(super) fn repair(&mut self) -> Option<End> {
        let found = self.look(say::rescue::starting_damage, |operations| operations.damage());
        let Damaged { mended, left } = found.unwrap_or_else(|why| {
            let left = vec![why];
            Damaged { mended: Vec::new(), left }
        });
        if mended.is_empty() {
            return self.nothing_to_repair(left);
        }
        let all = mended.into_iter().chain(left.into_iter().map(stays_damaged)).collect();
        match self.confirm(Operation::Repair, all) {
            Confirmed::Yes => Some(self.run_operation(Operation::Repair, None, Attended::Yes)),
            Confirmed::No | Confirmed::Changed => None,
        }
    }

    fn nothing_to_repair(&mut self, left: Vec<Text>) -> Option<End> {
        let screen = Screen::NothingToRepair(left);
        self.ready(&screen);
        loop {
            match self.ui.ask(&screen, None) {
                Answer::Press(press) if press.key == Key::Escape => return None,
                Answer::Press(press) => {
                    if let Some(end) = end_of(press) {
                        return Some(end);
                    }
                }
                Answer::Devices => return None,
                Answer::Silence => {}
            }
        }
    }
}
