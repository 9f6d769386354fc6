//! A root shell, only where the image was built to give one.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use zshield_messages::say;

use crate::settings::Settings;

/// The shell.
const SHELL: &str = "/bin/sh";

/// Tells a process of this program to become the shell on that terminal.
const BECOME: &str = "ZSHIELD_SHELL_ON";

/// Why there is no shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShellRefused {
    /// The image was not built to allow it.
    #[error("{}", say::rescue::shell_not_allowed())]
    NotAllowed,
    /// The image has none.
    #[error("{}", say::rescue::shell_missing(SHELL))]
    Missing,
}

/// Whether a shell may be had and is there.
pub(crate) fn available(settings: &Settings) -> Result<(), ShellRefused> {
    match (settings.allow_shell, Path::new(SHELL).exists()) {
        (false, _) => Err(ShellRefused::NotAllowed),
        (true, false) => Err(ShellRefused::Missing),
        (true, true) => Ok(()),
    }
}

/// Runs the shell on a terminal until it ends. A process of this program goes between: only it can
/// become the leader of a session and take the terminal, so that Ctrl-C works.
pub(crate) fn run(terminal: &str) -> io::Result<()> {
    let terminal = Path::new("/dev").join(terminal);
    Command::new("/proc/self/exe").arg("init").env(BECOME, terminal).status()?;
    Ok(())
}

/// Becomes the shell if this process was started for it; comes back only then if it can't.
pub(crate) fn become_if_asked() -> Option<io::Error> {
    let terminal = std::env::var_os(BECOME)?;
    Some(become_shell(Path::new(&terminal)).err().unwrap_or_else(|| io::ErrorKind::Other.into()))
}

fn become_shell(terminal: &Path) -> io::Result<std::convert::Infallible> {
    setsid()?;
    let terminal = OpenOptions::new().read(true).write(true).open(terminal)?;
    ioctl_tiocsctty(&terminal)?;
    let mut settings = rustix::termios::tcgetattr(&terminal)?;
    cooked(&mut settings);
    rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &settings)?;
    dup2_stdin(&terminal)?;
    dup2_stdout(&terminal)?;
    dup2_stderr(&terminal)?;
    Err(Command::new(SHELL).env_remove(BECOME).exec())
}

/// Lines, echo and signals, as a shell's terminal has them.
fn cooked(settings: &mut rustix::termios::Termios) {
    use rustix::termios::{InputModes, LocalModes, OutputModes};
    settings.input_modes |= InputModes::ICRNL | InputModes::IXON;
    settings.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    settings.local_modes |= LocalModes::ISIG
        | LocalModes::ICANON
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK
        | LocalModes::IEXTEN;
}
