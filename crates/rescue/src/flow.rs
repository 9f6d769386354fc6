//! The dialog's course: what is asked in which order, and what an answer leads to.

mod install;
mod recovery;
mod repair;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use rustix::rand::{GetRandomFlags, getrandom};
use zshield_messages::say;
use zshield_operations::recover::at_rest::AskedBy;

use crate::boot::Boot;
use crate::cmdline::{InstallMode, RecoveryMode};
use crate::key::Key;
use crate::log;
use crate::operations::{Data, Failure, Operations, Origin};
use crate::power::End;
use crate::screen::{Confirm, Finished, Operation, Progress, Screen};
use crate::start;
use crate::stick_log;
use crate::text::Text;
use crate::ui::{Answer, Ui, end_of};
use zshield_linux::uevent::Uevents;

/// Somebody who has gone away leaves the machine to its system.
const NOBODY: Duration = Duration::from_mins(10);

/// So many seconds the end of an unattended operation stands, for whoever comes by.
const NO_ONE_THERE: u64 = 10;
/// And so many that of one which somebody has started.
const SOMEBODY_THERE: u64 = 60;

/// Whether somebody stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attended {
    Yes,
    No,
}

impl Attended {
    /// Who asks for a recovery then.
    const fn asked_by(self) -> AskedBy {
        match self {
            Self::Yes => AskedBy::Person,
            Self::No => AskedBy::Order,
        }
    }

    const fn from(auto: bool) -> Self {
        if auto { Self::No } else { Self::Yes }
    }
}

/// Goes from the start to the end of the session; says how it is to end.
pub(crate) fn run<O: Operations>(
    boot: &Boot,
    ui: &mut Ui,
    operations: impl FnOnce(&Boot) -> O + Send,
) -> End {
    let opened = ui.during(Screen::Starting(Vec::new()), |reporter| {
        let medium = start::medium(&boot.command_line, &reporter)?;
        reporter.say(Text::said(say::rescue::starting_signature));
        let mut operations = operations(boot);
        let mut product = operations.open(&medium)?;
        if boot.command_line.recovery.is_some() {
            product.origin = Origin::NotCompared;
        }
        Ok::<_, Failure>((operations, product))
    });
    // The drivers are loaded by now, that of a screen among them.
    ui.find_screen();
    let (mut operations, product) = match opened {
        Ok(opened) => opened,
        Err(failure) => return failed(boot, ui, "start", failure, patience(boot)),
    };
    log::line(&format!("{} {} {:?}", product.name, product.version, product.signature));
    ui.frame.product = Some(product);
    let mut session = Session { boot, ui, operations: &mut operations };
    match (boot.command_line.install, boot.command_line.recovery) {
        (None, Some(mode)) => session.recovery(mode),
        // Without either word the machine was started from a stick by hand: that asks, too.
        (mode, _) => session.installation(mode.unwrap_or(InstallMode::Menu)),
    }
}

/// A dialog with the medium open.
struct Session<'a> {
    boot: &'a Boot,
    ui: &'a mut Ui,
    operations: &'a mut dyn Operations,
}

/// What a person decided at a second confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirmed {
    Yes,
    No,
    /// A disk has come or gone: what was to be confirmed may no longer be true.
    Changed,
}

