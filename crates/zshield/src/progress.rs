//! How an operation goes on: for a person on a terminal a bar that moves, and a line with the title of
//! each part that is done; for pipes and scripts a line for each step.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use zshield_operations::progress::{Part, Progress};
use zshield_plan::plan::Operation;

/// Where an operation is followed.
pub(crate) struct Shown {
    /// The name of the operation for scripts.
    operation: &'static str,
    reader: Reader,
    /// Whether stdout is taken by JSON.
    json: bool,
    now: Mutex<Now>,
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Person,
    Script,
}

/// The part that runs.
struct Now {
    bar: ProgressBar,
    /// The line of it, where it is to be left when it is done.
    line: Option<String>,
    warnings: Vec<String>,
}

impl Shown {
    /// The steps of an operation's plan.
    pub(crate) fn steps(operation: Operation, json: bool) -> Self {
        Self::of(operation.name(), json)
    }

    /// The parts of another operation.
    pub(crate) fn parts() -> Self {
        Self::of("", true)
    }

    fn of(operation: &'static str, json: bool) -> Self {
        let is_terminal = if json { has_person(&io::stderr()) } else { has_person(&io::stdout()) };
        let now = Now { bar: ProgressBar::hidden(), line: None, warnings: Vec::new() };
        Self { operation, reader: Reader::of(is_terminal), json, now: Mutex::new(now) }
    }

    /// Nothing more is done. What went wrong beside it, one by one.
    pub(crate) fn finish(self) -> Vec<String> {
        let mut now = self.now.into_inner().unwrap_or_else(PoisonError::into_inner);
        now.leave();
        now.warnings
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        if self.json {
            err!("{line}");
        } else {
            out!("{line}");
        }
    }
}

/// Whether a person reads there: on a virtual console, or in a window. What comes over a serial line
/// is read by programs, too.
pub(crate) fn has_person(stream: &(impl IsTerminal + AsFd)) -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    if is_dumb || !stream.is_terminal() {
        return false;
    }
    let name = rustix::termios::ttyname(stream, Vec::new());
    name.is_ok_and(|name| is_of_person(&name.to_string_lossy()))
}

fn is_of_person(terminal: &str) -> bool {
    let console = terminal.strip_prefix("/dev/tty");
    terminal.starts_with("/dev/pts/")
        || console.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

impl Reader {
    const fn of(is_terminal: bool) -> Self {
        if is_terminal { Self::Person } else { Self::Script }
    }

    /// The line that is left when a part begins.
    fn begun(self, part: &Part<'_>) -> Option<String> {
        match (self, part) {
            (Self::Person, _) | (Self::Script, Part::Step { .. } | Part::Check(_)) => None,
            (
                Self::Script,
                Part::Build(_) | Part::Verify(_) | Part::Write(_) | Part::Bundle(_) | Part::Fetch,
            ) => Some(part.title()),
        }
    }

    /// The line that is left when a part is done.
    fn done(self, operation: &str, part: &Part<'_>) -> Option<String> {
        match (self, part) {
            (Self::Script, Part::Step { number, total, step }) => {
                let name = step.name();
                Some(format!("::zshield:: {operation} step={number}/{total} name={name} status=ok"))
            }
            (Self::Script, _) => None,
            (Self::Person, _) => Some(titled(part)),
        }
    }
}

/// The title of a part, with its number where it has one.
fn titled(part: &Part<'_>) -> String {
    match part {
        Part::Step { number, total, .. } => {
            let width = total.to_string().len();
            format!("[{number:>width$}/{total}] {}", part.title())
        }
        Part::Check(_)
        | Part::Build(_)
        | Part::Verify(_)
        | Part::Write(_)
        | Part::Bundle(_)
        | Part::Fetch => part.title(),
    }
}

impl Now {
    /// The part that ran is done: its line stays, and the bar goes.
    fn leave(&mut self) {
        if let Some(line) = self.line.take() {
            self.bar.println(line);
        }
        self.bar.finish_and_clear();
    }
}

/// A bar with this message, once it is known of how many bytes; until then, something that moves.
fn bar(message: String, json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::stdout() };
    let bar = ProgressBar::with_draw_target(None, target);
    styled(&bar, "{spinner} {msg}");
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn styled(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Progress for Shown {
    fn begin(&self, part: &Part<'_>) {
        if let Some(line) = self.reader.begun(part) {
            self.say(&line);
        }
        if self.reader == Reader::Person {
            let mut now = self.now();
            now.leave();
            now.bar = bar(titled(part), self.json);
            now.line = self.reader.done(self.operation, part);
        }
    }

    fn advance(&self, done: u64, total: Option<u64>) {
        let now = self.now();
        match total {
            Some(total) if now.bar.length() != Some(total) => {
                now.bar.set_length(total);
                styled(&now.bar, "{spinner} {msg} {bar:24} {bytes}/{total_bytes}");
            }
            None if done > 0 && now.bar.position() == 0 => {
                styled(&now.bar, "{spinner} {msg} {bytes}");
            }
            Some(_) | None => {}
        }
        now.bar.set_position(done);
    }

    fn end(&self, part: &Part<'_>) {
        match self.reader {
            Reader::Person => self.now().leave(),
            Reader::Script => {
                if let Some(line) = self.reader.done(self.operation, part) {
                    self.say(&line);
                }
            }
        }
    }

    fn warn(&self, text: &str) {
        self.now().warnings.push(text.to_owned());
    }

    fn tell(&self, text: &str) {
        let now = self.now();
        now.bar.suspend(|| err!("{text}"));
    }
}

#[cfg(test)]
mod tests {
    use zshield_image::progress::Phase;
    use zshield_messages::{Language, in_language};
    use zshield_plan::step::{CloseGolden, Step};

    use super::*;

    #[test]
    fn a_person_reads_titles_and_a_script_reads_names() {
        let step = Step::CloseGolden(CloseGolden {});
        let part = Part::Step { number: 3, total: 12, step: &step };
        let script = Reader::of(false);
        let line = "::zshield:: backup step=3/12 name=close-golden status=ok";
        assert_eq!((script.begun(&part), script.done("backup", &part)), (None, Some(line.into())));
        let person = Reader::of(true);
        for language in [Language::English, Language::Chinese] {
            in_language(language, || {
                let line = person.done("backup", &part).unwrap();
                assert_eq!(line, format!("[ 3/12] {}", part.title()));
                assert!(!line.contains("::zshield::") && !line.contains("close-golden"), "{line}");
            });
        }
    }

    #[test]
    fn a_serial_line_is_read_by_programs() {
        assert!(is_of_person("/dev/pts/3") && is_of_person("/dev/tty1"));
        for terminal in ["/dev/ttyS0", "/dev/console", "/dev/hvc0", "/dev/ttyAMA0", "/dev/tty"] {
            assert!(!is_of_person(terminal), "{terminal}");
        }
    }

    #[test]
    fn the_parts_of_a_build_are_lines_in_a_pipe_as_they_begin() {
        let part = Part::Build(Phase::Pack);
        let script = Reader::of(false);
        assert_eq!((script.begun(&part), script.done("", &part)), (Some(part.title()), None));
        assert_eq!(Reader::of(true).begun(&part), None);
    }
}
