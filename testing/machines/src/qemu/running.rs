//! A machine that is switched on.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;
use tempfile::TempDir;

use super::console::{Transcript, Waited};
use super::qmp::Qmp;
use crate::tool::tail;

/// Said on the console, each of these ends any wait for something else.
const FAILURES: &[&str] = &[
    "Kernel panic",
    "::zshield:: rescue status=failed",
    "::zshield:: install status=failed",
    "grub rescue>",
    "error: no such device",
    "You are in emergency mode",
    "(initramfs)",
    "dracut:/#",
];

/// A limit is so many times as long as it is said to be. It says how long something takes where the machine has a processor of
/// this host for itself, and it ends only what hangs: a host that is slow, or busy, is no fault of what is tested.
const PATIENCE: u32 = 5;

/// A running QEMU. Dropping it is a power cut.
#[derive(Debug)]
pub struct Running {
    child: Child,
    qmp: Qmp,
    serial: UnixStream,
    console: Transcript,
    heard_to: usize,
    tolerated: Vec<String>,
    directory: PathBuf,
    label: String,
    since: Instant,
    _sockets: TempDir,
}

impl Running {
    pub(super) fn start(
        qemu: &mut Command,
        sockets: TempDir,
        directory: &Path,
        label: &str,
    ) -> Result<Self> {
        let mut child = qemu.spawn().context("cannot start qemu-system-x86_64")?;
        let connected = (|| {
            let serial = connect(&sockets.path().join("serial"), &mut child)?;
            let qmp = Qmp::connect(connect(&sockets.path().join("qmp"), &mut child)?)?;
            anyhow::Ok((serial, qmp))
        })();
        let (serial, mut qmp) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                kill(&mut child);
                return Err(error);
            }
        };
        let console = Transcript::listen(serial.try_clone()?);
        qmp.execute("cont", json!({}))?;
        Ok(Self {
            child,
            qmp,
            serial,
            console,
            heard_to: 0,
            tolerated: Vec::new(),
            directory: directory.to_owned(),
            label: label.to_owned(),
            since: Instant::now(),
            _sockets: sockets,
        })
    }

    /// The time since it was switched on.
    pub fn uptime(&self) -> Duration {
        self.since.elapsed()
    }

    /// From now on `failure`, one of those that end every wait, is what the scenario wants to see.
    pub fn tolerate(&mut self, failure: &str) {
        self.tolerated.push(failure.to_owned());
    }

    /// Waits until `pattern` is said on the serial console, behind the last thing waited for.
    /// Returns the rest of its line.
    pub fn expect(&mut self, pattern: &str, limit: Duration) -> Result<String> {
        self.expect_any(&[pattern], limit)?;
        Ok(self.rest_of_line())
    }

    /// Waits for the first of several patterns and returns its number.
    pub fn expect_any(&mut self, patterns: &[&str], limit: Duration) -> Result<usize> {
        let failures = FAILURES.iter().filter(|failure| {
            !self.tolerated.iter().any(|told| told == *failure) && !patterns.contains(failure)
        });
        let all: Vec<&str> = patterns.iter().chain(failures).copied().collect();
        let wanted = patterns.join("» or «");
        let limit = limit * PATIENCE;
        match self.console.wait(self.heard_to, &all, limit) {
            Waited::Said(number, end) if number < patterns.len() => {
                self.heard_to = end;
                Ok(number)
            }
            Waited::Said(number, end) => {
                self.heard_to = end;
                Err(self.failed(&format!("said «{}», not «{wanted}»", all[number])))
            }
            Waited::Closed => Err(self.failed(&format!("went off before it said «{wanted}»"))),
            Waited::TimedOut => {
                Err(self.failed(&format!("did not say «{wanted}» within {} s", limit.as_secs())))
            }
        }
    }

    /// Whether none of these is said for so long.
    pub fn says_none(&self, patterns: &[&str], time: Duration) -> bool {
        match self.console.wait(self.heard_to, patterns, time) {
            Waited::Said(..) => false,
            Waited::Closed | Waited::TimedOut => true,
        }
    }

    /// The rest of the line of the last thing waited for.
    pub fn rest_of_line(&mut self) -> String {
        match self.console.wait(self.heard_to, &["\n"], Duration::from_secs(20)) {
            Waited::Said(_, end) => {
                let line = self.console.text(self.heard_to, Some(end - 1));
                self.heard_to = end;
                line
            }
            // A prompt has no end of line.
            Waited::Closed | Waited::TimedOut => {
                let text = self.console.text(self.heard_to, None);
                text.lines().next().unwrap_or("").to_owned()
            }
        }
    }

    /// Waits until `pattern` is said and returns all that was said before it.
    pub(super) fn text_until(&mut self, pattern: &str, limit: Duration) -> Result<String> {
        let from = self.heard_to;
        self.expect_any(&[pattern], limit)?;
        Ok(self.console.text(from, Some(self.heard_to - pattern.len())))
    }

    /// Everything said since it was switched on.
    pub fn transcript(&self) -> String {
        self.console.text(0, None)
    }

    /// Types on the serial console.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.serial.write_all(text.as_bytes()).context("the machine's serial console is closed")
    }

    /// Presses a key of the keyboard, by QEMU's name for it: `ret`, `esc`, `f2`, `a`.
    pub fn key(&mut self, qcode: &str) -> Result<()> {
        let keys = json!({ "keys": [{ "type": "qcode", "data": qcode }] });
        self.qmp.execute("send-key", keys).map(drop)
    }

    /// Saves the screen as PNG.
    pub fn screenshot(&mut self, path: &Path) -> Result<()> {
        let path = std::path::absolute(path)?;
        self.qmp.execute("screendump", json!({ "filename": path, "format": "png" })).map(drop)
    }

    /// Pulls the plug.
    pub fn cut_power(mut self) {
        kill(&mut self.child);
    }

    /// Switches it off as it is, but what its disks were given they write: GRUB never asks a disk
    /// to write what it holds in its own memory.
    pub fn switch_off(mut self) -> Result<()> {
        self.qmp.execute("quit", json!({}))?;
        self.child.wait()?;
        Ok(())
    }

    /// Lets the disk that was added as number `disk`, from 0, answer next to nothing; or lets it
    /// go on.
    pub fn stall(&mut self, disk: usize, stalled: bool) -> Result<()> {
        let bytes_a_second = u32::from(stalled);
        let arguments = json!({
            "device": format!("disk{disk}"),
            "bps": bytes_a_second, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0,
        });
        self.qmp.execute("block_set_io_throttle", arguments).map(drop)
    }

    /// Waits until it has switched itself off.
    pub fn wait_off(mut self, limit: Duration) -> Result<()> {
        // QEMU closes the console when it ends: no need to look at the clock for it.
        let waited = self.console.wait(self.heard_to, FAILURES, limit * PATIENCE);
        if waited != Waited::Closed {
            return Err(self.failed("did not switch itself off"));
        }
        let status = self.child.wait()?;
        if !status.success() {
            bail!("QEMU ended with {status}");
        }
        Ok(())
    }

    /// An error with the last screen and the end of the console's log.
    pub fn failed(&mut self, what: &str) -> anyhow::Error {
        let screen = self.directory.join(format!("{}.failed.png", self.label));
        let shown = match self.screenshot(&screen) {
            Ok(()) => format!("screen: {}", screen.display()),
            Err(error) => format!("no screen: {error}"),
        };
        anyhow!(
            "{} {what} ({:.0} s after power-on)\n{shown}\nconsole: {}\n---\n{}---",
            self.label,
            self.uptime().as_secs_f64(),
            self.directory.join(format!("{}.console.log", self.label)).display(),
            tail(&self.transcript(), 40)
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

fn kill(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// QEMU makes its sockets a moment after it starts.
fn connect(path: &Path, child: &mut Child) -> Result<UnixStream> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("no socket {}", path.display()));
            }
            Err(_) => {}
        }
        if let Some(status) = child.try_wait()? {
            bail!("QEMU ended with {status}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}
