//! The dialog's course: what is asked in which order, and what an answer leads to.

use std::time::{Duration, Instant};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::boot::Boot;
use crate::cmdline::{InstallMode, RecoveryMode};
use crate::desk::{Answer, Desk, end_of};
use crate::key::Key;
use crate::log;
use crate::medium::Medium;
use crate::operations::{Failure, Operations, Outlook, Prospect, Refusal, Target, WayBack};
use crate::power::End;
use crate::screen::{Confirm, Finished, Operation, Progress, Recovery, Screen};
use crate::start;
use crate::stick_log;
use crate::text::Text;

/// Somebody who has gone away leaves the machine to its system.
const NOBODY: Duration = Duration::from_mins(10);

/// After an unattended installation the machine stays on this long, for who stands there.
const BEFORE_POWER_OFF: Duration = Duration::from_secs(10);

/// While no disk fits, one may still be on its way: a RAID card can take as long.
const DISKS_MAY_COME: Duration = Duration::from_secs(12);

/// Goes from the start to the end of the session; says how it is to end.
pub(crate) fn run<O: Operations>(
    boot: &Boot,
    desk: &mut Desk,
    operations: impl FnOnce(&Boot) -> O + Send,
) -> End {
    let opened = desk.during(Screen::Starting(Vec::new()), |reporter| {
        let medium = start::medium(&boot.command_line, &reporter)?;
        reporter.say(Text::said(zshield_messages::say::rescue::starting_signature));
        let mut operations = operations(boot);
        let product = operations.open(&medium)?;
        Ok::<_, Failure>((operations, product, medium))
    });
    let (mut operations, product, medium) = match opened {
        Ok(opened) => opened,
        Err(failure) => return failed(boot, desk, "start", failure),
    };
    log::line(&format!("{} {} {:?}", product.name, product.version, product.signature));
    desk.frame.product = Some(product);
    match (boot.command_line.install, boot.command_line.recovery) {
        (None, Some(mode)) => recovery(boot, desk, &mut operations, mode),
        // Without either word the machine was started from a stick by hand: that asks, too.
        (mode, _) => {
            install(boot, desk, &mut operations, mode.unwrap_or(InstallMode::Menu), &medium)
        }
    }
}

fn install(
    boot: &Boot,
    desk: &mut Desk,
    operations: &mut dyn Operations,
    mode: InstallMode,
    medium: &Medium,
) -> End {
    log::line(&format!("installation from {}", medium.disk.display()));
    let mut auto = mode == InstallMode::Auto;
    let mut outlook = first_look(desk, operations);
    loop {
        match outlook {
            Outlook::Resume { .. } => {
                return carry_out(boot, desk, operations, Operation::Install, true, auto);
            }
            Outlook::Ready(_) if auto => {
                return carry_out(boot, desk, operations, Operation::Install, false, true);
            }
            Outlook::Ready(prospect) => match ask_install(desk, Screen::Install(prospect)) {
                Asked::Install => {
                    return carry_out(boot, desk, operations, Operation::Install, false, false);
                }
                Asked::LookAgain => {}
                Asked::End(end) => return end,
            },
            Outlook::AppliancePresent { prospect, facts, lost } => {
                if auto {
                    desk.script("install status=refused reason=appliance-present");
                }
                match present(desk, prospect, facts, lost) {
                    Asked::Install => {
                        return carry_out(boot, desk, operations, Operation::Install, false, false);
                    }
                    Asked::LookAgain => {}
                    Asked::End(end) => return end,
                }
            }
            Outlook::Refused(refusal) => {
                desk.script(&format!("install status=refused reason={}", refusal.code));
                if let Some(end) = refused(desk, refusal) {
                    return end;
                }
            }
        }
        // Once it has stopped to be looked at, nothing starts without a key.
        auto = false;
        outlook = look(desk, operations);
    }
}

fn look(desk: &mut Desk, operations: &mut dyn Operations) -> Outlook {
    desk.during(
        Screen::Starting(vec![Text::said(zshield_messages::say::rescue::starting_look)]),
        |_| operations.look(),
    )
}

