//! User-mode Linux: a real kernel as a process, with real LVM, device-mapper and ext4, and files
//! of this host as its disks.

mod init;
mod job;
mod kernel;
mod processor;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use zshield_plan::machine_files::lasting;

use crate::binary;
use crate::qemu::{Transcript, Waited};
use crate::tool::tail;
pub use init::{job_of_this_machine, run as init};
pub use job::End;
use job::{BEGIN, FAILED, Job, STATUS};
use kernel::Kernel;
use processor::Processor;

/// What most of zshield needs. ext4 is built in.
const MODULES: &[&str] = &[
    "dm-mod",
    "dm-snapshot",
    "dm-verity",
    "fuse",
    "loop",
    "squashfs",
    "vfat",
    "nls_cp437",
    "nls_ascii",
];

/// A user-mode Linux that is switched off.
#[derive(Debug, Clone)]
pub struct Uml {
    directory: PathBuf,
    disks: Vec<PathBuf>,
    modules: Vec<String>,
    rotating: Vec<String>,
    shared: Vec<usize>,
    environment: BTreeMap<String, String>,
    memory: String,
}

/// What a command inside did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status; 128 if a signal ended it.
    pub status: i32,
    /// Its output and its errors.
    pub output: String,
}

/// What a machine alone has in GRUB's directory, a pattern each line: its own files, and the new
/// content of one that a power cut has left. Scripts that compare two `/boot` leave them out.
fn machine_files() -> String {
    let patterns = lasting().map(|name| format!("{name}\n.{name}.*.new"));
    patterns.collect::<Vec<_>>().join("\n")
}

impl Uml {
    /// A machine without disks. What is in `directory`, and nothing else of this host, can be written
    /// to from inside, at its own path.
    pub fn new(directory: &Path) -> Result<Self> {
        Ok(Self {
            directory: directory
                .canonicalize()
                .with_context(|| format!("no {}", directory.display()))?,
            disks: Vec::new(),
            modules: MODULES.iter().map(|name| (*name).to_owned()).collect(),
            rotating: Vec::new(),
            shared: Vec::new(),
            environment: BTreeMap::from([("MACHINE_FILES".to_owned(), machine_files())]),
            memory: "512M".to_owned(),
        })
    }

    /// Adds a file as the next disk: `/dev/ubda`, `/dev/ubdb`, …
    #[must_use]
    pub fn disk(mut self, image: &Path) -> Self {
        self.disks.push(image.to_owned());
        self
    }

    /// Adds a file as the next disk, which can't be written and which other machines use too.
    #[must_use]
    pub fn shared_disk(mut self, image: &Path) -> Self {
        self.shared.push(self.disks.len());
        self.disk(image)
    }

    /// Adds a file as the next disk, which claims to rotate.
    #[must_use]
    pub fn rotating_disk(mut self, image: &Path) -> Self {
        self.rotating.push(format!("ubd{}", letter(self.disks.len())));
        self.disk(image)
    }

    /// Loads another kernel module.
    #[must_use]
    pub fn module(mut self, name: &str) -> Self {
        self.modules.push(name.to_owned());
        self
    }

    /// Sets a variable for the commands.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Gives it that much memory.
    #[must_use]
    pub fn memory(mut self, size: &str) -> Self {
        size.clone_into(&mut self.memory);
        self
    }

    /// Boots, runs `commands` until one fails, and ends in the given way. Returns what each did.
    pub fn run(
        &self,
        label: &str,
        commands: &[&[&str]],
        end: End,
        limit: Duration,
    ) -> Result<Vec<Outcome>> {
        let running = self.start(label, commands, end)?;
        running.wait(limit)
    }

