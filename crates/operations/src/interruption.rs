//! Signals that would end this process in the middle: a hang-up, INT, TERM.
//!
//! Until an operation has begun a signal ends the process, and nothing was changed ([`until_begun`]).
//! From then on ([`meanwhile`], [`begin`]) the operation decides. Whoever is told of a signal may end
//! the process; nobody else begins, goes on to the next thing or says how it ended meanwhile.

use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zshield_host::execute;
use zshield_linux::program;

/// What a person or the system wants by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The terminal is gone: nobody listens any more.
    HangUp,
    /// The operation is to end.
    End,
}

impl Interruption {
    fn of(signal: i32) -> Self {
        if signal == SIGHUP { Self::HangUp } else { Self::End }
    }
}

/// How far the operation of this process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A signal ends the process, and nothing was changed.
    NotBegun,
    /// The operation answers signals.
    Begun,
    /// What is left takes moments: it comes to its end, and what it says is so.
    Ending,
}

/// It is held by whoever answers a signal.
static STAGE: Mutex<Stage> = Mutex::new(Stage::NotBegun);

fn stage() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on no signal means that nothing was changed. Where one is being answered already, this
/// process ends instead.
pub fn begin() {
    *stage() = Stage::Begun;
}

/// From now on no signal is answered: what an operation found is about to be noted. Where one is being
/// answered already, this process ends instead.
pub fn end() {
    *stage() = Stage::Ending;
}

/// Waits for whoever answers a signal, who may end the process: what is said now would be said
/// behind his back.
pub fn settle() {
    drop(stage());
}

/// `on` is told of each signal that comes before an operation has begun; later ones are the
/// operation's.
pub fn until_begun(on: impl Fn(Interruption) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new(heard())?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let stage = stage();
            if *stage == Stage::NotBegun {
                on(Interruption::of(signal));
            }
        }
    });
    Ok(())
}

/// Does something that no signal ends meanwhile; `on` is told of each until the [`end`], and may end the process.
pub fn meanwhile<T>(on: impl Fn(Interruption) + Sync, work: impl FnOnce() -> T) -> io::Result<T> {
    begin();
    let mut signals = Signals::new(heard())?;
    let handle = signals.handle();
    Ok(thread::scope(|scope| {
        scope.spawn(|| {
            for signal in signals.forever() {
                let stage = stage();
                if *stage != Stage::Ending {
                    on(Interruption::of(signal));
                }
            }
        });
        let closed = Closed(handle);
        let done = work();
        settle();
        drop(closed);
        done
    }))
}

/// A program that makes a mapping or reads what there is takes moments; one that packs an image does not.
const GRACE: Duration = Duration::from_secs(2);

/// This process is about to end by a signal: the programs that it has started, what it has mounted for its operation, and the
/// files that a build or a verification has made so far, do not outlive it.
pub fn leave() {
    program::end_all(GRACE);
    if let Err(error) = execute::leave() {
        tracing::warn!("{error}");
    }
    zshield_image::scratch::remove_all();
}

/// The signals that this process does not ignore: `nohup` has it ignore the first, a shell that
/// starts it in the background the second.
fn heard() -> &'static [i32] {
    static HEARD: OnceLock<Vec<i32>> = OnceLock::new();
    HEARD.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !ignored.contains(signal)).collect()
    })
}

/// The signals that the kernel says a process ignores.
fn ignored(status: &str) -> Vec<i32> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask & (1 << (signal - 1)) != 0).collect()
}

/// Ends the thread that listens, whatever becomes of the work.
struct Closed(signal_hook::iterator::Handle);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_under_way_comes_to_its_end() {
        let (sender, told) = mpsc::channel();
        let done = meanwhile(
            |what| sender.send(what).unwrap(),
            || {
                for (signal, what) in [
                    (SIGHUP, Interruption::HangUp),
                    (SIGINT, Interruption::End),
                    (SIGTERM, Interruption::End),
                ] {
                    signal_hook::low_level::raise(signal).unwrap();
                    assert_eq!(told.recv().unwrap(), what);
                }
                "done"
            },
        );
        assert_eq!(done.unwrap(), "done");
        // What is being noted is noted.
        let unanswered = |what| panic!("{what:?}");
        meanwhile(unanswered, || {
            end();
            signal_hook::low_level::raise(SIGINT).unwrap();
        })
        .unwrap();
    }

    #[test]
    fn a_signal_that_is_ignored_stays_so() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\t0\n";
        assert_eq!(ignored(status), [SIGHUP, SIGINT, 13]);
        assert_eq!(ignored(""), [0; 0]);
    }
}
