//! Questions on the terminal whose default is no.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Result;
use zshield_messages::say;

use crate::report::refused;

/// Whether a person agrees. Where there is no terminal to ask on, that is a refusal.
pub(super) fn agreed(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(refused(say::cli::nobody_to_ask()));
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是"))
}

/// Whether a person types this very word.
pub(super) fn typed(question: &str, word: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(refused(say::cli::nobody_to_ask()));
    }
    eprint!("{question} ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == word)
}

/// A password, not shown while it is typed, asked for twice where it is a new one.
pub(super) fn password(question: &str) -> Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let Ok(before) = tcgetattr(&stdin) else { return Err(refused(say::cli::nobody_to_ask())) };
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    eprint!("{question} ");
    io::stderr().flush()?;
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    err!("");
    read?;
    Ok(answer.trim_end_matches(['\n', '\r']).to_owned())
}