    /// The same for one line of `sh`, which has to succeed. Returns its output.
    pub fn check(&self, label: &str, script: &str, limit: Duration) -> Result<String> {
        let mut running = self.start(label, &[&["sh", "-euc", script]], End::PowerOff)?;
        match &outcomes(&running.until_off(limit)?)[..] {
            [Outcome { status: 0, output }] => Ok(output.clone()),
            [Outcome { status, output }] => {
                bail!("{label}: the script ended with status {status}:\n{output}")
            }
            _ => Err(WentOff(running.failed("went off before the script ended")).into()),
        }
    }

    /// Boots and runs a line of `sh`, in which zshield has to come to the fail point `point` and cut
    /// the power there.
    pub fn cut(&self, label: &str, script: &str, point: &str, limit: Duration) -> Result<()> {
        let mut running = self.start(label, &[&["sh", "-euc", script]], End::PowerOff)?;
        reached(&running.until_off(limit)?, point)
    }

    /// Boots and runs `commands`, without waiting.
    pub fn start(&self, label: &str, commands: &[&[&str]], end: End) -> Result<RunningUml> {
        let kernel = Kernel::here()?;
        let job = Job {
            module_directory: kernel.modules().to_owned(),
            shared: self.directory.clone(),
            modules: self.modules.clone(),
            rotating: self.rotating.clone(),
            commands: commands
                .iter()
                .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
                .collect(),
            environment: self.environment.clone(),
            end,
        };
        let path = self.directory.join(format!("{label}.job.json"));
        fs::write(&path, serde_json::to_string_pretty(&job)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let log = self.directory.join(format!("{label}.console.log"));
        let processor = Processor::free()?;
        let mut uml = self.command(&kernel, &path, &processor)?;
        RunningUml::start(&mut uml, processor, label, log)
    }

    fn command(&self, kernel: &Kernel, job: &Path, processor: &Processor) -> Result<Command> {
        let mut uml = kernel.command(processor);
        uml.arg(format!("mem={}", self.memory));
        uml.args(["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet"]);
        for (number, disk) in self.disks.iter().enumerate() {
            // Read-only, and without the lock that keeps others out.
            let flags = if self.shared.contains(&number) { "rc" } else { "" };
            uml.arg(format!("ubd{number}{flags}={}", disk.canonicalize()?.display()));
        }
        let init = binary::this()?;
        uml.args(["con=null", "con0=fd:0,fd:1"]).arg(format!("init={}", init.display()));
        uml.arg(format!("{}={}", init::JOB, job.display()));
        Ok(uml)
    }
}

fn letter(number: usize) -> char {
    char::from(b'a' + u8::try_from(number).unwrap_or(0))
}

/// User-mode Linux itself has ended: neither the script in it nor the kernel, which would have panicked. Nothing follows from
/// that for what was tried.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub struct WentOff(anyhow::Error);

/// A running user-mode Linux. Dropping it is a power cut.
#[derive(Debug)]
pub struct RunningUml {
    child: Child,
    _processor: Processor,
    console: Transcript,
    label: String,
    log: PathBuf,
}

impl RunningUml {
    fn start(uml: &mut Command, processor: Processor, label: &str, log: PathBuf) -> Result<Self> {
        let file = fs::File::create(&log)?;
        // A group of its own: user-mode Linux is a handful of processes that end together. What it
        // says as a program of the host, why it can't go on among it, belongs to its log.
        let mut child = uml
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file.try_clone()?)
            .spawn()
            .context("cannot start linux.uml by taskset")?;
        let output = child.stdout.take().context("linux.uml has no output")?;
        let console = Transcript::listen(Logged { source: output, log: file });
        Ok(Self { child, _processor: processor, console, label: label.to_owned(), log })
    }

    /// Waits until `pattern` is said on its console.
    pub fn expect(&mut self, pattern: &str, limit: Duration) -> Result<()> {
        match self.console.wait(0, &[pattern, "Kernel panic", FAILED], limit) {
            Waited::Said(0, _) => Ok(()),
            _ => Err(self.failed(&format!("did not say «{pattern}»"))),
        }
    }

    /// Pulls the plug.
    pub fn cut_power(mut self) {
        self.kill();
    }

