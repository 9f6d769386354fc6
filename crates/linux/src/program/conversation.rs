//! A program that is spoken with: it reads what it is told when that comes, and answers.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::under_way::BURIED;
use super::{Program, ProgramError, unusable};
use crate::record;

/// So much is kept of what it complains of, the last.
const COMPLAINTS: usize = 8 << 10;

/// A program under way, the leader of a group of its own. Dropping it ends it with all that it has started.
#[derive(Debug)]
pub struct Conversation {
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    stdout: PipeReader,
    stderr: Complaints,
}

/// The last that it complained of.
#[derive(Debug)]
struct Complaints {
    /// Nothing, once it is at its end.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
}

impl Program<'_> {
    /// Starts it, to be spoken with. Its limit is that of each word, not of all.
    pub fn converse(self) -> Result<Conversation, ProgramError> {
        let Self { mut command, name, words, .. } = self;
        record::note(&format!("$ {words}"));
        let start = || {
            let (stdout, output) = io::pipe()?;
            let (errors, error_output) = io::pipe()?;
            command.stdin(Stdio::piped()).stdout(output).stderr(error_output).process_group(0);
            let mut child = command.spawn()?;
            // Its ends of the pipes go with it: else they would never be at their end.
            drop(command);
            let stdin = child.stdin.take();
            if let Some(stdin) = &stdin {
                fcntl_setfl(stdin, fcntl_getfl(stdin)? | OFlags::NONBLOCK)?;
            }
            fcntl_setfl(&stdout, fcntl_getfl(&stdout)? | OFlags::NONBLOCK)?;
            fcntl_setfl(&errors, fcntl_getfl(&errors)? | OFlags::NONBLOCK)?;
            let stderr = Complaints { pipe: Some(errors), kept: Vec::new() };
            Ok(Conversation { child: Some(child), stdin, stdout, stderr })
        };
        start().map_err(|source| unusable(&name, source))
    }
}

impl Conversation {
    /// Tells it all of this, if it takes each part of it within the limit.
    pub fn tell(&mut self, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
        while !bytes.is_empty() {
            let Some(stdin) = &mut self.stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
            match stdin.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(true, limit)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes some bytes of its answer, if any come within the limit; none, once it says no more.
    pub fn hear(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        loop {
            match self.stdout.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(false, limit)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// Waits until it can be told more, or has said more. What it complains of is taken meanwhile.
    fn wait(&mut self, to_tell: bool, limit: Duration) -> io::Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let mut asked = vec![match &self.stdin {
                Some(stdin) if to_tell => PollFd::new(stdin, PollFlags::OUT),
                _ => PollFd::new(&self.stdout, PollFlags::IN),
            }];
            asked.extend(self.stderr.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            match poll(&mut asked, Timespec::try_from(left).ok().as_ref()) {
                Err(Errno::INTR) => continue,
                polled => polled?,
            };
            let is_ready = !asked[0].revents().is_empty();
            self.stderr.take()?;
            if is_ready {
                return Ok(());
            }
        }
    }

    /// Ends it, and says what it complained of at last.
    pub fn end(mut self) -> String {
        // It ends by itself when it is told no more, most often.
        self.stdin = None;
        let deadline = Instant::now() + BURIED;
        while let Some(pipe) = &self.stderr.pipe {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut asked = [PollFd::new(pipe, PollFlags::IN)];
            let polled = poll(&mut asked, Timespec::try_from(left).ok().as_ref());
            if left.is_zero() || polled.is_err() || self.stderr.take().is_err() {
                break;
            }
        }
        String::from_utf8_lossy(&self.stderr.kept).into_owned()
    }
}

impl Complaints {
    /// Takes what can be taken at once.
    fn take(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let mut buffer = [0; 4 << 10];
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(read) => {
                self.kept.extend(&buffer[..read]);
                self.kept.drain(..self.kept.len().saturating_sub(COMPLAINTS));
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
        // The kernel does not end one that waits for a dead disk, and nobody waits for that.
        thread::spawn(move || child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn it_is_told_and_heard_word_by_word() {
        let mut cat = Program::new("cat", SOON).converse().unwrap();
        for told in [b"one".to_vec(), vec![7; 200_000]] {
            let mut heard = Vec::new();
            for part in told.chunks(1 << 12) {
                cat.tell(part, SOON).unwrap();
                let mut buffer = vec![0; part.len()];
                let mut at = 0;
                while at < part.len() {
                    at += cat.hear(&mut buffer[at..], SOON).unwrap();
                }
                heard.extend(buffer);
            }
            assert!(heard == told);
        }
        assert_eq!(cat.end(), "");
    }

    #[test]
    fn one_that_says_nothing_is_not_waited_for_and_complaints_are_kept() {
        let mut silent = Program::new("sh", SOON)
            .args(["-c", "yes complaint | head -c 200000 >&2; echo last >&2; exec sleep 600"])
            .converse()
            .unwrap();
        let heard = silent.hear(&mut [0; 8], Duration::from_millis(300));
        assert_eq!(heard.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Of what it is told it takes no more than a pipe holds.
        let told = silent.tell(&vec![0; 1 << 20], Duration::from_millis(300));
        assert_eq!(told.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let said = silent.end();
        assert!(said.ends_with("last\n") && said.len() <= COMPLAINTS, "{said}");
    }

    #[test]
    fn one_that_ends_is_at_its_end() {
        let mut ended = Program::new("false", SOON).converse().unwrap();
        assert_eq!(ended.hear(&mut [0; 8], SOON).unwrap(), 0);
        assert!(Program::new("no-such-program", SOON).converse().is_err());
    }
}
