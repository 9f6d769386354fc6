//! What the daemon's main loop hears, from threads that may hang.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zshield_host::invalid_snapshots::{self, MapperEvents};
use zshield_plan::policy::{GroupName, Policy};

use crate::hardware::{Asking, Hardware};
use crate::status::{self, Status};

/// Disks and RAID cards are asked how they are this often.
const HARDWARE: Duration = Duration::from_mins(30);

/// What the main loop hears.
pub(super) enum Event {
    /// The disks are asked; this is the HDD's device.
    Asked(Option<String>),
    /// They have answered.
    Seen(Box<Status>),
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
    note_invalid_snapshots(root, policy.storage.group.clone());
    let (asked, ask) = mpsc::channel();
    let policy = policy.clone();
    thread::spawn(move || {
        for () in ask {
            let told = sender.send(Event::Asked(status::hdd(root)));
            let seen = || Event::Seen(Box::new(status::of(root, &policy)));
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

/// Notes at once that a snapshot could not follow: until it is noted, a machine whose power goes
/// would take it for a sound one. Where the kernel tells nobody, the look at the disks notes it.
fn note_invalid_snapshots(root: &'static Path, group: GroupName) {
    let next = move || {
        let events = MapperEvents::listen()?;
        if let Err(why) = invalid_snapshots::note(root, &group) {
            // The next event, or the next look, has it noted.
            tracing::error!("{why}");
        }
        events.wait()
    };
    thread::spawn(
        move || {
            while next().inspect_err(|why| tracing::error!("{why}")).unwrap_or(false) {}
        },
    );
}

fn ask_hardware(sender: Sender<Event>) {
    thread::spawn(move || {
        let mut asking = Asking::default();
        while sender.send(Event::Hardware(Box::new(asking.ask()))).is_ok() {
            thread::sleep(HARDWARE);
        }
    });
}
