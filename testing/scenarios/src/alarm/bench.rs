//! What alarms are tried with: a dispatcher in a directory, and servers on this host's loopback.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::loopback::{self, Process, free_port, until};

/// Debian's own, which has Debian's libraries.
pub(super) const PYTHON: &str = "/usr/bin/python3";
/// An appliance's directory: its policy, its secrets, and certificates for the servers.
#[derive(Debug)]
pub(super) struct Bench {
    directory: PathBuf,
    program: PathBuf,
}

impl Bench {
    /// A new one.
    pub(super) fn new(directory: &Path, program: PathBuf) -> Result<Self> {
        // A running system has a `/run`; without one no list is kept there.
        for made in ["etc/zshield", "run", "var/log"] {
            fs::create_dir_all(directory.join(made))?;
        }
        let bench = Self { directory: directory.canonicalize()?, program };
        loopback::certify(&bench.directory)?;
        Ok(bench)
    }

    /// A path in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A path in it, as it stands in a policy.
    pub(super) fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Leaves a secret, and says where.
    pub(super) fn secret(&self, name: &str, text: &str) -> Result<String> {
        let path = self.path(name);
        fs::write(&path, format!("{text}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(path.display().to_string())
    }

    /// Writes the policy: what every one has, and these tables.
    pub(super) fn policy(&self, tables: &str) -> Result<()> {
        let listens = tables.contains("[alarm.metrics]");
        let off = if listens { "" } else { "[alarm.metrics]\nlisten = \"off\"\n" };
        let text = format!(
            "[product]\nname = \"网关\"\nversion = \"1\"\nlanguage = \"en\"\n\
             [payload]\nsource = \"x\"\n[alarm]\nbanner = false\nwall = false\n{off}{tables}"
        );
        Ok(fs::write(self.path("etc/zshield/appliance.toml"), text)?)
    }

    /// Starts the dispatcher.
    pub(super) fn dispatcher(&self) -> Result<Dispatcher> {
        let mut dispatcher = Command::new(&self.program);
        Ok(Dispatcher(Process::start("dispatcher", dispatcher.arg(&self.directory))?))
    }

    /// Waits until the list of alarms is so.
    pub(super) fn until_kept(&self, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let path = self.path("run/zshield/alarms.json");
        until("the list is not so", || {
            // It may not be there yet.
            let list = fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok());
            list.filter(&is_so)
        })
    }

    /// Starts one of the servers in Python.
    pub(super) fn python(
        &self,
        name: &'static str,
        script: &str,
        words: &[&str],
    ) -> Result<Process> {
        let path = self.path(&format!("{name}.py"));
        fs::write(&path, script)?;
        let mut python = Command::new(PYTHON);
        python.arg(path).arg(&self.directory).args(words).env("PORT", free_port()?.to_string());
        Process::start(name, &mut python)
    }
}

/// A running dispatcher; dropping it is a `kill -9`.
#[derive(Debug)]
pub(super) struct Dispatcher(Process);

impl Dispatcher {
    /// These conditions hold from now on.
    pub(super) fn see(&mut self, conditions: &[&str]) -> Result<()> {
        let line = format!("[{}]\n", conditions.join(","));
        Ok(self.0.input()?.write_all(line.as_bytes())?)
    }
}

/// Waits until what is answered at a port is JSON that is so.
pub(super) fn until_answered(
    port: u16,
    path: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Result<Value> {
    until(&format!("{path} does not answer so"), || {
        let answer = get(port, path).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok().filter(&is_so)
    })
}

/// Asks for a page as simply as can be.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
