//! What runs inside user-mode Linux: it serves the disks, records what an operation asks of them,
//! and puts them one after another into the states that power cuts would have left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::mount::{UnmountFlags, unmount};
use serde::{Deserialize, Serialize};

use crate::cuts::Cut;
use crate::disk::Disk;
use crate::log::{self, Request};
use crate::served::Served;
use crate::trial::Trial;
use crate::verdict::{MARK, Tried, Verdict};

/// What is to be done in one boot.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    /// SSD, HDD and stick, as they are at its beginning; they are only read.
    pub disks: [PathBuf; 3],

    pub act: Act,
}

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Act {
    /// Runs a script, and keeps what is then on the disks.
    Save {
        /// The script.
        script: String,
        /// Copies of SSD and HDD, which become what these are then.
        to: [PathBuf; 2],
    },
    /// Runs a script while it is recorded, then another, which is not.
    Record {
        /// What is recorded.
        operation: String,
        /// What is not.
        then: String,
        /// Where the recording goes.
        log: PathBuf,
    },
    /// Puts the disks into the state of each cut, and runs a script that has to succeed.
    Replay {
        /// The recording.
        log: PathBuf,
        /// The cuts, in the order in which they fall.
        cuts: Vec<Cut>,
        /// What chance is made from.
        seed: u64,
        /// What has to succeed.
        script: String,
        /// What has to succeed where power fails once more while that runs; nothing where it does not.
        again: Option<String>,
        /// Where the logs of those go that do not.
        logs: PathBuf,
    },
}

/// The kernel's devices for the disks.
pub(crate) const DEVICES: [&str; 3] = ["nbd0", "nbd1", "nbd2"];
/// Which of them is the HDD, and which the stick.
const HDD: usize = 1;
const STICK: usize = 2;
/// How long a script may take. Nothing is decided by it but that it hangs.
const LIMIT: &str = "300";

/// Does a task in a file.
pub fn run(task: &Path) -> Result<()> {
    let text = fs::read_to_string(task).with_context(|| format!("no {}", task.display()))?;
    let Task { disks, act } = serde_json::from_str(&text)?;
    let guest = Guest::new(&disks)?;
    match act {
        Act::Save { script, to } => {
            must(&script)?;
            let disks = guest.served.lock();
            disks.disks.iter().zip(&to).try_for_each(|(disk, to)| disk.save(to))
        }
        Act::Record { operation, then, log } => {
            guest.served.lock().recorded = Some(Vec::new());
            must(&operation)?;
            let events = guest.served.lock().recorded.take().unwrap_or_default();
            let writes = events.iter().filter(|event| event.request != Request::Flush).count();
            let flushes = events.iter().filter(|event| event.is_boundary()).count();
            println!("::torture:: writes={writes} flushes={flushes}");
            log::save(&events, &log)?;
            must(&then)
        }
        Act::Replay { log, cuts, seed, script, again, logs } => {
            let events = log::load(&log)?;
            let directory = log.parent().context("the recording is in no directory")?.to_owned();
            let covered = [0; DEVICES.len()];
            let mut trial =
                Trial { guest: &guest, events, seed, covered, script, again, directory };
            for cut in cuts {
                println!("{MARK}{} begins", cut.number);
                let begun = Instant::now();
                let (verdict, said) = trial.verdict(&cut)?;
                if verdict != Verdict::Held {
                    let text = format!("{cut:?}, {verdict}\n{said}");
                    fs::write(logs.join(format!("cut-{}.log", cut.number)), text)?;
                }
                println!("{}", Tried { cut: cut.number, verdict, took: begun.elapsed() });
            }
            Ok(())
        }
    }
}

/// The machine with the disks that it serves.
pub(crate) struct Guest {
    /// The disks.
    pub served: Served,
}

