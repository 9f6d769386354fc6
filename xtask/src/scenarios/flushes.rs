//! Every write below the filesystems is recorded, both disks' in one order; then the disks that a
//! power cut at each flush would have left are built, and the machine has to come back from them.
//!
//! The recorder is the kernel's own `dm-log-writes` (`Documentation/admin-guide/device-mapper/
//! log-writes.rst`). The partitions that matter are joined to one device below it and cut apart
//! again above it, so that one log has the writes of both disks in the order in which they were
//! made durable.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::running_matrix::{AFTER_BACKUP, AFTER_RECOVERY, BREAK_ALL, LATEST};
use super::small::{Small, WORDS};
use crate::scenario::{Context, Scenario, Tier};
use crate::tool::{capture, tool};
use crate::uml::Uml;

const fn scenario(name: &'static str, in_ci: bool, run: fn(&Context) -> Result<()>) -> Scenario {
    let shows = "a power cut at flushes of its own writes, replayed from a log of both disks: the \
                 machine comes back from each";
    Scenario { name, shows, tier: Tier::Uml, in_ci, run }
}

pub(super) const SCENARIOS: &[Scenario] = &[
    scenario("backup-flushes", true, |context| replay(context, &BACKUP, Some(SAMPLE))),
    scenario("recover-flushes", true, |context| replay(context, &RECOVERY, Some(SAMPLE))),
    scenario("backup-flushes-all", false, |context| replay(context, &BACKUP, None)),
    scenario("recover-flushes-all", false, |context| replay(context, &RECOVERY, None)),
];

const LIMIT: Duration = Duration::from_mins(8);
/// So many flushes, spread over all, are replayed in CI.
const SAMPLE: usize = 6;

/// What is recorded, and what must hold afterwards.
struct Subject {
    prepare: &'static str,
    operation: &'static str,
    after: &'static str,
}

const BACKUP: Subject = Subject {
    prepare: r"
        mount_system
        echo first >/run/sys/token
        zshield backup --root /run/sys
        cp /run/sys/token /run/sys/token.before
        echo second >/run/sys/token
        head -c 3000000 /dev/urandom >/run/sys/usr/noise
        sync
        umount /run/sys/boot /run/sys
    ",
    operation: r"
        mount_system
        zshield backup --root /run/sys
        umount /run/sys/boot /run/sys
    ",
    after: AFTER_BACKUP,
};

const RECOVERY: Subject = Subject {
    prepare: "LATEST_THEN_BREAK",
    operation: r"
        zshield recover latest --slot /run/golden/a --keys KEYS --yes
    ",
    after: AFTER_RECOVERY,
};

/// Puts the recorder between the partitions and all that uses them.
const RECORD: &str = r#"
    sectors() { blockdev --getsz $1; }
    a=$(sectors /dev/ubda3) b=$(sectors /dev/ubda5) c=$(sectors /dev/ubdb1)
    {
        echo "0 $a linear /dev/ubda3 0"
        echo "$a $b linear /dev/ubda5 0"
        echo "$((a + b)) $c linear /dev/ubdb1 0"
    } | dmsetup create whole
    echo "0 $((a + b + c)) log-writes /dev/mapper/whole /dev/ubdd" | dmsetup create logged
    echo "0 $a linear /dev/mapper/logged 0" | dmsetup create one
    echo "0 $b linear /dev/mapper/logged $a" | dmsetup create two
    echo "0 $c linear /dev/mapper/logged $((a + b))" | dmsetup create three
    echo "parts $a $(cat /sys/block/ubda/ubda3/start) $b $(cat /sys/block/ubda/ubda5/start) $c $(cat /sys/block/ubdb/ubdb1/start)"
    rm /dev/ubda3 /dev/ubda5 /dev/ubdb1
    ln -s /dev/mapper/one /dev/ubda3
    ln -s /dev/mapper/two /dev/ubda5
    ln -s /dev/mapper/three /dev/ubdb1
"#;

/// Takes it away again, which ends the log.
const STOP: &str = r"
    lvm vgchange -q -an vgroup
    dmsetup remove one two three
    dmsetup remove logged
";

fn replay(context: &Context, subject: &Subject, sample: Option<usize>) -> Result<()> {
    let small = Small::installed(context)?;
    let fill = |script: &str| {
        let both = format!("{LATEST} {BREAK_ALL}");
        let script = script.replace("LATEST_THEN_BREAK", &both);
        small.filled(&script).replace("TARGET", "latest").replace("SNAPSHOT", "snap1")
    };
    small.machine.check("prepare", &fill(&format!("{WORDS} {}", subject.prepare)), LIMIT)?;
    let disks = Disks::keep(&context.folder)?;
    let log = context.folder.join("log.img");
    File::create(&log)?.set_len(4 << 30)?;
    let recorder = small.machine.clone().disk(&log).module("dm-log-writes");
    // The golden partition is read beside the recorder.
    let script = fill(&format!("{WORDS} {RECORD} {} {STOP}", subject.operation));
    let said = recorder.check("record", &script, LIMIT)?;
    let parts = Parts::said(&said)?;
    let entries = entries(&log)?;
    let flushes: Vec<usize> =
        (0..entries.len()).filter(|index| entries[*index].flushes()).collect();
    ensure!(flushes.len() > 10, "only {} flushes in {} writes", flushes.len(), entries.len());
    let step = sample.map_or(1, |count| (flushes.len() / count).max(1));
    let state = disks.replay(&small.machine)?;
    let mut applied = 0;
    let mut tried = 0;
    for end in flushes.iter().copied().skip(step / 2).step_by(step) {
        for entry in &entries[applied..=end] {
            state.apply(entry, &log, &parts)?;
        }
        applied = end + 1;
        let machine = state.machine()?;
        let after = fill(&format!("{WORDS} {}", subject.after));
        machine
            .check(&format!("flush-{end}"), &after, LIMIT)
            .with_context(|| format!("after write {end} of {}", entries.len()))?;
        tried += 1;
    }
    println!("      {} writes, {} flushes, {tried} replayed", entries.len(), flushes.len());
    fs::remove_file(log)?;
    disks.remove()?;
    small.remove_disks()
}

