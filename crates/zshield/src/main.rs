//! zshield: the whole life of an appliance in one binary.

#[macro_use]
mod said;

mod cli;
mod commands;
mod language;
mod report;

use std::process::ExitCode;

fn main() -> ExitCode {
    if zshield_rescue::early::is_called() {
        zshield_rescue::early::run();
    }
    if zshield_rescue::is_called() {
        zshield_rescue::run();
    }
    let arguments = cli::arguments();
    language::choose(&arguments);
    let matches = match cli::command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    commands::run(&matches).unwrap_or_else(|error| report::failure(&error))
}
