//! What alarms are tried with: a dispatcher in a directory, and servers on this host's loopback.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use zshield_machines::qemu::{Transcript, Waited};
use zshield_machines::tool::{capture, tool};

/// Debian's own, which has Debian's libraries.
pub(super) const PYTHON: &str = "/usr/bin/python3";
/// Longer than the longest that anything here waits: the second attempt after a failure.
pub(super) const LIMIT: Duration = Duration::from_mins(3);

/// A process and what it says; dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    said: Transcript,
    name: &'static str,
}

impl Process {
    /// Starts one.
    pub(super) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().context("it has no output")?;
        Ok(Self { child, said: Transcript::listen(output), name })
    }

    /// Waits until it has said this so many times; returns all that it has said.
    pub(super) fn until(&self, pattern: &str, times: usize) -> Result<String> {
        let mut from = 0;
        for _ in 0..times {
            match self.said.wait(from, &[pattern, "WRONG"], LIMIT) {
                Waited::Said(0, behind) => from = behind,
                _ => bail!(
                    "{} did not say «{pattern}» {times} times:\n{}",
                    self.name,
                    self.said.text(0, None)
                ),
            }
        }
        Ok(self.said.text(0, None))
    }

    /// The port that it listens at, which it has said.
    pub(super) fn port(&self) -> Result<u16> {
        let said = self.until(".\n", 1)?;
        let port = said.split("::port ").nth(1).and_then(|rest| rest.split('.').next());
        port.and_then(|port| port.parse().ok()).with_context(|| format!("no port: {said}"))
    }

    /// Its standard input.
    fn input(&mut self) -> Result<&mut ChildStdin> {
        self.child.stdin.as_mut().context("it has no input")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
        bench.certify()?;
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

    /// Certificates: an authority (`ca.pem`), one for localhost (`tls.pem`), and a stranger's.
    fn certify(&self) -> Result<()> {
        let openssl = |words: &str| {
            capture(tool("openssl", words.split(' ')).current_dir(&self.directory)).map(drop)
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for name in ["ca", "stranger"] {
            openssl(&format!(
                "req -x509 {key} -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem \
                 -addext keyUsage=critical,keyCertSign"
            ))?;
        }
        openssl(&format!("req {key} -subj /CN=localhost -keyout tls.key -out tls.csr"))?;
        fs::write(
            self.path("tls.ext"),
            "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
        )?;
        openssl(
            "x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -days 2 -extfile tls.ext -out tls.pem",
        )
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

/// Waits until somebody listens at a port.
pub(super) fn until_listening(port: u16) -> Result<()> {
    until(&format!("nobody listens at {port}"), || TcpStream::connect(("127.0.0.1", port)).ok())
        .map(drop)
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

/// Looks again and again until there is something.
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A port that nobody listens at now, another one each time; none that the kernel gives to a
/// connection meanwhile: those are 32768 and above.
pub(super) fn free_port() -> Result<u16> {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let next = || 20_000 + ASKED.fetch_add(1, Ordering::Relaxed) % 10_000;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(next).take(1_000).find(free).context("no port is free")
}