/// Looks until a disk for each role is there, or no more can be expected.
fn first_look(desk: &mut Desk, operations: &mut dyn Operations) -> Outlook {
    let text = Text::said(zshield_messages::say::rescue::starting_look);
    desk.during(Screen::Starting(vec![text]), |_| {
        let events = crate::uevent::Uevents::listen();
        let deadline = Instant::now() + DISKS_MAY_COME;
        loop {
            let outlook = operations.look();
            let wait = matches!(outlook, Outlook::Refused(_))
                && events.as_ref().is_ok_and(|events| events.wait_for_disk(Some(deadline)));
            if !wait {
                return outlook;
            }
        }
    })
}

/// What a person decided before an installation.
enum Asked {
    Install,
    LookAgain,
    End(End),
}

fn ask_install(desk: &mut Desk, screen: Screen) -> Asked {
    ready(desk, &screen);
    loop {
        match desk.ask(&screen, None) {
            Answer::Press(press) if press.alone && press.key.is('i') => return Asked::Install,
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

fn present(desk: &mut Desk, prospect: Prospect, facts: Vec<Text>, lost: Vec<Text>) -> Asked {
    let screen = Screen::Present { prospect, facts };
    loop {
        match ask_install(desk, screen.clone()) {
            Asked::Install => {}
            other => return other,
        }
        if confirm(desk, Operation::Install, lost.clone()) {
            return Asked::Install;
        }
    }
}

/// `None`: look again.
fn refused(desk: &mut Desk, refusal: Refusal) -> Option<End> {
    let screen = Screen::Refused(refusal);
    ready(desk, &screen);
    loop {
        match desk.ask(&screen, None) {
            Answer::Press(press) if press.key.is('s') => return None,
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

/// Has the digits typed that stand on the screen.
fn confirm(desk: &mut Desk, operation: Operation, lost: Vec<Text>) -> bool {
    let digits = digits();
    desk.forget_keys();
    desk.script(&format!("rescue status=ready screen=confirm digits={digits}"));
    let mut confirm = Confirm { operation, lost, digits, typed: String::new(), wrong: false };
    loop {
        match desk.ask(&Screen::Confirm(confirm.clone()), Some(NOBODY)) {
            Answer::Silence => return false,
            Answer::Devices => {}
            Answer::Press(press) => match press.key {
                Key::Escape => return false,
                Key::Enter if confirm.typed == confirm.digits => return true,
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
                // A line that echoes what it is sent must not come to the digits in the end.
                Key::Char(_) => confirm.typed.clear(),
                _ => {}
            },
        }
    }
}

/// Four digits that nobody has in their fingers. Without randomness, those of the clock.
fn digits() -> String {
    let mut bytes = [0; 4];
    if getrandom(&mut bytes, GetRandomFlags::NONBLOCK).is_err() {
        bytes = log::since_start().subsec_nanos().to_le_bytes();
    }
    format!("{:04}", 1000 + u32::from_le_bytes(bytes) % 9000)
}

fn carry_out(
    boot: &Boot,
    desk: &mut Desk,
    operations: &mut dyn Operations,
    operation: Operation,
    resumed: bool,
    auto: bool,
) -> End {
    let begun = Instant::now();
    let total = if resumed { " resumed=yes" } else { "" };
    desk.script(&format!("{} status=begun{total}", operation.code()));
    let progress = Progress { operation, resumed, steps: Vec::new(), bytes: None, seconds: 0 };
    let result = desk.during(Screen::Progress(progress), |mut reporter| match operation {
        Operation::Install => operations.install(&mut reporter),
        Operation::Recover(target) => operations.recover(target, &mut reporter),
    });
    let seconds = begun.elapsed().as_secs();
    match result {
        Ok(done) => {
            desk.script(&format!("{} status=done seconds={seconds}", operation.code()));
            let power_off_in = auto.then_some(BEFORE_POWER_OFF.as_secs());
            finished(desk, Finished { operation, seconds, notes: done.notes, power_off_in })
        }
        Err(failure) => {
            desk.script(&format!("{} status=failed seconds={seconds}", operation.code()));
            failed(boot, desk, operation.code(), failure)
        }
    }
}

fn finished(desk: &mut Desk, finished: Finished) -> End {
    let limit = finished.power_off_in.map(Duration::from_secs);
    let screen = Screen::Done(finished);
    ready(desk, &screen);
    loop {
        match desk.ask(&screen, limit) {
            Answer::Silence => return End::PowerOff,
            Answer::Press(press) => {
                if let Some(end) = end_of(press) {
                    return end;
                }
            }
            Answer::Devices => {}
        }
    }
}

/// The screen after a failure; the session ends from there.
pub(crate) fn failed(boot: &Boot, desk: &mut Desk, reason: &str, failure: Failure) -> End {
    log::line(&format!("failed: {}", failure.what));
    log::kernel_errors();
    desk.forget_keys();
    let on_stick = boot.command_line.medium.as_ref().and_then(stick_log::copy);
    let screen = Screen::Failed { failure, on_stick, log: log::tail(8) };
    desk.show(&screen);
    desk.script(&format!("rescue status=failed reason={reason}"));
    loop {
        if let Answer::Press(press) = desk.ask(&screen, None)
            && let Some(end) = end_of(press)
        {
            return end;
        }
    }
}

fn recovery(
    boot: &Boot,
    desk: &mut Desk,
    operations: &mut dyn Operations,
    mode: RecoveryMode,
) -> End {
    let text = Text::said(zshield_messages::say::rescue::starting_ways_back);
    let ways = desk.during(Screen::Starting(vec![text]), |_| operations.ways_back());
    let proposed = match mode {
        RecoveryMode::Menu => None,
        RecoveryMode::Factory => Some(Target::Factory),
        RecoveryMode::Latest => Some(Target::Latest),
    };
    let place =
        ways.iter().position(|way| Some(way.target) == proposed && way.unavailable.is_none());
    let mut asked = Recovery { chosen: place.unwrap_or(ways.len()), ways };
    let mut straight = place.is_some();
    loop {
        if !straight {
            match choose(desk, &mut asked) {
                Ok(()) => {}
                Err(end) => return end,
            }
        }
        straight = false;
        let Some(WayBack { target, lost, unavailable: None, .. }) = asked.ways.get(asked.chosen)
        else {
            continue;
        };
        let operation = Operation::Recover(*target);
        if confirm(desk, operation, lost.clone()) {
            return carry_out(boot, desk, operations, operation, false, false);
        }
    }
}

/// Moves through the ways back; comes back with one chosen, or with the end of the session.
fn choose(desk: &mut Desk, asked: &mut Recovery) -> Result<(), End> {
    let leave = asked.ways.len();
    ready(desk, &Screen::Recovery(asked.clone()));
    loop {
        match desk.ask(&Screen::Recovery(asked.clone()), Some(NOBODY)) {
            Answer::Silence => return Err(End::Restart),
            Answer::Devices => {}
            Answer::Press(press) => match press.key {
                Key::Up => asked.chosen = asked.chosen.saturating_sub(1),
                Key::Down => asked.chosen = (asked.chosen + 1).min(leave),
                Key::Char(digit @ '1'..='9') => {
                    let place = usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1');
                    asked.chosen = place.min(leave);
                }
                Key::Enter if asked.chosen >= leave => return Err(End::Restart),
                Key::Enter if asked.ways[asked.chosen].unavailable.is_none() => return Ok(()),
                key if press.alone && key.is('p') => return Err(End::PowerOff),
                _ => {}
            },
        }
    }
}

/// Tells scripts that a screen waits for a key, after forgetting those pressed before it stood.
fn ready(desk: &mut Desk, screen: &Screen) {
    desk.forget_keys();
    desk.show(screen);
    desk.script(&format!("rescue status=ready screen={}", screen.code()));
}

#[cfg(test)]
mod tests;
