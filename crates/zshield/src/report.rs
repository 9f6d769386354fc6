//! How a command ends: what a person reads, and the exit status.

use std::fmt;
use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::exit::{FAILED, REFUSED};
use zshield_operations::{Refusal, text};

/// Marks an error as a refusal: nothing was changed.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// A refusal with this text.
pub(crate) fn refused(text: impl Into<String>) -> anyhow::Error {
    Refused(text.into()).into()
}

/// Prints an error with its causes, each once, and gives the status for it.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    err!("{}", say::cli::error(text::chain(error)));
    ExitCode::from(if error.is::<Refused>() || error.is::<Refusal>() { REFUSED } else { FAILED })
}
