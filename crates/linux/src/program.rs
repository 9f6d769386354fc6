//! The one runner of programs. Each has a deadline; one that misses it is ended with all that it
//! has started.

mod conversation;
mod lent;
mod running;
mod under_way;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use zshield_messages::say;

pub use conversation::Conversation;
pub use lent::{Lender, lend};
use running::Running;
pub use under_way::end_all;

use crate::record;

/// For programs that read: longer than a disk with a bad sector takes over all of its retries.
pub const READING: Duration = Duration::from_mins(15);
/// For programs that change a volume or a service. A filesystem is frozen meanwhile, after all that
/// is in memory was written to a slow disk: one that is ended in between would stay so.
pub const CHANGING: Duration = Duration::from_hours(2);
/// For programs that go through a whole filesystem of some terabytes.
pub const MENDING: Duration = Duration::from_hours(24);

/// A program that could not be run, or that failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There is no such program.
    #[error("{}", say::host::command_absent(.program))]
    Absent {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not start, or could not be waited for.
    #[error("{}", say::host::command_absent(.program))]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended badly, by itself or by a signal.
    #[error("{}", say::host::CommandFailed { command, output: last_lines(output), status: status.to_string() })]
    Failed {
        /// The whole command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it complained of; a person is told the last of it.
        output: String,
    },
    /// It missed its deadline, and was ended.
    #[error("{}", say::host::CommandTooSlow { command, seconds: limit.as_secs() })]
    DeadlineMissed {
        /// The whole command.
        command: String,
        /// What it was given.
        limit: Duration,
    },
}

impl ProgramError {
    /// Its exit status, where it ended by itself.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Failed { status, .. } => status.code(),
            Self::Absent { .. } | Self::Start { .. } | Self::DeadlineMissed { .. } => None,
        }
    }
}

/// For whoever knows of programs no more than that they can't be used.
impl From<ProgramError> for io::Error {
    fn from(error: ProgramError) -> Self {
        let kind = match &error {
            ProgramError::Absent { .. } => io::ErrorKind::NotFound,
            ProgramError::Start { source, .. } => source.kind(),
            ProgramError::Failed { .. } => io::ErrorKind::Other,
            ProgramError::DeadlineMissed { .. } => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}

/// A program that is to be run, without anything on its standard input.
pub struct Program<'a> {
    command: Command,
    /// By which it was asked for.
    name: OsString,
    words: String,
    limit: Duration,
    input: Vec<u8>,
    stderr: Stderr<'a>,
}

/// The place that standard error goes to.
enum Stderr<'a> {
    /// To the caller, beside standard output.
    Captured,
    /// Where this program's own goes.
    Inherited,
    /// Both streams go to this as they come, and their last bytes to the caller as one.
    Streamed { last: usize, on_output: OnOutput<'a> },
}

/// Given bytes as they come.
type OnOutput<'a> = Box<dyn FnMut(&[u8]) + 'a>;

impl<'a> Program<'a> {
    /// A program, found in the path, that is given so long; another system's, while that [`lend`]s
    /// its own.
    pub fn new(program: impl AsRef<OsStr>, limit: Duration) -> Self {
        let name = program.as_ref().to_os_string();
        let mut command = lent::command(&name).unwrap_or_else(|| Command::new(&name));
        // What it says is parsed, or stands in a log that others read.
        command.env("LC_ALL", "C");
        let words = name.to_string_lossy().into_owned();
        let stderr = Stderr::Captured;
        Self { command, name, words, limit, input: Vec::new(), stderr }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self = self.arg(argument);
        }
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.words.push(' ');
        self.words.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Leaves it the language of this program's own environment: others read what it says.
    #[must_use]
    pub fn own_locale(mut self) -> Self {
        match std::env::var_os("LC_ALL") {
            Some(locale) => self.command.env("LC_ALL", locale),
            None => self.command.env_remove("LC_ALL"),
        };
        self
    }

    /// Sets the directory that it runs in.
    #[must_use]
    pub fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Sets what it reads.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Its standard error is this program's own.
    #[must_use]
    pub fn inherit_stderr(mut self) -> Self {
        self.stderr = Stderr::Inherited;
        self
    }

    /// Both of its streams are given to `on_output` as they come; of both together so many bytes are
    /// kept, the last.
    #[must_use]
    pub fn streamed(mut self, last: usize, on_output: impl FnMut(&[u8]) + 'a) -> Self {
        self.stderr = Stderr::Streamed { last, on_output: Box::new(on_output) };
        self
    }

    /// Runs it to its end, however that is.
    pub fn run(self) -> Result<Output, ProgramError> {
        let Self { mut command, name, words, limit, input, stderr } = self;
        record::note(&format!("$ {words}"));
        let unusable = |source| unusable(&name, source);
        let mut running = Running::start(&mut command, input, stderr).map_err(unusable)?;
        // Its ends of the pipes go with it: else they would never be at their end.
        drop(command);
        if running.wait_until(Instant::now() + limit).map_err(unusable)? {
            return running.ended().map_err(unusable);
        }
        running.kill();
        Err(ProgramError::DeadlineMissed { command: words, limit })
    }

    /// Runs it to its end, and returns what it printed. Its exit status alone says whether it
    /// succeeded: some programs complain when all is well.
    pub fn succeed(self) -> Result<Vec<u8>, ProgramError> {
        let command = self.words.clone();
        tracing::info!("run: {command}");
        let Output { status, stdout, stderr } = self.run()?;
        let stderr = String::from_utf8_lossy(&stderr);
        let name = command.split(' ').next().unwrap_or_default();
        for line in stderr.lines() {
            tracing::info!("{name}: {line}");
        }
        if status.success() {
            return Ok(stdout);
        }
        Err(ProgramError::Failed { status, output: stderr.into_owned(), command })
    }

    /// Likewise; what it printed is text, with a mark in place of what is none.
    pub fn text(self) -> Result<String, ProgramError> {
        Ok(String::from_utf8_lossy(&self.succeed()?).into_owned())
    }
}

/// Whether a program starts at all: asked so, it says this of itself. One that is missing, that lacks
/// its loader or libraries, or that is no program does not, and an empty file says nothing.
pub fn starts(program: &str, asked: &str, says: &str) -> bool {
    const AT_ONCE: Duration = Duration::from_mins(1);
    let said = Program::new(program, AT_ONCE).arg(asked).text();
    said.is_ok_and(|said| said.contains(says))
}

fn unusable(program: &OsStr, source: io::Error) -> ProgramError {
    let program = program.to_string_lossy().into_owned();
    if source.kind() == io::ErrorKind::NotFound {
        ProgramError::Absent { program, source }
    } else {
        ProgramError::Start { program, source }
    }
}

/// What a person needs of a long complaint.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("; ")
}

#[cfg(test)]
mod tests;
