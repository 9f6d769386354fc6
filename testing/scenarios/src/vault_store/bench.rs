//! What places are tried with: a tree, stock `restic`, and a program that reads, writes and mirrors.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use zshield_machines::tool::{capture, tool};

use crate::scenario::Context;

/// What no complaint may have in it.
const PASSWORD: &str = "password of the repository";

/// A tree, and a repository of it that stock `restic` has made.
pub(super) struct Bench {
    pub(super) directory: PathBuf,
    program: PathBuf,
}

/// A place, as the program reads it and as `restic` does.
pub(super) struct Place {
    /// The file with its settings.
    pub(super) settings: PathBuf,
    /// Its name for `restic`, with options and environment.
    pub(super) repository: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
}

impl Place {
    /// Runs stock `restic` on it.
    pub(super) fn restic(&self, words: &[&str]) -> Result<String> {
        let mut command = tool("restic", &self.repository);
        command.arg("--no-cache").args(words).env("RESTIC_PASSWORD", PASSWORD);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        capture(&mut command)
    }
}

impl Bench {
    pub(super) fn new(context: &Context) -> Result<Self> {
        fs::create_dir_all(&context.directory)?;
        let directory = context.directory.canonicalize()?;
        let bench = Self { directory, program: context.artifacts.vault_store()? };
        tree(&bench.path("source"))?;
        let local = bench.local("local")?;
        local.restic(&["init"])?;
        bench.back_up(&local)?;
        fs::write(bench.path("source/later"), noise(700_000, 99))?;
        bench.back_up(&local)?;
        Ok(bench)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A directory of this host, which is made.
    pub(super) fn local(&self, name: &str) -> Result<Place> {
        let path = self.path(name);
        fs::create_dir_all(&path)?;
        let settings = serde_json::json!({ "kind": "directory", "path": path });
        let repository = vec!["-r".to_owned(), path.display().to_string()];
        Ok(Place { settings: self.settings(name, &settings)?, repository, environment: Vec::new() })
    }

    /// Writes the settings of a place.
    pub(super) fn settings(&self, name: &str, settings: &Value) -> Result<PathBuf> {
        let file = self.path(&format!("{name}.json"));
        fs::write(&file, serde_json::to_vec(settings)?)?;
        Ok(file)
    }

    pub(super) fn back_up(&self, place: &Place) -> Result<()> {
        let source = self.path("source").display().to_string();
        place.restic(&["--pack-size", "4", "backup", "--quiet", &source]).map(drop)
    }

    /// Writes an object to a directory that is a filesystem of its own, mounted so.
    pub(super) fn fails_mounted(&self, place: &Place, options: &str, problem: &str) -> Result<()> {
        let script = r#"mount -t tmpfs -o "$1" none "$2" && exec "$3" write "$4""#;
        let mut command = tool("unshare", ["--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        let top = place.settings.with_extension("");
        command.arg(options).arg(top).arg(&self.program).arg(&place.settings);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        ensure!(said.contains(&format!("::problem {problem}\n")), "not {problem}: {said}");
        Ok(())
    }

    /// Runs the program, whatever comes of it.
    fn run(&self, words: &[&OsStr]) -> Result<(Output, String)> {
        let output = Command::new(&self.program).args(words).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        ensure!(!said.contains(PASSWORD) && !said.contains("panicked"), "{said}");
        Ok((output, said))
    }

    /// Runs the program, which succeeds.
    pub(super) fn done(&self, word: &str, places: &[&Path]) -> Result<String> {
        let words: Vec<&OsStr> = [OsStr::new(word)]
            .into_iter()
            .chain(places.iter().map(|path| path.as_os_str()))
            .collect();
        let (output, said) = self.run(&words)?;
        ensure!(output.status.success(), "{word}: {said}");
        Ok(said)
    }

    /// Runs the program, which fails for this reason.
    pub(super) fn fails(&self, word: &str, places: &[&Path], problem: &str) -> Result<String> {
        let (found, said) = self.problem(word, places)?;
        ensure!(found.as_deref() == Some(problem), "{word} is not {problem}: {said}");
        Ok(said)
    }

    /// Why the program failed, if it did.
    pub(super) fn problem(&self, word: &str, places: &[&Path]) -> Result<(Option<String>, String)> {
        let words: Vec<&OsStr> = [OsStr::new(word)]
            .into_iter()
            .chain(places.iter().map(|path| path.as_os_str()))
            .collect();
        let (output, said) = self.run(&words)?;
        let problem = said.split("::problem ").nth(1).and_then(|rest| rest.lines().next());
        ensure!(problem.is_some() != output.status.success(), "{said}");
        Ok((problem.map(ToOwned::to_owned), said))
    }

    /// Every object of a repository that `restic` has made in a place is found there, and is what its name says.
    pub(super) fn is_read(&self, place: &Place) -> Result<()> {
        place.restic(&["init"])?;
        self.back_up(place)?;
        let count = |what| Ok::<_, anyhow::Error>(place.restic(&["list", what])?.lines().count());
        let (packs, indexes, snapshots) = (count("packs")?, count("index")?, count("snapshots")?);
        let said = self.done("read", &[&place.settings])?;
        let expected = format!("::read {packs} packs, {indexes} indexes, {snapshots} snapshots");
        ensure!(packs > 3 && said.contains(&expected), "not {expected}: {said}");
        Ok(())
    }

    /// A mirror of the local repository is in a place: `restic` finds it sound, and restores it.
    pub(super) fn is_mirror(&self, place: &Place) -> Result<()> {
        let said = place.restic(&["check", "--read-data"])?;
        ensure!(said.contains("no errors were found"), "{said}");
        let target = self.path("restored");
        let _ = fs::remove_dir_all(&target);
        let to = target.display().to_string();
        place.restic(&["restore", "latest", "--target", &to])?;
        let source = self.path("source");
        let restored = target.join(source.strip_prefix("/")?);
        let difference = capture(
            tool("rsync", ["-aHAX", "--delete", "--dry-run", "--itemize-changes"])
                .arg(format!("{}/", source.display()))
                .arg(format!("{}/", restored.display())),
        )?;
        ensure!(difference.trim().is_empty(), "{difference}");
        self.done("read", &[&place.settings]).map(drop)
    }

    /// Mirrors the local repository into an empty place.
    pub(super) fn mirrors(&self, place: &Place) -> Result<()> {
        let local = self.path("local.json");
        let said = self.done("mirror", &[&local, &place.settings])?;
        ensure!(said.contains(", 0 already"), "{said}");
        self.is_mirror(place)?;
        let said = self.done("mirror", &[&local, &place.settings])?;
        ensure!(said.contains("::mirrored 0 objects"), "{said}");
        ensure!(said.contains("::damaged 0 here, 0 there"), "{said}");
        Ok(())
    }

    /// The place with something else in its settings.
    pub(super) fn with(&self, place: &Place, name: &str, value: Value) -> Result<PathBuf> {
        let mut settings: Value = serde_json::from_slice(&fs::read(&place.settings)?)?;
        settings[name] = value;
        self.settings("changed", &settings)
    }

    /// What goes into a place goes no faster than it may, and comes back so.
    pub(super) fn is_limited(&self, place: &Place) -> Result<()> {
        let limited = self.with(place, "bandwidth", 4_000_000.into())?;
        for (word, places) in
            [("mirror", vec![self.path("local.json"), limited.clone()]), ("read", vec![limited])]
        {
            let since = Instant::now();
            let places: Vec<&Path> = places.iter().map(PathBuf::as_path).collect();
            self.done(word, &places)?;
            // There are 15 MB of it.
            let took = since.elapsed().as_secs_f64();
            ensure!((3.0..60.0).contains(&took), "{word} took {took} s");
        }
        Ok(())
    }

    /// Another appliance's repository is refused in this place.
    pub(super) fn refuses_another(&self, place: &Place) -> Result<()> {
        let other = self.local("other")?;
        other.restic(&["init"])?;
        let said = self.done("mirror", &[&other.settings, &place.settings])?;
        ensure!(said.contains("::refused OtherRepository"), "{said}");
        Ok(())
    }
}

/// Bytes that nothing compresses.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn tree(top: &Path) -> Result<()> {
    for number in 0..40_u64 {
        let directory = top.join(format!("d{}", number % 5));
        fs::create_dir_all(&directory)?;
        let length = usize::try_from(number * number * 700).context("too long")?;
        fs::write(directory.join(format!("f{number}")), noise(length, number + 1))?;
    }
    std::os::unix::fs::symlink("d1/f1", top.join("link"))?;
    fs::hard_link(top.join("d2/f2"), top.join("second"))?;
    Ok(())
}
