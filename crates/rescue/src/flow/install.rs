//! The dialog of an installation.

use std::time::Duration;

use zshield_messages::say;

use super::{Attended, Confirmed, Session, look_while};
use crate::cmdline::InstallMode;
use crate::key::Key;
use crate::operations::{Assessment, Data, Operations, Refusal};
use crate::power::End;
use crate::screen::{Offers, Operation, Screen};
use crate::text::Text;
use crate::ui::{Answer, end_of};

/// While no disk fits, one may still be on its way: an `NVMe` driver works in the background.
const DISKS_MAY_COME: Duration = Duration::from_secs(5);

/// What a person decided before an installation.
enum Asked {
    Install,
    Rebuild,
    Restore,
    WaysBack,
    Repair,
    LookAgain,
    End(End),
}

/// What is lost with an appliance that is installed over.
struct Lost {
    /// Where its data is kept, if it can be.
    rebuild: Option<Vec<Text>>,
    /// Where the newest backup in the vault comes back after that, if there is one.
    restore: Option<Vec<Text>>,
    /// Where nothing is kept.
    all: Vec<Text>,
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
                        Data::Kept | Data::KeptWithBackup => Operation::Rebuild,
                    };
                    return self.run_operation(operation, Some(facts), Attended::from(auto));
                }
                Assessment::Ready(_) if auto => {
                    return self.run_operation(Operation::Install, None, Attended::No);
                }
                Assessment::Ready(preview) => self.ask_install(&Screen::Install(preview)),
                Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, starts } => {
                    if auto {
                        self.ui.script("install status=refused reason=appliance-present");
                    }
                    let (keeps, restores) = (rebuild.is_some(), restore.is_some());
                    let offers = Offers { keeps, restores, starts };
                    let screen = Screen::Present { preview, facts, offers };
                    let lost = Lost { rebuild, restore, all: lost };
                    self.appliance_present(&screen, &lost)
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
                Asked::Restore => {
                    return self.run_operation(Operation::Restore, None, Attended::Yes);
                }
                Asked::WaysBack => {
                    if let Some(end) = self.recovery_from_stick() {
                        return end;
                    }
                }
                Asked::Repair => {
                    if let Some(end) = self.repair() {
                        return end;
                    }
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
                Answer::Press(press) => {
                    let asked = press.alone().then(|| asked_by(press.key, screen)).flatten();
                    if let Some(asked) = asked.or_else(|| end_of(press).map(Asked::End)) {
                        return asked;
                    }
                }
                // What stands on the screen may no longer be true.
                Answer::Devices => return Asked::LookAgain,
                Answer::Silence => {}
            }
        }
    }

    fn appliance_present(&mut self, screen: &Screen, lost: &Lost) -> Asked {
        loop {
            let asked = self.ask_install(screen);
            let (operation, lost) = match &asked {
                Asked::Install => (Operation::Install, Some(&lost.all)),
                Asked::Rebuild => (Operation::Rebuild, lost.rebuild.as_ref()),
                Asked::Restore => (Operation::Restore, lost.restore.as_ref()),
                Asked::WaysBack | Asked::Repair | Asked::LookAgain | Asked::End(_) => return asked,
            };
            let Some(lost) = lost else { return asked };
            match self.confirm(operation, lost.clone()) {
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

/// What a key asks for on a screen that offers it.
fn asked_by(key: Key, screen: &Screen) -> Option<Asked> {
    let offers = |what: fn(&Offers) -> bool| match screen {
        Screen::Present { offers, .. } => what(offers),
        _ => false,
    };
    match key {
        _ if key.is('i') => Some(Asked::Install),
        _ if key.is('k') && offers(|it| it.keeps) => Some(Asked::Rebuild),
        _ if key.is('b') && offers(|it| it.restores) => Some(Asked::Restore),
        _ if key.is('f') && offers(|_| true) => Some(Asked::Repair),
        _ if key.is('w') && offers(|it| it.starts) => Some(Asked::WaysBack),
        _ => None,
    }
}

/// Looks until a disk for each role is there, or no more can be expected.
fn first_look(operations: &mut dyn Operations) -> Assessment {
    let refused = |assessment: &Assessment| matches!(assessment, Assessment::Refused(_));
    look_while(refused, DISKS_MAY_COME, || operations.look())
}
