//! An operation that was recorded, with all that its cuts are made from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::guest::DEVICES;
use crate::log;
use crate::subject::{HOOK, INSTALL, Subject, script};
use crate::task::{Act, Task};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::binary;
use zshield_machines::cache::{self, Key};
use zshield_machines::payload::minimal;
use zshield_machines::stick;
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml::{Uml, WentOff};

const LIMIT: Duration = Duration::from_mins(10);
/// SSD and HDD as files of a directory.
const DISKS: [&str; 2] = ["ssd.img", "hdd.img"];
/// Empty ones.
const EMPTY: [&str; 2] = ["empty-ssd.img", "empty-hdd.img"];

/// The bundle of an upgrade, beside its recording.
const BUNDLE: &str = "next.zsb";

/// The digest of what is tried, beside the recording.
const TRIES: &str = "tries";

/// What is the same for all operations.
#[derive(Debug)]
pub(crate) struct Laboratory<'a> {
    artifacts: &'a Artifacts,
    zshield: PathBuf,
    stick: PathBuf,
    keys: PathBuf,
    directory: PathBuf,
    left_out: Option<&'static str>,
}

/// A recorded operation.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    /// The operation.
    pub subject: Subject,
    /// Where it was recorded.
    pub laboratory: &'a Laboratory<'a>,
    /// Its directory.
    pub directory: PathBuf,
    /// Where what is said of its cuts goes.
    pub logs: PathBuf,
    /// The disks as they were before.
    pub disks: [PathBuf; 3],
    /// How many writes there are.
    pub writes: usize,
    /// After how many of its requests something is durable that was not before.
    pub flushes: usize,
}

impl<'a> Laboratory<'a> {
    /// Builds what is needed.
    pub(crate) fn new(artifacts: &'a Artifacts) -> Result<Self> {
        let directory = artifacts.work().directory("torture")?;
        let stick = artifacts.smallest_stick()?;
        let keys = stick.parent().context("the stick is in no directory")?.to_owned();
        let zshield = artifacts.with_fail_points()?;
        for (name, size) in EMPTY.into_iter().zip(minimal::DISKS) {
            let mut options = fs::File::options();
            // Another may be using it.
            let file =
                options.create(true).truncate(false).write(true).open(directory.join(name))?;
            file.set_len(size)?;
        }
        Ok(Self { artifacts, zshield, stick, keys, directory, left_out: None })
    }

    /// The same, where operations leave a step out.
    #[must_use]
    pub(crate) fn without(self, left_out: Option<&'static str>) -> Self {
        Self { left_out, ..self }
    }

    /// A machine whose disks this program serves, and whose scripts find in `shared` what they keep.
    pub(crate) fn machine(
        &self,
        directory: &Path,
        subject: &Subject,
        shared: &Path,
    ) -> Result<Uml> {
        let mut machine = Uml::new(directory)?
            .memory("2G")
            .module("nbd nbds_max=3")
            .env("ZSHIELD", &self.zshield.display().to_string())
            .env("ZSHIELD_DISKS", &DEVICES.join(","))
            .env("SHARED", &shared.display().to_string())
            .env("KEYS", &self.keys.display().to_string());
        for (name, value) in subject.values() {
            machine = machine.env(name, value);
        }
        for (name, device) in ["SSD", "HDD", "STICK"].iter().zip(DEVICES) {
            machine = machine.env(name, &format!("/dev/{device}p"));
        }
        if subject.bundle.is_some() {
            let stick = self.artifacts.next_stick()?;
            machine = machine.shared_disk(&stick).env("NEXT", "/dev/ubda");
        }
        Ok(self.left_out.map_or(machine.clone(), |step| machine.env("ZSHIELD_LEAVE_OUT", step)))
    }

    /// The disks that are kept in a directory, or empty ones, and the stick.
    fn disks_of(&self, directory: Option<&Path>) -> [PathBuf; 3] {
        let [ssd, hdd] = match directory {
            Some(directory) => DISKS.map(|name| directory.join(name)),
            None => EMPTY.map(|name| self.directory.join(name)),
        };
        [ssd, hdd, self.stick.clone()]
    }

    /// The disks of an appliance that was installed.
    fn installed(&self) -> Result<[PathBuf; 3]> {
        let key = Key::default().file(&self.stick)?;
        let directory = cache::made(self.directory.join("installed"), &key, |partial| {
            if partial.exists() {
                fs::remove_dir_all(partial).context("cannot remove an unfinished appliance")?;
            }
            fs::create_dir_all(partial)?;
            let subject = Subject::of("install").context("no installation")?;
            self.save(partial, &subject, &[INSTALL], &self.disks_of(None)).map(drop)
        })?;
        Ok(self.disks_of(Some(&directory)))
    }

    /// Leaves the bundle of an operation where its scripts find it.
    fn bundle(&self, subject: &Subject, directory: &Path) -> Result<()> {
        let Some(says) = subject.bundle else { return Ok(()) };
        let (zshield, next) = (self.artifacts.binary()?, self.artifacts.next_stick()?);
        fs::write(directory.join("hook"), HOOK).context("cannot write the bundle's program")?;
        stick::bundle(&zshield, &self.stick, &next, says, &directory.join(BUNDLE))
    }

