//! Questions on the terminal whose default is no.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use zshield_messages::say;
use zshield_operations::question::{Answer, Question};
use zshield_operations::{Refusal, Result};

use crate::cli::args::Act;

/// Has a person agree, unless a switch has. Where there is no terminal to ask on, that is a refusal.
pub(crate) fn agree(question: Question, act: Act) -> Result<()> {
    let agreed = match question.answer {
        Answer::Yes if act.yes => true,
        Answer::Yes => {
            let answer = answer(&format!("{} [y/N] ", question.text))?;
            matches!(answer.to_lowercase().as_str(), "y" | "yes" | "是")
        }
        Answer::Typed(word) => answer(&format!("{} ", question.text))? == word,
    };
    if agreed { Ok(()) } else { Err(Refusal::Declined(question).into()) }
}

fn answer(question: &str) -> Result<String> {
    if !io::stdin().is_terminal() {
        return Err(nobody_to_ask());
    }
    eprint!("{question}");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn nobody_to_ask() -> zshield_operations::Error {
    Refusal::Caller(say::cli::nobody_to_ask()).into()
}

/// A password, not shown while it is typed.
pub(crate) fn password(question: &str) -> Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let Ok(before) = tcgetattr(&stdin) else { return Err(nobody_to_ask()) };
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
