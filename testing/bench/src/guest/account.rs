//! The time of a command, and what the disks did meanwhile.

use std::fs;
use std::io::ErrorKind;
use std::ops::Sub;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use wait4::Wait4 as _;

use zshield_machines::disk_model::ACCOUNT;

/// Said on the console before a measurement.
const SAID: &str = "::bench:: ";
const SECTOR: u64 = 512;

/// What a disk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Io {
    pub reads: u64,
    pub read_bytes: u64,
    pub writes: u64,
    pub written_bytes: u64,
}

/// What a command took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub name: String,
    pub seconds: f64,
    /// The most memory that it or one of its children had at once, in bytes.
    pub peak: u64,
    pub ssd: Io,
    pub hdd: Io,
    /// What the modelled disk was at work, and how often its head moved; none without a model.
    pub model: Option<(f64, u64)>,
}

impl Measured {
    /// What the HDD had to do, in words.
    pub(crate) fn hdd_in_words(&self) -> String {
        let requests = self.hdd.reads + self.hdd.writes;
        let mib = (self.hdd.read_bytes + self.hdd.written_bytes) >> 20;
        let model = self.model.map(|(busy, seeks)| format!(", {seeks} seeks, at work {busy:.2} s"));
        format!("{requests} requests, {mib} MiB{}", model.unwrap_or_default())
    }
}

/// The measurements on a console, in their order.
pub(crate) fn measured(console: &str) -> Result<Vec<Measured>> {
    console
        .lines()
        .filter_map(|line| line.split_once(SAID))
        .map(|(_, said)| serde_json::from_str(said).with_context(|| format!("not known: {said}")))
        .collect()
}

pub(super) fn measure(name: &str, command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("nothing to measure")?;
    let (ssd, hdd, model) = (io("ubda")?, io("ubdb")?, model()?);
    let begun = Instant::now();
    let command = Command::new(program).args(arguments).spawn().context("cannot start it")?;
    let used = command.wait4().context("cannot wait for it")?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(used.status.success(), "{name} ended with {}", used.status);
    let after = self::model()?;
    let measured = Measured {
        name: name.to_owned(),
        seconds,
        peak: used.rusage.maxrss,
        ssd: io("ubda")? - ssd,
        hdd: io("ubdb")? - hdd,
        model: after.zip(model).map(|(after, before)| (after.0 - before.0, after.1 - before.1)),
    };
    println!("{SAID}{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// What a disk has done; nothing on a host that has none of that name.
fn io(disk: &str) -> Result<Io> {
    let path = format!("/sys/block/{disk}/stat");
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Io::default()),
        read => parse(&read.with_context(|| format!("no {path}"))?),
    }
}

/// Documentation/block/stat.rst: reads, merged, sectors, milliseconds, and the same of writes.
fn parse(stat: &str) -> Result<Io> {
    let numbers: Vec<u64> =
        stat.split_whitespace().map(str::parse).collect::<Result<_, _>>().context("no numbers")?;
    let [reads, _, read, _, writes, _, written, ..] = numbers[..] else {
        anyhow::bail!("too few numbers: {stat}");
    };
    Ok(Io { reads, read_bytes: read * SECTOR, writes, written_bytes: written * SECTOR })
}

impl Sub for Io {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            read_bytes: self.read_bytes - before.read_bytes,
            writes: self.writes - before.writes,
            written_bytes: self.written_bytes - before.written_bytes,
        }
    }
}

fn model() -> Result<Option<(f64, u64)>> {
    let Ok(text) = fs::read_to_string(ACCOUNT) else { return Ok(None) };
    let (busy, seeks) = text.split_once(' ').context("the modelled disk's account is cut")?;
    Ok(Some((busy.parse::<f64>()? / 1e6, seeks.parse()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disks_line_is_read() {
        let stat = "  10 1 80 5 7 0 56 3 0 8 8 0 0 0 0 2 1\n";
        let wanted = Io { reads: 10, read_bytes: 80 * 512, writes: 7, written_bytes: 56 * 512 };
        assert_eq!(parse(stat).unwrap(), wanted);
        assert!(parse("1 2 3").is_err());
    }

    #[test]
    fn measurements_are_found_among_other_lines() {
        let one = Measured {
            name: "merge".to_owned(),
            seconds: 1.5,
            peak: 1 << 20,
            ssd: Io::default(),
            hdd: Io { reads: 2, read_bytes: 2 << 20, writes: 1, written_bytes: 0 },
            model: Some((0.5, 3)),
        };
        let said = serde_json::to_string(&one).unwrap();
        let console = format!("noise\n  Merged 10%\r{SAID}{said}\nend\n");
        assert_eq!(measured(&console).unwrap(), std::slice::from_ref(&one));
        assert_eq!(one.hdd_in_words(), "3 requests, 2 MiB, 3 seeks, at work 0.50 s");
        assert!(measured(&format!("{SAID}cut sho")).is_err());
    }
}
