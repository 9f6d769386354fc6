//! Processes of this host that talk over its loopback.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use zshield_machines::qemu::{HOST, Transcript, Waited};
use zshield_machines::tool::{capture, tool};

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
    pub(super) fn input(&mut self) -> Result<&mut ChildStdin> {
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

/// Certificates: an authority (`ca.pem`), one for localhost, `files.example` and the host as machines reach it (`tls.pem`), and a
/// stranger's; in this directory.
pub(super) fn certify(directory: &Path) -> Result<()> {
    let openssl =
        |words: &str| capture(tool("openssl", words.split(' ')).current_dir(directory)).map(drop);
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for name in ["ca", "stranger"] {
        openssl(&format!(
            "req -x509 {key} -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem \
             -addext keyUsage=critical,keyCertSign"
        ))?;
    }
    openssl(&format!("req {key} -subj /CN=localhost -keyout tls.key -out tls.csr"))?;
    fs::write(
        directory.join("tls.ext"),
        format!(
            "subjectAltName=DNS:localhost,DNS:files.example,IP:{HOST}\nbasicConstraints=CA:FALSE\n"
        ),
    )?;
    openssl("x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -days 2 -extfile tls.ext -out tls.pem")
}

/// Waits until somebody listens at a port.
pub(super) fn until_listening(port: u16) -> Result<()> {
    until(&format!("nobody listens at {port}"), || TcpStream::connect(("127.0.0.1", port)).ok())
        .map(drop)
}

/// Looks again and again until there is something.
pub(super) fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> Result<T> {
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