impl Guest {
    fn new(bases: &[PathBuf; 3]) -> Result<Self> {
        let socket = Path::new("/run/disks.sock");
        let disks = bases.iter().map(|base| Disk::above(base)).collect::<Result<_>>()?;
        let served = Served::at(socket, disks)?;
        for (number, device) in DEVICES.iter().enumerate() {
            let mut client = Command::new("nbd-client");
            client.args(["-unix", "/run/disks.sock", &format!("/dev/{device}")]);
            command(client.args(["-block-size", "512", "-name", &number.to_string()]))?;
        }
        let rotates = format!("/sys/block/{}/queue/rotational", DEVICES[HDD]);
        fs::write(&rotates, "1").with_context(|| rotates.clone())?;
        blockdev("--rereadpt")?;
        Ok(Self { served })
    }

    /// Runs what comes after a cut, and lets go of the disks.
    pub(crate) fn verdict(&self, script: &str) -> Result<(Verdict, String)> {
        let (status, mut said) = shell(script)?;
        let mut verdict = Verdict::of(status);
        let_go()?;
        let changed = self.served.lock().disks[STICK].changed()?;
        if verdict == Verdict::Held && !may_change(&changed)? {
            said.push_str("the stick is not what it was\n");
            verdict = Verdict::Lost;
        }
        Ok((verdict, said))
    }
}

/// Runs a script that has to succeed, and lets go of the disks after it.
fn must(script: &str) -> Result<()> {
    let (status, said) = shell(script)?;
    ensure!(status == 0, "a script ended with status {status}:\n{said}");
    println!("{said}");
    let_go()
}

/// Has the kernel forget all that it knows of what is on the disks, as a restart does.
fn let_go() -> Result<()> {
    unmount_all()?;
    command(Command::new("dmsetup").arg("remove_all"))?;
    if loops_are_bound()? {
        command(Command::new("losetup").arg("-D"))?;
    }
    for left in ["/dev/vgroup", "/run/lvm/hints"] {
        let path = Path::new(left);
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| left.to_owned());
            }
            _ => {}
        }
    }
    blockdev("--flushbufs")
}

/// Whether on the stick nothing but the partition for records was written.
fn may_change(changed: &[u64]) -> Result<bool> {
    let number = |file: &str| -> Result<u64> {
        let path = format!("/sys/block/{0}/{0}p4/{file}", DEVICES[STICK]);
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        Ok(text.trim().parse::<u64>()? * 512)
    };
    let (start, size) = (number("start")?, number("size")?);
    Ok(changed.iter().all(|at| (start..start + size).contains(at)))
}

/// Runs a script; its status, and all that it said.
fn shell(script: &str) -> Result<(i32, String)> {
    const OUTPUT: &str = "/run/tmp/output";
    let output = fs::File::create(OUTPUT)?;
    let status = Command::new("timeout")
        .args(["-s", "KILL", LIMIT, "sh", "-euc", script])
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .context("no shell")?;
    let said = String::from_utf8_lossy(&fs::read(OUTPUT)?).into_owned();
    Ok((status.code().unwrap_or(128), said))
}

/// Asks something of all disks.
pub(crate) fn blockdev(what: &str) -> Result<()> {
    let nodes = DEVICES.map(|device| format!("/dev/{device}"));
    // Whoever was the last to use a disk may still be closing it.
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match command(Command::new("blockdev").arg(what).args(&nodes)) {
            Err(error) if Instant::now() > end => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(20)),
            Ok(()) => return Ok(()),
        }
    }
}

fn command(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&said));
    }
    Ok(())
}

/// Whether a script that failed has left a loop device bound.
fn loops_are_bound() -> Result<bool> {
    for entry in fs::read_dir("/sys/block")? {
        if entry?.path().join("loop/backing_file").exists() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Unmounts all that is mounted below `/run`, the last first.
fn unmount_all() -> Result<()> {
    let info = fs::read_to_string("/proc/self/mountinfo")?;
    let points: Vec<&str> = info.lines().filter_map(|line| line.split(' ').nth(4)).collect();
    for point in points.iter().rev().filter(|point| point.starts_with("/run/")) {
        unmount(*point, UnmountFlags::empty()).with_context(|| format!("{point} is in use"))?;
    }
    Ok(())
}
