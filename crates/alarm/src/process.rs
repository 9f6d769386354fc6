//! A program that is given so long and no longer.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// Runs a program with this on its standard input; one that takes longer is ended.
pub(crate) fn within(limit: Duration, command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (stdin, input) = (child.stdin.take(), input.to_owned());
    thread::spawn(move || {
        // One that reads nothing needs nothing.
        stdin.map(|mut stdin| stdin.write_all(&input))
    });
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = ended.send(child.wait_with_output());
    });
    end.recv_timeout(limit).unwrap_or_else(|_| {
        if let Some(group) = group {
            // It may end by itself at this very moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
        Err(io::ErrorKind::TimedOut.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_hears_and_is_heard_and_one_that_hangs_is_ended() {
        let hour = Duration::from_hours(1);
        let output = within(hour, &mut Command::new("cat"), b"hello").unwrap();
        assert_eq!(output.stdout, b"hello");
        let hanging = within(Duration::from_millis(20), Command::new("sleep").arg("3600"), b"");
        assert_eq!(hanging.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
