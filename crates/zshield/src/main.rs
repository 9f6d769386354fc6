//! zshield: the whole life of an appliance in one binary.

#[macro_use]
mod said;

mod cli;
mod commands;
mod interrupted;
mod language;
mod logs;
mod progress;
mod qr;
mod question;

use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::{Error, exit, interruption};

fn main() -> ExitCode {
    if zshield_rescue::early::is_called() {
        zshield_rescue::early::run();
    }
    if zshield_rescue::is_called() {
        zshield_rescue::run();
    }
    let arguments = cli::arguments();
    language::choose(&arguments);
    let matches = match commands::command_line().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => cli::help::end(&error),
    };
    match commands::request(&matches) {
        Some(request) => request().unwrap_or_else(|error| failure(&error)),
        None => ExitCode::from(exit::USAGE),
    }
}

/// Prints how an operation did not come to its end, and gives the status for it.
fn failure(error: &Error) -> ExitCode {
    interruption::settle();
    err!("{}", say::cli::error(error.to_string()));
    ExitCode::from(match error {
        Error::Refused(_) => exit::REFUSED,
        Error::NotBegun(_) | Error::Failed(_) => exit::FAILED,
    })
}
