//! The vault beside `restic`, `borg` and `rsync`: a night's copy of many files of which few have changed, how much it adds, and
//! all of it taken out again. On this host, in one filesystem, what is read in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use wait4::Wait4 as _;

use super::findings::Findings;
use super::form::Form;
use super::row::{Row, Unit};
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::binary::vault_bench;
use zshield_machines::tool::{capture, tool};

const TURNS: usize = 3;
/// Files, and how many of them a day changes: 100 MB.
const FILES: usize = 150_000;
const CHANGED: usize = 5_000;
const BYTES: usize = 20_000;
const PASSWORD: &str = "of the bench";

/// What a command took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    processor: f64,
    /// The most memory at once, in MiB.
    peak: u64,
}

/// Who copies the tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copier {
    Zshield,
    Restic,
    Borg,
    Rsync,
}

const COPIERS: [Copier; 4] = [Copier::Zshield, Copier::Restic, Copier::Borg, Copier::Rsync];

/// Where each has its copy, and the program that is ours.
struct Bench {
    directory: PathBuf,
    ours: PathBuf,
}

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-vault")?;
    let (files, changed) = match form {
        Form::Whole => (FILES, CHANGED),
        Form::Short => (3_000, 100),
    };
    let tree = directory.join("tree");
    grow(&tree, 0..files, 0)?;
    let ours = vault_bench(artifacts.work())?;
    let bench = Bench { directory: directory.clone(), ours };
    bench.begin()?;
    for copier in COPIERS {
        took(&mut bench.copy(copier, &tree, 0))?;
    }
    let mut nights = vec![Vec::new(); COPIERS.len()];
    let mut added = vec![Vec::new(); COPIERS.len()];
    let mut packed = Vec::new();
    for night in 1..=form.turns(TURNS) {
        let new = (0..changed).map(|number| (number * 29 + night) % files);
        packed.push(grow(&tree, new, night)?);
        for (place, copier) in COPIERS.into_iter().enumerate() {
            let before = size(&bench.at(copier))?;
            nights[place].push(took(&mut bench.copy(copier, &tree, night))?);
            added[place].push(size(&bench.at(copier))? - before);
        }
    }
    let mut restores = vec![Vec::new(); COPIERS.len()];
    let target = directory.join("restored");
    for _ in 0..form.turns(TURNS) {
        for (place, copier) in COPIERS.into_iter().enumerate() {
            fs::create_dir(&target)?;
            restores[place].push(took(&mut bench.restore(copier, &target))?);
            fs::remove_dir_all(&target)?;
        }
    }
    let case = format!("{files} files, {changed} changed: processor");
    let mut found = rows(&case, &nights, Took::processor);
    found.extend(grown(&added, &packed));
    let case = format!("{files} files taken out");
    found.extend(rows(&case, &restores, Took::seconds));
    fs::remove_dir_all(&directory)?;
    Ok(found.into())
}

/// Writes these files, each with a content of its own that packs as texts do. How many bytes zstd makes of them.
fn grow(tree: &Path, numbers: impl IntoIterator<Item = usize>, night: usize) -> Result<f64> {
    let mut packed = 0;
    for number in numbers {
        let directory = tree.join(format!("{}/{}", number % 97, number % 1009));
        fs::create_dir_all(&directory)?;
        let mut random = fastrand::Rng::with_seed((night * FILES + number) as u64);
        let content: String = std::iter::repeat_with(|| {
            format!("{:04x} the quick brown fox {number}\n", random.u16(..))
        })
        .take(BYTES / 30)
        .collect();
        packed += zstd::bulk::compress(content.as_bytes(), 3)?.len();
        fs::write(directory.join(number.to_string()), content)?;
    }
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    Ok(packed as f64)
}

impl Copier {
    const fn name(self) -> &'static str {
        match self {
            Self::Zshield => "zshield",
            Self::Restic => "restic",
            Self::Borg => "borg",
            Self::Rsync => "rsync -aHAX",
        }
    }
}

impl Bench {
    /// Where its copy is.
    fn at(&self, copier: Copier) -> PathBuf {
        self.directory.join(copier.name())
    }

    fn key(&self) -> PathBuf {
        self.directory.join("key")
    }

    fn restic(&self) -> Command {
        let mut restic = tool("restic", ["--no-cache", "--quiet", "-r"]);
        restic.arg(self.at(Copier::Restic)).env("RESTIC_PASSWORD", PASSWORD);
        restic
    }

    fn borg() -> Command {
        let mut borg = Command::new("borg");
        borg.env("BORG_PASSPHRASE", PASSWORD).env("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes");
        borg
    }

