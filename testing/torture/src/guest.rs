//! The machine inside user-mode Linux, with the disks that it serves itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::mount::{UnmountFlags, unmount};

use crate::disk::Disk;
use crate::read_set::ReadSet;
use crate::served::Served;
use crate::verdict::Verdict;

/// The kernel's devices for the disks.
pub(crate) const DEVICES: [&str; 3] = ["nbd0", "nbd1", "nbd2"];
/// Which of them is the HDD, and which the stick.
const HDD: usize = 1;
const STICK: usize = 2;
/// How long a script may take. Nothing is decided by it but that it hangs.
const LIMIT: &str = "300";

/// The machine with the disks that it serves.
pub(crate) struct Guest {
    /// The disks.
    pub served: Served,
}

impl Guest {
    pub(crate) fn new(bases: &[PathBuf; 3]) -> Result<Self> {
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

    /// What is known of the first of these states whose sectors stand on the disks.
    pub(crate) fn first_on_the_disks<'a, T>(
        &self,
        known: impl IntoIterator<Item = (&'a ReadSet, T)>,
    ) -> Result<Option<T>> {
        let served = self.served.lock();
        for (read, what) in known {
            if read.is_on(&served.all)? {
                return Ok(Some(what));
            }
        }
        Ok(None)
    }

    /// Runs what comes after a cut, and lets go of the disks.
    pub(crate) fn verdict(&self, script: &str) -> Result<(Verdict, String)> {
        let (status, mut said) = shell(script)?;
        let mut verdict = Verdict::of(status);
        forget_disks()?;
        let changed = self.served.lock().all[STICK].changed()?;
        if verdict == Verdict::Held && !may_change(&changed)? {
            said.push_str("the stick is not what it was\n");
            verdict = Verdict::Lost;
        }
        Ok((verdict, said))
    }
}

/// Has the kernel forget all that it knows of what is on the disks, as a restart does.
pub(crate) fn forget_disks() -> Result<()> {
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
pub(crate) fn shell(script: &str) -> Result<(i32, String)> {
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
