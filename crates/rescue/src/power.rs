//! Restarting and switching off, with everything written first.

use rustix::fs::sync;
use rustix::system::{RebootCommand, reboot};

use crate::log;

/// How a session of the rescue system ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Start anew.
    Restart,
    /// Switch the machine off.
    PowerOff,
}

/// Ends the session. Comes back only if the kernel refuses.
pub(crate) fn end(end: End) -> rustix::io::Errno {
    log::line(&format!("{end:?}"));
    sync();
    let command = match end {
        End::Restart => RebootCommand::Restart,
        End::PowerOff => RebootCommand::PowerOff,
    };
    match reboot(command) {
        Ok(()) => rustix::io::Errno::INTR,
        Err(error) => error,
    }
}
