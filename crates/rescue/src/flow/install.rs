//! The dialog of an installation.

use std::time::Duration;

use zshield_messages::say;

use super::{Attended, Confirmed, Session, look_while};
use crate::cmdline::InstallMode;
use crate::operations::{Assessment, Data, Operations, Refusal};
use crate::power::End;
use crate::screen::{Operation, Screen};
use crate::text::Text;
use crate::ui::{Answer, end_of};

/// While no disk fits, one may still be on its way: an `NVMe` driver works in the background.
const DISKS_MAY_COME: Duration = Duration::from_secs(5);

/// What a person decided before an installation.
enum Asked {
    Install,
    Rebuild,
    LookAgain,
    End(End),
}

impl Session<'_> {
    pub(super) fn installation(&mut self, mode: InstallMode) -> End {
        let mut auto = mode == InstallMode::Auto;
        let mut assessment = self.look(say::rescue::starting_look, first_look);
        loop {
            let asked = match assessment {
                Assessment::Resume { facts, data, .. } => {
                    let operation = match data {
                        Data::Erased => Operation::Install,
                        Data::Kept => Operation::Rebuild,
                    };
                    return self.run_operation(operation, Some(facts), Attended::from(auto));
                }
                Assessment::Ready(_) if auto => {
                    return self.run_operation(Operation::Install, None, Attended::No);
                }
                Assessment::Ready(preview) => self.ask_install(&Screen::Install(preview)),
                Assessment::AppliancePresent { preview, facts, rebuild, lost, starts } => {
                    if auto {
                        self.ui.script("install status=refused reason=appliance-present");
                    }
                    let keeps = rebuild.is_some();
                    let screen = Screen::Present { preview, facts, keeps, starts };
                    self.appliance_present(&screen, rebuild.as_deref(), &lost)
                }
                Assessment::Refused(refusal) => self.refused(refusal),
            };
            match asked {
                Asked::Install => {
                    return self.run_operation(Operation::Install, None, Attended::Yes);
                }
                Asked::Rebuild => {
                    return self.run_operation(Operation::Rebuild, None, Attended::Yes);
                }
                Asked::LookAgain => {}
                Asked::End(end) => return end,
            }
            // Once it has stopped to be looked at, nothing starts without a key.
            auto = false;
            assessment = self.look(say::rescue::starting_look, |operations| operations.look());
        }
    }

    fn ask_install(&mut self, screen: &Screen) -> Asked {
        self.ready(screen);
        loop {
            match self.ui.ask(screen, None) {
                Answer::Press(press) if press.alone() && press.key.is('i') => {
                    return Asked::Install;
                }
                Answer::Press(press)
                    if press.alone()
                        && press.key.is('k')
                        && matches!(screen, Screen::Present { keeps: true, .. }) =>
                {
                    return Asked::Rebuild;
                }
                Answer::Press(press) => {
                    if let Some(end) = end_of(press) {
                        return Asked::End(end);
                    }
                }
                // What stands on the screen may no longer be true.
                Answer::Devices => return Asked::LookAgain,
                Answer::Silence => {}
            }
        }
    }

    fn appliance_present(
        &mut self,
        screen: &Screen,
        rebuild: Option<&[Text]>,
        lost: &[Text],
    ) -> Asked {
        loop {
            let asked = self.ask_install(screen);
            let (operation, lost) = match (&asked, rebuild) {
                (Asked::Install, _) => (Operation::Install, lost),
                (Asked::Rebuild, Some(lost)) => (Operation::Rebuild, lost),
                _ => return asked,
            };
            match self.confirm(operation, lost.to_vec()) {
                Confirmed::Yes => return asked,
                Confirmed::No => {}
                Confirmed::Changed => return Asked::LookAgain,
            }
        }
    }

    fn refused(&mut self, refusal: Refusal) -> Asked {
        self.ui.script(&format!("install status=refused reason={}", refusal.code));
        let screen = Screen::Refused(refusal);
        self.ready(&screen);
        loop {
            match self.ui.ask(&screen, None) {
                Answer::Press(press) if press.alone() && press.key.is('s') => {
                    return Asked::LookAgain;
                }
                Answer::Press(press) => {
                    if let Some(end) = end_of(press) {
                        return Asked::End(end);
                    }
                }
                Answer::Devices => return Asked::LookAgain,
                Answer::Silence => {}
            }
        }
    }
}

/// Looks until a disk for each role is there, or no more can be expected.
fn first_look(operations: &mut dyn Operations) -> Assessment {
    let refused = |assessment: &Assessment| matches!(assessment, Assessment::Refused(_));
    look_while(refused, DISKS_MAY_COME, || operations.look())
}
