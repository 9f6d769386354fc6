//! Questions on the terminal whose default is no.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
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
    ask(question)?;
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        // A terminal that was closed meanwhile: nobody agrees.
        Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => answer.clear(),
        read => {
            read?;
        }
    }
    Ok(answer.trim().to_owned())
}

fn ask(question: &str) -> io::Result<()> {
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes())?;
    stderr.flush()
}

fn nobody_to_ask() -> zshield_operations::Error {
    Refusal::Caller(say::cli::nobody_to_ask()).into()
}

/// How the terminal was before it hid what is typed.
static BEFORE_HIDDEN: Mutex<Option<Termios>> = Mutex::new(None);

fn before_hidden() -> MutexGuard<'static, Option<Termios>> {
    BEFORE_HIDDEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal shows again what is typed, where it was hidden.
pub(crate) fn show_what_is_typed() {
    if let Some(before) = before_hidden().take() {
        // A terminal that is gone shows nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    }
}

/// A password, not shown while it is typed.
pub(crate) fn password(question: &str) -> Result<String> {
    let stdin = io::stdin();
    let Ok(before) = tcgetattr(&stdin) else { return Err(nobody_to_ask()) };
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    ask(&format!("{question} "))?;
    *before_hidden() = Some(before);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    show_what_is_typed();
    err!("");
    read?;
    Ok(answer.trim_end_matches(['\n', '\r']).to_owned())
}