impl Session<'_> {
    /// Whether somebody has put in the medium that this was started from: else it lies on the SSD.
    const fn is_from_stick(&self) -> bool {
        self.boot.command_line.recovery.is_none()
    }

    /// Tells scripts that a screen waits for a key, after forgetting those pressed before it stood.
    fn ready(&mut self, screen: &Screen) {
        self.ui.forget_keys();
        self.ui.show(screen);
        self.ui.script(&format!("rescue status=ready screen={}", screen.code()));
    }

    /// Has the digits typed that stand on the screen.
    fn confirm(&mut self, operation: Operation, lost: Vec<Text>) -> Confirmed {
        let digits = digits();
        self.ui.forget_keys();
        // The digits are not what the line ends with: before a return, they would be an answer.
        self.ui.script(&format!("rescue status=ready digits={digits} screen=confirm"));
        let mut confirm = Confirm { operation, lost, digits, typed: String::new(), wrong: false };
        let mut deadline = Instant::now() + NOBODY;
        loop {
            let press = match self.ui.ask(&Screen::Confirm(confirm.clone()), Some(deadline)) {
                Answer::Silence => return Confirmed::No,
                Answer::Devices => return Confirmed::Changed,
                // A line that echoes what it is sent must not come to the digits in the end.
                Answer::Press(press) if !press.typed() => continue,
                Answer::Press(press) => press,
            };
            deadline = Instant::now() + NOBODY;
            match press.key {
                Key::Escape => return Confirmed::No,
                Key::Enter if confirm.typed == confirm.digits => return Confirmed::Yes,
                Key::Enter => {
                    confirm.wrong = true;
                    confirm.typed.clear();
                }
                Key::Backspace => drop(confirm.typed.pop()),
                Key::Char(digit)
                    if confirm.typed.len() < confirm.digits.len() && digit.is_ascii_digit() =>
                {
                    confirm.typed.push(digit);
                }
                Key::Char(_) => confirm.typed.clear(),
                _ => {}
            }
        }
    }

    /// Carries out an operation to its end; `resumed` is what is known of the run that it goes on
    /// with.
    fn run_operation(
        &mut self,
        operation: Operation,
        resumed: Option<Vec<Text>>,
        attended: Attended,
    ) -> End {
        let begun = Instant::now();
        let word = if resumed.is_some() { " resumed=yes" } else { "" };
        self.ui.script(&format!("{} status=begun{word}", operation.code()));
        let progress = Progress { operation, resumed, steps: Vec::new(), bytes: None, seconds: 0 };
        let operations = &mut *self.operations;
        let result = self.ui.during(Screen::Progress(progress), |mut reporter| match operation {
            Operation::Install => operations.install(Data::Erased, &mut reporter),
            Operation::Rebuild => operations.install(Data::Kept, &mut reporter),
            Operation::Restore => operations.install(Data::KeptWithBackup, &mut reporter),
            Operation::Repair => operations.repair(&mut reporter),
            Operation::Recover(target) => {
                operations.recover(target, attended.asked_by(), &mut reporter)
            }
        });
        let seconds = begun.elapsed().as_secs();
        match result {
            Ok(done) => {
                self.ui.script(&format!("{} status=done seconds={seconds}", operation.code()));
                let by_itself = match (operation, attended) {
                    (Operation::Recover(_), Attended::Yes) if self.is_from_stick() => None,
                    (Operation::Recover(_), Attended::No) => Some((End::Restart, NO_ONE_THERE)),
                    (Operation::Recover(_), Attended::Yes) => Some((End::Restart, SOMEBODY_THERE)),
                    (_, Attended::No) => Some((End::PowerOff, NO_ONE_THERE)),
                    (_, Attended::Yes) => None,
                };
                self.finished(Finished { operation, seconds, notes: done.notes, by_itself })
            }
            Err(failure) => {
                self.ui.script(&format!("{} status=failed seconds={seconds}", operation.code()));
                let ways = matches!(operation, Operation::Recover(_));
                let screen = failure_screen(self.boot, self.ui, operation.code(), failure, ways);
                match leave(self.ui, &screen, patience(self.boot), End::Restart) {
                    Left::End(end) => end,
                    Left::ForWaysBack => self.recovery(RecoveryMode::Menu),
                }
            }
        }
    }

    fn finished(&mut self, finished: Finished) -> End {
        let by_itself = finished.by_itself;
        let limit = by_itself.map(|(_, seconds)| Duration::from_secs(seconds));
        let screen = Screen::Done(finished);
        self.ready(&screen);
        leave(self.ui, &screen, limit, by_itself.map_or(End::PowerOff, |(end, _)| end)).end()
    }

    /// Looks at the machine, and again if a disk came or went meanwhile.
    fn look<T: Send>(
        &mut self,
        doing: impl Fn() -> String + Send + Sync + 'static,
        look: impl Fn(&mut dyn Operations) -> T + Sync,
    ) -> T {
        /// A disk that comes and goes all the time must not keep the screen away.
        const TRIES: u32 = 3;
        let screen = Screen::Starting(vec![Text::said(doing)]);
        let mut tries = 0;
        loop {
            self.ui.forget_devices();
            let operations = &mut *self.operations;
            let found = self.ui.during(screen.clone(), |_| look(operations));
            tries += 1;
            if tries == TRIES || !self.ui.forget_devices() {
                return found;
            }
        }
    }
}

