//! Signals that would end this process in the middle: a hang-up, INT, TERM.

use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What a person or the system wants by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The terminal is gone: nobody listens any more.
    HangUp,
    /// The operation is to end.
    End,
}

/// Does something that no signal ends meanwhile; `on` is told of each, and may end the process.
pub fn meanwhile<T>(on: impl Fn(Interruption) + Sync, work: impl FnOnce() -> T) -> io::Result<T> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let handle = signals.handle();
    Ok(thread::scope(|scope| {
        scope.spawn(|| {
            for signal in signals.forever() {
                on(if signal == SIGHUP { Interruption::HangUp } else { Interruption::End });
            }
        });
        let closed = Closed(handle);
        let done = work();
        drop(closed);
        done
    }))
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
    }
}
