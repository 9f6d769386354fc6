//! zshield: the whole life of an appliance in one binary.

#[macro_use]
mod said;

mod acceptance;
mod cli;
mod commands;
mod early;
mod golden;
mod hardware;
mod incidents;
mod installer;
mod integrity;
mod language;
mod recovery;
mod report;
mod rescue;
mod status;
mod titles;

use std::process::ExitCode;

fn main() -> ExitCode {
    if zshield_rescue::early::is_called() {
        early::run();
    }
    if zshield_rescue::is_called() {
        rescue::run();
    }
    let arguments = cli::arguments();
    language::choose(&arguments);
    let matches = match cli::command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    commands::run(&matches).unwrap_or_else(|error| report::failure(&error))
}