/// How a screen at the end of an operation was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    End(End),
    /// Another way back is to be chosen.
    ForWaysBack,
}

impl Left {
    /// The end of the session, where nothing else is offered.
    const fn end(self) -> End {
        match self {
            Self::End(end) => end,
            Self::ForWaysBack => End::Restart,
        }
    }
}

/// Waits at the end of an operation for a key, until the time is up: neither a disk that comes and
/// goes (the stick, which may be removed) nor a key that means nothing puts that off.
fn leave(ui: &mut Ui, screen: &Screen, limit: Option<Duration>, by_itself: End) -> Left {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let offers_ways = matches!(screen, Screen::Failed { ways: true, .. });
    loop {
        match ui.ask(screen, deadline) {
            Answer::Silence => return Left::End(by_itself),
            Answer::Press(press) if offers_ways && press.alone() && press.key.is('w') => {
                return Left::ForWaysBack;
            }
            Answer::Press(press) => {
                if let Some(end) = end_of(press) {
                    return Left::End(end);
                }
            }
            Answer::Devices => {}
        }
    }
}

/// Looks again whenever a disk has come or gone, while what is found lacks something and the time
/// is not up.
fn look_while<T>(lacks: impl Fn(&T) -> bool, limit: Duration, mut look: impl FnMut() -> T) -> T {
    let events = Uevents::listen();
    let deadline = Instant::now() + limit;
    loop {
        let found = look();
        let wait = lacks(&found)
            && events.as_ref().is_ok_and(|events| events.wait_for_disk(Some(deadline)));
        if !wait {
            return found;
        }
    }
}

/// How long a failure stands without a key. On the SSD the machine goes back to its system then,
/// or goes on with what it has begun; a stick waits for whoever put it in.
pub(crate) fn patience(boot: &Boot) -> Option<Duration> {
    boot.command_line.recovery.map(|_| NOBODY)
}

/// Shows a failure until the session is to end.
pub(crate) fn failed(
    boot: &Boot,
    ui: &mut Ui,
    reason: &str,
    failure: Failure,
    limit: Option<Duration>,
) -> End {
    let screen = failure_screen(boot, ui, reason, failure, false);
    leave(ui, &screen, limit, End::Restart).end()
}

/// Puts up a failure. `ways` offers to choose another way back.
fn failure_screen(boot: &Boot, ui: &mut Ui, reason: &str, failure: Failure, ways: bool) -> Screen {
    log::line(&format!("failed: {}", failure.what));
    log::kernel_errors();
    ui.forget_keys();
    let on_stick = boot.command_line.medium.as_ref().and_then(stick_log::copy);
    let screen = Screen::Failed { failure, ways, on_stick, log: log::tail(8) };
    ui.show(&screen);
    ui.script(&format!("rescue status=failed reason={reason}"));
    screen
}

/// Four digits that nobody has in their fingers. Without randomness, those of the clock.
fn digits() -> String {
    let mut bytes = [0; 4];
    if getrandom(&mut bytes, GetRandomFlags::NONBLOCK).is_err() {
        bytes = log::since_start().subsec_nanos().to_le_bytes();
    }
    format!("{:04}", 1000 + u32::from_le_bytes(bytes) % 9000)
}