    /// Waits until it is off, and returns what each command did that ended.
    pub fn wait(mut self, limit: Duration) -> Result<Vec<Outcome>> {
        Ok(outcomes(&self.until_off(limit)?))
    }

    /// Waits until it is off, and returns what it said.
    fn until_off(&mut self, limit: Duration) -> Result<String> {
        match self.console.wait(0, &["Kernel panic", FAILED], limit) {
            Waited::Closed => {}
            Waited::Said(..) => return Err(self.failed("failed")),
            Waited::TimedOut => {
                return Err(self.failed(&format!("was not off within {} s", limit.as_secs())));
            }
        }
        let status = self.child.wait()?;
        match status.signal() {
            None => Ok(self.console.text(0, None)),
            Some(signal) => {
                let what = format!("was ended by signal {signal} of the host");
                Err(WentOff(self.failed(&what)).into())
            }
        }
    }

    fn failed(&self, what: &str) -> anyhow::Error {
        let log = self.log.display();
        let said = match fs::read(&self.log) {
            Ok(said) => tail(&String::from_utf8_lossy(&said), 40),
            Err(error) => format!("cannot be read: {error}\n"),
        };
        anyhow!("{} {what}\nconsole: {log}\n---\n{said}---", self.label)
    }

    fn kill(&mut self) {
        // Once it has been waited for, its id may be another's.
        if let Ok(None) = self.child.try_wait()
            && let Ok(id) = i32::try_from(self.child.id())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for RunningUml {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether what ended a machine is that it came to a fail point, `STEP:PLACE`.
fn reached(console: &str, point: &str) -> Result<()> {
    let (step, place) = point.split_once(':').context("a fail point without a place")?;
    let said = format!("::zshield:: fail-point step={step} place={place}");
    match outcomes(console).first() {
        Some(Outcome { status, output }) => {
            bail!("{point} was not reached; the run ended with status {status}:\n{output}")
        }
        None if console.lines().any(|line| line.trim_end() == said) => Ok(()),
        None => bail!("the machine went off before it came to {point}:\n{}", tail(console, 40)),
    }
}

fn outcomes(console: &str) -> Vec<Outcome> {
    console
        .split(BEGIN)
        .skip(1)
        .filter_map(|part| {
            let (_, output) = part.split_once('\n')?;
            let (output, status) = output.rsplit_once(STATUS)?;
            let status = status.lines().next()?.trim().parse().ok()?;
            Some(Outcome { status, output: output.to_owned() })
        })
        .collect()
}

/// A stream that is written to a file as it is read.
struct Logged<R> {
    source: R,
    log: fs::File,
}

impl<R: Read> Read for Logged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::io::Write;
        let count = self.source.read(buffer)?;
        self.log.write_all(&buffer[..count])?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_from_between_kernel_messages() {
        let console = "booting\n::uml:: begin command=0\nhello\n::uml:: status=0\n\
                       ::uml:: begin command=1\nno newline::uml:: status=3\nreboot: Power down\n";
        let [first, second] = &outcomes(console)[..] else { panic!("two commands") };
        assert_eq!((first.status, first.output.as_str()), (0, "hello\n"));
        assert_eq!((second.status, second.output.as_str()), (3, "no newline"));
        assert_eq!(outcomes("::uml:: begin command=0\ncut sho"), []);
    }

    #[test]
    fn a_machine_that_went_off_by_itself_came_to_no_fail_point() {
        let begun = "::uml:: begin command=0\nworking\n";
        let cut = format!("{begun}::zshield:: fail-point step=12 place=within\nreboot: down\n");
        reached(&cut, "12:within").unwrap();
        for other in ["2:within", "12:after", "1:within"] {
            reached(&cut, other).unwrap_err();
        }
        reached(begun, "12:within").unwrap_err();
        let ended = format!("{cut}::uml:: status=1\n");
        reached(&ended, "12:within").unwrap_err();
    }
}