    /// Makes the repositories of those that need to be told.
    fn begin(&self) -> Result<()> {
        capture(self.restic().arg("init"))?;
        let encrypted = ["init", "--encryption=repokey-blake2"];
        capture(Self::borg().args(encrypted).arg(self.at(Copier::Borg))).map(drop)
    }

    /// The copy of a night.
    fn copy(&self, copier: Copier, tree: &Path, night: usize) -> Command {
        let at = self.at(copier);
        match copier {
            Copier::Zshield => {
                let mut command = Command::new(&self.ours);
                command.arg("copy").arg(at).arg(self.key()).arg(tree);
                command.arg((1_790_000_000 + night * 86_400).to_string());
                command
            }
            Copier::Restic => {
                let mut command = self.restic();
                command.arg("backup").arg(tree);
                command
            }
            Copier::Borg => {
                let mut command = Self::borg();
                command.args(["create", "--compression", "zstd,3"]);
                command.arg(format!("{}::night-{night}", at.display())).arg(tree);
                command
            }
            Copier::Rsync => {
                let mut command = tool("rsync", ["-aHAX"]);
                command.arg(tree.join("")).arg(at.join(""));
                command
            }
        }
    }

    /// All of the last night's taken out.
    fn restore(&self, copier: Copier, target: &Path) -> Command {
        let at = self.at(copier);
        match copier {
            Copier::Zshield => {
                let mut command = Command::new(&self.ours);
                command.arg("get").arg(at).arg(self.key()).arg(target);
                command
            }
            Copier::Restic => {
                let mut command = self.restic();
                command.args(["restore", "latest", "--target"]).arg(target);
                command
            }
            Copier::Borg => {
                let last = "borg extract \"$1::$(borg list --short --last 1 \"$1\")\"";
                let mut command = Command::new("sh");
                command.args(["-ec", last, "borg"]).arg(at).current_dir(target);
                command.env("BORG_PASSPHRASE", PASSWORD);
                command
            }
            Copier::Rsync => {
                let mut command = tool("rsync", ["-aHAX"]);
                command.arg(at.join("")).arg(target.join(""));
                command
            }
        }
    }
}

/// Runs it, and has all that it wrote on the disk.
fn took(command: &mut Command) -> Result<Took> {
    rustix::fs::sync();
    let begun = Instant::now();
    let named = format!("{command:?}");
    let used = command.spawn().with_context(|| named.clone())?.wait4()?;
    rustix::fs::sync();
    ensure!(used.status.success(), "{named} ended with {}", used.status);
    let processor = used.rusage.utime + used.rusage.stime;
    Ok(Took {
        seconds: begun.elapsed().as_secs_f64(),
        processor: processor.as_secs_f64(),
        peak: used.rusage.maxrss >> 20,
    })
}

impl Took {
    const fn seconds(&self) -> f64 {
        self.seconds
    }

    const fn processor(&self) -> f64 {
        self.processor
    }
}

/// What the files below a directory have together.
fn size(directory: &Path) -> Result<f64> {
    let said = capture(tool("du", ["-sb"]).arg(directory))?;
    let bytes = said.split_whitespace().next().context("du says nothing")?;
    Ok(bytes.parse()?)
}

fn rows(case: &str, took: &[Vec<Took>], amount: fn(&Took) -> f64) -> Vec<Row> {
    let of = |place: usize| median(&took[place].iter().map(amount).collect::<Vec<_>>());
    let peak = |place: usize| took[place].iter().map(|turn| turn.peak).max().unwrap_or_default();
    let peers = COPIERS.into_iter().enumerate().skip(1);
    peers
        .map(|(place, peer)| {
            let note = format!("at its peak {} MiB, peer {} MiB", peak(0), peak(place));
            Row::seconds("vault", case.to_owned(), of(0), peer.name(), of(place), note)
        })
        .collect()
}

/// How much a night adds, beside what is new and packed.
fn grown(added: &[Vec<f64>], packed: &[f64]) -> Vec<Row> {
    let row = |peer: &'static str, theirs: f64| Row {
        bench: "vault",
        case: "added by a night".to_owned(),
        unit: Unit::Bytes,
        ours: median(&added[0]),
        peer: Some((peer, theirs)),
        note: String::new(),
    };
    // What rsync has written over adds nothing, and is gone.
    let peers = COPIERS.into_iter().zip(added).skip(1).filter(|(peer, _)| *peer != Copier::Rsync);
    let peers = peers.map(|(peer, added)| row(peer.name(), median(added)));
    peers.chain([row("each new file by zstd -3", median(packed))]).collect()
}
