//! A program under way.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::under_way::BURIED;
use super::{OnOutput, Stderr, under_way};

/// What is read at once: no pipe holds more, unless somebody made it larger.
const PIPE: usize = 64 << 10;

/// A program, the leader of a group of its own.
pub(super) struct Running<'a> {
    group: Option<Pid>,
    /// How it ended.
    status: Receiver<io::Result<ExitStatus>>,
    /// A pipe that is closed when that is known.
    end: PipeReader,
    stdout: StreamReader<'a>,
    stderr: Option<StreamReader<'a>>,
}

impl<'a> Running<'a> {
    pub(super) fn start(
        command: &mut Command,
        input: Vec<u8>,
        stderr: Stderr<'a>,
    ) -> io::Result<Self> {
        let (output, stdout) = io::pipe()?;
        let mut output = StreamReader::to(output)?;
        let stderr = match stderr {
            Stderr::Captured => {
                let (errors, stderr) = io::pipe()?;
                command.stderr(stderr);
                Some(StreamReader::to(errors)?)
            }
            Stderr::Inherited => None,
            Stderr::Streamed { last, on_output } => {
                command.stderr(stdout.try_clone()?);
                (output.last, output.on_output) = (last, Some(on_output));
                None
            }
        };
        let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let (end, ended) = io::pipe()?;
        let (mut child, group) = under_way::HERE.start(command.stdin(stdin).stdout(stdout))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that reads nothing needs nothing.
            thread::spawn(move || stdin.write_all(&input));
        }
        let (told, status) = mpsc::channel();
        thread::spawn(move || {
            let status = child.wait();
            under_way::HERE.has_ended(group);
            // Nobody waits any more where it took too long and can't be ended.
            let _ = told.send(status);
            drop(ended);
        });
        Ok(Self { group, status, end, stdout: output, stderr })
    }

    /// Reads its streams until it ends; whether it ended by the deadline.
    pub(super) fn wait_until(&mut self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            if self.wait(left)? {
                return Ok(true);
            }
            self.stdout.read_once()?;
            self.stderr.as_mut().map_or(Ok(()), StreamReader::read_once)?;
        }
    }

    /// Waits until there is something to read, or it has ended; whether it has.
    fn wait(&self, left: Duration) -> io::Result<bool> {
        let pipes = [Some(&self.stdout), self.stderr.as_ref()];
        let pipes = pipes.into_iter().flatten().filter_map(|reader| reader.pipe.as_ref());
        let mut asked: Vec<PollFd<'_>> = std::iter::once(&self.end)
            .chain(pipes)
            .map(|pipe| PollFd::new(pipe, PollFlags::IN))
            .collect();
        // Longer than the kernel can count is for ever.
        match poll(&mut asked, Timespec::try_from(left).ok().as_ref()) {
            Err(Errno::INTR) => Ok(false),
            result => Ok(result.map(|_| !asked[0].revents().is_empty())?),
        }
    }

    /// How it ended, with all that it has said. What it has left running may say more: nobody waits
    /// for that.
    pub(super) fn ended(mut self) -> io::Result<Output> {
        let status = self.status.recv().map_err(io::Error::other)??;
        let stdout = self.stdout.rest()?;
        let stderr = self.stderr.as_mut().map_or(Ok(Vec::new()), StreamReader::rest)?;
        Ok(Output { status, stdout, stderr })
    }

    /// Ends it with all that it has started.
    pub(super) fn kill(&self) {
        if let Some(group) = self.group {
            // It may end by itself at this very moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
        // Where the kernel does not end it, nobody else can.
        let _ = self.status.recv_timeout(BURIED);
    }
}

/// What comes out of a pipe.
struct StreamReader<'a> {
    /// Nothing, once it is at its end.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
    /// So many bytes are kept, the last.
    last: usize,
    on_output: Option<OnOutput<'a>>,
}

impl StreamReader<'_> {
    fn to(pipe: PipeReader) -> io::Result<Self> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(pipe), kept: Vec::new(), last: usize::MAX, on_output: None })
    }

    /// Takes what is there, as far as it can be taken at once.
    fn read_once(&mut self) -> io::Result<()> {
        self.take().map(drop)
    }

    /// Whether there may be more.
    fn take(&mut self) -> io::Result<bool> {
        let Some(pipe) = &mut self.pipe else { return Ok(false) };
        let mut buffer = vec![0; PIPE];
        let read = match pipe.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            read => read?,
        };
        if read == 0 {
            self.pipe = None;
            return Ok(false);
        }
        if let Some(on_output) = &mut self.on_output {
            on_output(&buffer[..read]);
        }
        self.kept.extend_from_slice(&buffer[..read]);
        let beyond = self.kept.len().saturating_sub(self.last);
        self.kept.drain(..beyond);
        Ok(true)
    }

    /// All that came, where nobody says more who counts. Somebody else may go on for ever.
    fn rest(&mut self) -> io::Result<Vec<u8>> {
        /// A pipe of the largest size that anybody may ask for.
        const MOST: usize = (1 << 20) / PIPE + 1;
        for _ in 0..MOST {
            if !self.take()? {
                break;
            }
        }
        Ok(std::mem::take(&mut self.kept))
    }
}
