//! A connection: requests and their answers, many under way at once.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use zshield_linux::program::{Conversation, Program};

use super::packet::{self, Answer};
use super::place::SftpPlace;
use super::request::{HELLO, Request};
use crate::store::{Bandwidth, StoreProblem};

/// A server that says nothing for so long is away.
const SILENCE: Duration = Duration::from_mins(1);
/// So long for name, connection, key and subsystem.
const CONNECT: Duration = Duration::from_mins(2);

/// A connection that is open.
pub(super) struct Session {
    ssh: Conversation,
    /// What the server offers beside the protocol.
    pub(super) extensions: Vec<String>,
    bandwidth: Option<Bandwidth>,
    next: u32,
    /// What has come, and is no whole packet yet.
    heard: Vec<u8>,
    /// Answers that came before the one that was waited for.
    early: HashMap<u32, Answer>,
}

/// Why a connection does not serve any more.
#[derive(Debug)]
pub(super) enum Broken {
    /// What came is no answer.
    Damaged(&'static str),
    /// It is lost.
    Lost(std::io::Error),
}

/// What `ssh` complained of, in one line.
#[derive(Debug)]
struct Complaint(String);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Complaint {}

impl Session {
    /// Connects.
    pub(super) fn open(to: &SftpPlace, bandwidth: Option<Bandwidth>) -> Result<Self, StoreProblem> {
        let program = Program::new("ssh", SILENCE).args(to.arguments());
        let ssh = program.converse().map_err(|error| StoreProblem::Fault(error.into()))?;
        let (extensions, heard, early) = (Vec::new(), Vec::new(), HashMap::new());
        let mut session = Self { ssh, extensions, bandwidth, next: 0, heard, early };
        let hello = session.hello();
        match hello {
            Ok(extensions) => Ok(Self { extensions, ..session }),
            Err(broken) => Err(session.why(broken)),
        }
    }

    fn hello(&mut self) -> Result<Vec<String>, Broken> {
        self.ssh.tell(&HELLO, CONNECT).map_err(Broken::Lost)?;
        let packet = self.packet(CONNECT)?;
        packet::extensions(&packet).ok_or(Broken::Damaged("no SFTP of version 3"))
    }

    /// What is wrong, once it serves no more.
    pub(super) fn why(self, broken: Broken) -> StoreProblem {
        match broken {
            Broken::Damaged(what) => StoreProblem::Damaged(what.to_owned()),
            Broken::Lost(error) => complaint(&self.ssh.end(), error),
        }
    }

    /// Sends a request, and returns its number.
    pub(super) fn send(&mut self, request: Request<'_>) -> Result<u32, Broken> {
        if let (Some(bandwidth), Some(bytes)) = (&self.bandwidth, request.content()) {
            bandwidth.take(bytes);
        }
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        let mut packet = Vec::new();
        request.encode(id, &mut packet);
        self.ssh.tell(&packet, SILENCE).map_err(Broken::Lost)?;
        Ok(id)
    }

    /// Waits for the answer to a request.
    pub(super) fn wait(&mut self, id: u32) -> Result<Answer, Broken> {
        loop {
            if let Some(answer) = self.early.remove(&id) {
                return Ok(answer);
            }
            let packet = self.packet(SILENCE)?;
            let (of, answer) = packet::answer(&packet).ok_or(Broken::Damaged("no answer"))?;
            if of == id {
                return Ok(answer);
            }
            // Nobody has asked for it.
            if of >= self.next || self.early.insert(of, answer).is_some() {
                return Err(Broken::Damaged("an answer to nothing"));
            }
        }
    }

    /// Sends a request and waits for its answer.
    pub(super) fn call(&mut self, request: Request<'_>) -> Result<Answer, Broken> {
        let id = self.send(request)?;
        self.wait(id)
    }

    /// Sends all of these, and then waits for all of their answers. They are short.
    pub(super) fn call_all<'r>(
        &mut self,
        requests: impl IntoIterator<Item = Request<'r>>,
    ) -> Result<Vec<Answer>, Broken> {
        let sent: Result<Vec<u32>, Broken> =
            requests.into_iter().map(|request| self.send(request)).collect();
        sent?.into_iter().map(|id| self.wait(id)).collect()
    }

    /// The next packet, without its length.
    fn packet(&mut self, limit: Duration) -> Result<Vec<u8>, Broken> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let first = packet::first(&mut self.heard);
            let too_long = |_| Broken::Damaged("a packet that is too long");
            if let Some(packet) = first.map_err(too_long)? {
                return Ok(packet);
            }
            match self.ssh.hear(&mut buffer, limit).map_err(Broken::Lost)? {
                0 => return Err(Broken::Lost(std::io::ErrorKind::UnexpectedEof.into())),
                heard => self.heard.extend(&buffer[..heard]),
            }
        }
    }
}

/// What `ssh` means.
fn complaint(said: &str, error: std::io::Error) -> StoreProblem {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let last =
        lines.next_back().map(|line| line.chars().filter(|c| !c.is_control()).take(300).collect());
    let cause = || match &last {
        Some(line) => Complaint(String::clone(line)).into(),
        None => Box::<dyn Error + Send + Sync>::from(error.to_string()),
    };
    if says(&["Host key verification failed", "HOST IDENTIFICATION HAS CHANGED"]) {
        StoreProblem::Identity(cause())
    } else if says(&["Permission denied", "Too many authentication failures"]) {
        StoreProblem::Credentials
    } else if says(&["subsystem request failed", "command-line line", "Bad configuration option"]) {
        StoreProblem::Fault(cause())
    } else {
        StoreProblem::Away(cause())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_complains_of_has_its_meaning() {
        let meant = |said: &str| complaint(said, std::io::ErrorKind::UnexpectedEof.into());
        let changed = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\r\n";
        assert!(matches!(meant(changed), StoreProblem::Identity(_)));
        let denied = "me@gw: Permission denied (publickey,password).\n";
        assert!(matches!(meant(denied), StoreProblem::Credentials));
        let refused = meant("ssh: connect to host gw port 22: Connection refused\n");
        let StoreProblem::Away(cause) = refused else { panic!("{refused}") };
        assert!(cause.to_string().ends_with("Connection refused"));
        assert!(matches!(meant("subsystem request failed on channel 0"), StoreProblem::Fault(_)));
        assert!(matches!(meant(""), StoreProblem::Away(_)));
    }
}
