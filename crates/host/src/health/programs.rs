//! The programs that say whether a version is healthy.
//!
//! They decide whether the appliance goes back by itself, and they run as root. So one that somebody else could have
//! written is not run: that is told, and counts like one that fails.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Instant;

use zshield_linux::program::ProgramError;
use zshield_messages::say;
use zshield_plan::upgrade::gate::{End, Program, Weight};

use crate::programs;

/// The directory of both directories.
pub const DIRECTORY: &str = "etc/zshield/health";

/// What became of a program, and what it said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The program, and how it ended.
    pub program: Program,
    /// Its last words.
    pub output: String,
}

/// The directory of the programs that count so much.
const fn directory(weight: Weight) -> &'static str {
    match weight {
        Weight::Required => "required.d",
        Weight::Wanted => "wanted.d",
    }
}

/// Runs the programs of the system at `root` that count so much, by their names, one after the other. One that has not
/// ended by the deadline is ended, and those after it are not started.
pub fn run(root: &Path, weight: Weight, deadline: Instant) -> Vec<Ran> {
    let place = root.join(DIRECTORY).join(directory(weight));
    let ran = |name: String, (end, output): (End, String)| Ran {
        program: Program { name, weight, end },
        output,
    };
    match programs::in_directory(&place) {
        Ok(found) => found
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                ran(name, run_one(path, deadline))
            })
            .collect(),
        Err(error) => {
            let why = say::gate::unreadable(error.to_string());
            vec![ran(format!("{}/", directory(weight)), (End::NotStarted(why), String::new()))]
        }
    }
}

fn run_one(path: &Path, deadline: Instant) -> (End, String) {
    if let Err(why) = is_root_s(path) {
        return (End::NotStarted(why), String::new());
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (End::TimedOut, String::new());
    }
    tracing::info!("health program {}", path.display());
    match programs::run(path, left, &[("ZSHIELD_OPERATION", "upgrade")]) {
        Ok(output) => (ended(output.status), programs::said(&output)),
        Err(ProgramError::DeadlineMissed { .. }) => (End::TimedOut, String::new()),
        Err(error) => (End::NotStarted(error.to_string()), String::new()),
    }
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}

/// Whether nobody but root can have written a program; or what is against it.
fn is_root_s(path: &Path) -> Result<(), String> {
    let found = path.metadata().map_err(|error| say::gate::unreadable(error.to_string()))?;
    let own = rustix::process::geteuid().as_raw();
    whose(&found, own).map_err(|text| text(&path.display().to_string()))
}

fn whose(found: &Metadata, own: u32) -> Result<(), fn(&str) -> String> {
    if !found.is_file() {
        return Err(|_| say::gate::not_regular());
    }
    if found.uid() != own {
        return Err(|path| say::gate::not_own(path));
    }
    if found.permissions().mode() & 0o022 != 0 {
        return Err(|path| say::gate::writable(path));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{chown, symlink};
    use std::time::Duration;

    use super::*;

    fn root(programs: &[(&str, &str, u32)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, script, mode) in programs {
            let path = root.path().join(DIRECTORY).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(*mode)).unwrap();
        }
        root
    }

    fn ends(
        root: &tempfile::TempDir,
        weight: Weight,
        limit: Duration,
    ) -> Vec<(String, End, String)> {
        let ran = run(root.path(), weight, Instant::now() + limit);
        assert!(ran.iter().all(|it| it.program.weight == weight));
        ran.into_iter().map(|it| (it.program.name, it.program.end, it.output)).collect()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn each_is_run_by_its_name_and_its_end_and_last_words_are_kept() {
        let root = root(&[
            ("required.d/20-db", "echo no answer >&2; exit 3", 0o755),
            ("required.d/10-net", "echo $ZSHIELD_OPERATION", 0o700),
            ("required.d/30-crash", "kill -9 $$", 0o755),
            ("required.d/40-off", "exit 1", 0o644),
            ("required.d/50-old.rpmsave", "exit 1", 0o755),
            ("wanted.d/10-slow", "exit 0", 0o755),
        ]);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            ends(&root, Weight::Required, LONG),
            [
                (text("10-net"), End::Exited(0), text("upgrade")),
                (text("20-db"), End::Exited(3), text("no answer")),
                (text("30-crash"), End::Killed(9), text("")),
            ]
        );
        assert_eq!(
            ends(&root, Weight::Wanted, LONG),
            [(text("10-slow"), End::Exited(0), text(""))]
        );
    }

    #[test]
    fn one_that_hangs_is_ended_and_those_after_it_are_out_of_time() {
        let root = root(&[
            ("required.d/1", "sleep 1000", 0o755),
            ("required.d/2", "touch $(dirname $0)/ran", 0o755),
        ]);
        let found = ends(&root, Weight::Required, Duration::from_millis(200));
        assert!(found.iter().all(|(_, end, _)| *end == End::TimedOut), "{found:?}");
        assert!(!root.path().join(DIRECTORY).join("required.d/ran").exists());
    }

    #[test]
    fn one_that_others_could_have_written_is_not_run() {
        let touch = "touch $(dirname $0)/../ran";
        let root = root(&[("required.d/1", touch, 0o775), ("required.d/2", touch, 0o757)]);
        symlink("/nowhere", root.path().join(DIRECTORY).join("required.d/3")).unwrap();
        let mut why: Vec<String> = Vec::new();
        for (_, end, _) in ends(&root, Weight::Required, LONG) {
            let End::NotStarted(text) = end else { panic!("{end:?}") };
            why.push(text);
        }
        assert_eq!(why.len(), 3);
        assert!(why[0].contains("chmod go-w") && why[1].contains("chmod go-w"), "{why:?}");
        assert!(!root.path().join(DIRECTORY).join("ran").exists());
        // Another's.
        let path = root.path().join(DIRECTORY).join("required.d/1");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let found = path.metadata().unwrap();
        let text = whose(&found, found.uid() + 1).unwrap_err();
        assert!(text("/x").contains("chown root /x"));
        if chown(&path, Some(12345), None).is_ok() {
            assert!(is_root_s(&path).is_err());
        }
    }

    #[test]
    fn no_directory_is_no_programs_and_one_that_is_none_counts() {
        let root = tempfile::tempdir().unwrap();
        assert!(ends(&root, Weight::Required, LONG).is_empty());
        let place = root.path().join(DIRECTORY);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("required.d"), "").unwrap();
        let found = ends(&root, Weight::Required, LONG);
        assert!(matches!(&found[..], [(_, End::NotStarted(_), _)]), "{found:?}");
    }
}