/// A record of the log.
struct Entry {
    sector: u64,
    sectors: u64,
    flags: u64,
    /// Where its data lies in the log.
    data: u64,
}

impl Entry {
    const FLUSH: u64 = 1;
    const FUA: u64 = 2;
    const DISCARD: u64 = 4;
    const MARK: u64 = 8;

    /// Whether all before it is on the disks.
    fn flushes(&self) -> bool {
        self.flags & (Self::FLUSH | Self::FUA) != 0
    }
}

/// The records of a log: a superblock, then each record in a sector with its data behind it.
fn entries(log: &Path) -> Result<Vec<Entry>> {
    const MAGIC: u64 = 0x6a_7366_7773_6872;
    let file = File::open(log)?;
    let words = |at: u64| -> Result<[u64; 4]> {
        let mut bytes = [0; 32];
        file.read_exact_at(&mut bytes, at)?;
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into()?);
        }
        Ok(words)
    };
    let [magic, version, count, size] = words(0)?;
    ensure!(magic == MAGIC && version == 1, "no log of writes");
    let size = size & 0xffff_ffff;
    ensure!(size == 512, "sectors of {size} bytes");
    let mut found = Vec::new();
    let mut at = size;
    for _ in 0..count {
        let [sector, sectors, flags, _] = words(at)?;
        at += size;
        found.push(Entry { sector, sectors, flags, data: at });
        if flags & (Entry::DISCARD | Entry::MARK) == 0 {
            at += sectors * size;
        }
    }
    Ok(found)
}

/// Where the joined partitions lie: their lengths and their places on their disks, in sectors.
struct Parts([(u64, u64); 3]);

impl Parts {
    fn said(said: &str) -> Result<Self> {
        let line = said.lines().find_map(|line| line.strip_prefix("parts "));
        let numbers: Vec<u64> =
            line.context("no parts")?.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [a, at_a, b, at_b, c, at_c] = numbers[..] else { anyhow::bail!("{numbers:?}") };
        Ok(Self([(a, at_a), (b, at_b), (c, at_c)]))
    }

    /// The part that a sector of the whole lies in, and its sector on that part's disk.
    fn place(&self, mut sector: u64) -> Option<(usize, u64)> {
        for (number, (length, start)) in self.0.iter().enumerate() {
            if sector < *length {
                return Some((number, start + sector));
            }
            sector -= length;
        }
        None
    }
}

/// The disks as they were before what was recorded.
struct Disks<'a> {
    folder: &'a Path,
}

const NAMES: [&str; 2] = ["ssd.img", "hdd.img"];

fn copy(from: &Path, to: &Path) -> Result<()> {
    capture(tool("cp", ["--sparse=always", "--reflink=auto"]).arg(from).arg(to)).map(drop)
}

impl<'a> Disks<'a> {
    fn keep(folder: &'a Path) -> Result<Self> {
        for name in NAMES {
            copy(&folder.join(name), &folder.join(format!("before-{name}")))?;
        }
        Ok(Self { folder })
    }

    /// The disks as they were, to write to. The machine gets copies of what becomes of them.
    fn replay(&self, machine: &Uml) -> Result<State<'a>> {
        let open = |name: &str| {
            let path = self.folder.join(format!("before-{name}"));
            File::options().read(true).write(true).open(path)
        };
        let files = [open(NAMES[0])?, open(NAMES[1])?];
        Ok(State { folder: self.folder, machine: machine.clone(), files })
    }

    fn remove(&self) -> Result<()> {
        for name in NAMES {
            fs::remove_file(self.folder.join(format!("before-{name}")))?;
        }
        Ok(())
    }
}

/// The disks at some point of the recording.
struct State<'a> {
    folder: &'a Path,
    machine: Uml,
    files: [File; 2],
}

impl State<'_> {
    fn apply(&self, entry: &Entry, log: &Path, parts: &Parts) -> Result<()> {
        if entry.flags & Entry::MARK != 0 || entry.sectors == 0 {
            return Ok(());
        }
        let (part, sector) = parts.place(entry.sector).context("a write behind the end")?;
        let length = usize::try_from(entry.sectors * 512)?;
        let mut bytes = vec![0; length];
        if entry.flags & Entry::DISCARD == 0 {
            File::open(log)?.read_exact_at(&mut bytes, entry.data)?;
        }
        let disk = usize::from(part == 2);
        Ok(self.files[disk].write_all_at(&bytes, sector * 512)?)
    }

    /// A machine with copies of the disks as they are now, in the place of the scenario's own.
    fn machine(&self) -> Result<Uml> {
        for name in NAMES {
            copy(&self.folder.join(format!("before-{name}")), &self.folder.join(name))?;
        }
        Ok(self.machine.clone())
    }
}
