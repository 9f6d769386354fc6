//! What the daemon's main loop hears, from threads that may hang.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zshield_plan::policy::Policy;

use crate::hardware::{self, Hardware};
use crate::sight::{self, Sight};

/// Disks and RAID cards are asked how they are this often.
const HARDWARE: Duration = Duration::from_mins(30);

/// What the main loop hears.
pub(super) enum Event {
    /// The disks are asked; this is the HDD's device.
    Asked(Option<String>),
    /// They have answered.
    Seen(Box<Sight>),
    /// Disks and RAID cards have said how they are.
    Hardware(Box<Hardware>),
    /// It is to end.
    End,
}

/// Begins to listen. Who sends a word is told of it by [`Event::Seen`].
pub(super) fn heard(root: &'static Path, policy: &Policy) -> Result<(Sender<()>, Receiver<Event>)> {
    let (sender, events) = mpsc::channel();
    hear_signals(sender.clone())?;
    ask_hardware(sender.clone());
    let (asked, ask) = mpsc::channel();
    let policy = policy.clone();
    thread::spawn(move || {
        for () in ask {
            let told = sender.send(Event::Asked(sight::hdd(root)));
            let seen = || Event::Seen(Box::new(sight::of(root, &policy)));
            if told.and_then(|()| sender.send(seen())).is_err() {
                return;
            }
        }
    });
    Ok((asked, events))
}

fn hear_signals(sender: Sender<Event>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            // The main loop may have ended by itself.
            let _ = sender.send(Event::End);
        }
    });
    Ok(())
}

fn ask_hardware(sender: Sender<Event>) {
    thread::spawn(move || {
        while sender.send(Event::Hardware(Box::new(hardware::ask()))).is_ok() {
            thread::sleep(HARDWARE);
        }
    });
}