    /// Runs a script and keeps the disks as it leaves them.
    fn save(
        &self,
        directory: &Path,
        subject: &Subject,
        scripts: &[&str],
        disks: &[PathBuf; 3],
    ) -> Result<[PathBuf; 3]> {
        let to = DISKS.map(|name| directory.join(name));
        for (from, to) in disks.iter().zip(&to) {
            capture(tool("cp", ["--sparse=always", "--reflink=auto"]).arg(from).arg(to))?;
        }
        let act = Act::Save { script: script(scripts), to };
        self.run(directory, subject, "prepare", disks, act)?;
        Ok(self.disks_of(Some(directory)))
    }

    /// Runs a task in a machine; what it said.
    pub(crate) fn run(
        &self,
        directory: &Path,
        subject: &Subject,
        label: &str,
        disks: &[PathBuf; 3],
        act: Act,
    ) -> Result<String> {
        let task = write_task(directory, label, disks, act)?;
        let script = format!("exec {} cuts {}", binary::this()?.display(), task.display());
        let machine = self.machine(directory, subject, directory)?;
        match machine.check(label, &script, LIMIT) {
            Err(error) if error.is::<WentOff>() => {
                // The disks are only read.
                println!("once more, since user-mode Linux has ended by itself: {error:#}");
                machine.check(label, &script, LIMIT)
            }
            done => done,
        }
    }

    /// What is tried, and by what: another digest where either has changed.
    fn tries(&self, subject: &Subject) -> Result<String> {
        let key = Key::default().file(&self.zshield)?.file(&self.stick)?;
        let key = key.text(&script(&[subject.operation])).text(&script(&[subject.after]));
        let key = match subject.bundle {
            None => key,
            Some(says) => key.text(says).file(&self.artifacts.next_stick()?)?,
        };
        Ok(subject.values().fold(key, |key, (name, value)| key.text(name).text(value)).hex())
    }
}

/// Leaves a task for a machine.
pub(crate) fn write_task(
    directory: &Path,
    label: &str,
    disks: &[PathBuf; 3],
    act: Act,
) -> Result<PathBuf> {
    let path = directory.join(format!("{label}.task.json"));
    let disks = disks.clone();
    fs::write(&path, serde_json::to_vec(&Task { disks, act })?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

impl<'a> Recording<'a> {
    /// Prepares the disks and records the operation.
    pub(crate) fn of(
        subject: Subject,
        laboratory: &'a Laboratory<'a>,
        directory: &Path,
    ) -> Result<Self> {
        let directory = directory.canonicalize()?;
        laboratory.bundle(&subject, &directory)?;
        let disks = match subject.prepare {
            None => laboratory.disks_of(None),
            Some(prepare) => {
                laboratory.save(&directory, &subject, prepare, &laboratory.installed()?)?
            }
        };
        let act = Act::Record {
            operation: script(&[subject.operation]),
            then: script(&[subject.then]),
            log: directory.join("recording"),
        };
        let said = laboratory.run(&directory, &subject, "record", &disks, act)?;
        let number = |word: &str| -> Result<usize> {
            let mut words = said.split_whitespace().filter_map(|found| found.strip_prefix(word));
            Ok(words.next().with_context(|| format!("no {word}"))?.parse()?)
        };
        let (writes, flushes) = (number("writes=")?, number("flushes=")?);
        fs::write(directory.join(TRIES), laboratory.tries(&subject)?)?;
        Ok(Self { subject, laboratory, logs: directory.clone(), directory, disks, writes, flushes })
    }

    /// The one that was made last, to go on with it: an error where program or trial have changed.
    pub(crate) fn of_the_same(
        subject: Subject,
        laboratory: &'a Laboratory<'a>,
        directory: &Path,
    ) -> Result<Self> {
        let path = directory.join(TRIES);
        let tried = fs::read_to_string(&path).with_context(|| {
            format!("there is no run of «{}» to go on with: no {}", subject.name, path.display())
        })?;
        ensure!(
            tried == laboratory.tries(&subject)?,
            "zshield or the trial of «{}» have changed since: run it without --go-on",
            subject.name
        );
        Self::kept(subject, laboratory, directory, directory)
    }

    /// The one that was made last, to repeat one of its cuts; what is said then goes to `logs`.
    pub(crate) fn kept(
        subject: Subject,
        laboratory: &'a Laboratory<'a>,
        directory: &Path,
        logs: &Path,
    ) -> Result<Self> {
        let logs = logs.canonicalize()?;
        let directory = directory.canonicalize()?;
        let disks = laboratory.disks_of(subject.prepare.is_some().then_some(&directory));
        let events = log::load(&directory.join("recording"))?;
        let flushes = events.iter().filter(|event| event.is_boundary()).count();
        let writes = events.iter().filter(|event| event.request != log::Request::Flush).count();
        Ok(Self { subject, laboratory, directory, logs, disks, writes, flushes })
    }
}
