//! What a signal ends, and what it does not.

use std::process;

use zshield_messages::say;
use zshield_operations::exit;
use zshield_operations::interruption::{self, Interruption};
use zshield_operations::progress::Progress;

use crate::question;

/// Until an operation has begun a signal ends the command, and says that nothing was changed.
pub(crate) fn listen() {
    let told = |_| {
        question::show_what_is_typed();
        interruption::leave();
        err!("{}", say::cli::interrupted());
        process::exit(i32::from(exit::REFUSED));
    };
    if let Err(error) = interruption::until_begun(told) {
        tracing::warn!("{error}");
    }
}

/// Does something that goes on to its end: half-way nobody is served. Who asks it to end is told why
/// it does not; who closes the terminal does not hear it.
pub(crate) fn to_its_end<T>(
    progress: &dyn Progress,
    goes_on: fn() -> String,
    work: impl FnOnce() -> T,
) -> zshield_operations::Result<T> {
    let told = |what| match what {
        Interruption::HangUp => {}
        Interruption::End => progress.tell(&goes_on()),
    };
    Ok(interruption::meanwhile(told, work)?)
}

/// Does something that a signal ends, with words about how it stands then.
pub(crate) fn or_ended<T>(
    ended: impl Fn() -> String + Sync,
    work: impl FnOnce() -> T,
) -> zshield_operations::Result<T> {
    let told = |_| {
        interruption::leave();
        err!("{}", ended());
        process::exit(i32::from(exit::FAILED));
    };
    Ok(interruption::meanwhile(told, work)?)
}
