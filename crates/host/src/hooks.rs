//! Hooks: programs of the vendor or the customer by which applications hold still while a
//! snapshot is taken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zshield_linux::program::ProgramError;
use zshield_linux::{IoError, own_directory};
use zshield_messages::say;

use crate::programs;

/// The directory of both phases' directories.
pub const DIRECTORY: &str = "/etc/zshield/hooks";

/// There from before the first `pre` hook until after the last `post` hook: where a process was
/// ended between them, whoever comes next knows that applications still hold still.
const QUIESCED: &str = "/run/zshield/held-still";

/// When hooks are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before the snapshot is taken. One that fails keeps it from being taken.
    Pre,
    /// After it was taken, or was not.
    Post,
}

impl Phase {
    const fn directory(self) -> &'static str {
        match self {
            Self::Pre => "backup-pre.d",
            Self::Post => "backup-post.d",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
        }
    }
}

/// A hook that failed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The directory can't be read, or the hook not started.
    #[error(transparent)]
    Io(#[from] IoError),
    /// It ended badly.
    #[error("{}", say::hooks::Failed { hook, output, status })]
    Failed {
        /// Its path.
        hook: String,
        /// How it ended.
        status: String,
        /// What it said last.
        output: String,
    },
    /// It took too long, and was ended.
    #[error("{}", say::hooks::TooSlow { hook, seconds: limit.as_secs() })]
    TooSlow {
        /// Its path.
        hook: String,
        /// What it was given.
        limit: Duration,
    },
}

/// Does something while applications hold still. Once they were asked to, they are told that it
/// is over, whatever came of it; how that went is told beside what was done.
pub fn quiesce<T, E: From<HookError>>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<Result<T, HookError>, E> {
    quiesce_in(&Places::default(), limit, work)
}

/// Whether a process that had applications hold still was ended before it told them that it is
/// over; or has not come to that yet.
pub fn are_quiesced() -> bool {
    Path::new(QUIESCED).exists()
}

/// Tells applications that it is over, where nobody else will. The caller holds the lock.
pub fn resume(limit: Duration) -> Result<(), HookError> {
    resume_in(&Places::default(), limit)
}

/// Where hooks are, and where it is noted that they have begun.
struct Places {
    hooks: PathBuf,
    note: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { hooks: DIRECTORY.into(), note: QUIESCED.into() }
    }
}

fn quiesce_in<T, E: From<HookError>>(
    places: &Places,
    limit: Duration,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<Result<T, HookError>, E> {
    if places.note.exists() {
        // They were left so by one that was ended. That it fails again is no reason not to begin.
        let _ = resume_in(places, limit);
    }
    note(&places.note).map_err(HookError::from)?;
    let done = run(&places.hooks, Phase::Pre, limit).map_err(E::from).and_then(|()| work());
    let told = resume_in(places, limit);
    done.map(|done| told.map(|()| done))
}

fn note(path: &Path) -> Result<(), IoError> {
    let directory = path.parent().unwrap_or(path);
    own_directory::ensure(directory, own_directory::PRIVATE)
        .and_then(|()| fs::write(path, ""))
        .map_err(IoError::at(path))
}

fn resume_in(places: &Places, limit: Duration) -> Result<(), HookError> {
    let told = run(&places.hooks, Phase::Post, limit);
    // Whatever came of it: those that failed would fail for ever.
    fs::remove_file(&places.note).map_err(IoError::at(&places.note))?;
    told
}

/// Runs the hooks of a phase by their names, each within a time limit. The first `pre` hook that
/// fails ends it; `post` hooks are all run, and the first failure is told.
fn run(directory: &Path, phase: Phase, limit: Duration) -> Result<(), HookError> {
    let directory = directory.join(phase.directory());
    let mut result = Ok(());
    for hook in programs::in_directory(&directory).map_err(IoError::at(&directory))? {
        tracing::info!("{} hook {}", phase.name(), hook.display());
        // A link to a program that is gone can hold nothing still. It is told of with the others.
        if phase == Phase::Pre && !hook.exists() {
            tracing::error!("{}: {}", hook.display(), io::Error::from(io::ErrorKind::NotFound));
            continue;
        }
        let environment = [("ZSHIELD_OPERATION", "backup"), ("ZSHIELD_PHASE", phase.name())];
        let ended = run_one(&hook, limit, &environment);
        if let Err(error) = &ended {
            tracing::error!("{error}");
        }
        if phase == Phase::Pre {
            ended?;
        } else if result.is_ok() {
            result = ended;
        }
    }
    result
}

/// Runs one within a time limit, with these variables.
pub(crate) fn run_one(
    hook: &Path,
    limit: Duration,
    variables: &[(&str, &str)],
) -> Result<(), HookError> {
    let name = hook.display().to_string();
    let output = match programs::run(hook, limit, variables) {
        Err(ProgramError::DeadlineMissed { limit, .. }) => {
            return Err(HookError::TooSlow { hook: name, limit });
        }
        ran => ran.map_err(IoError::at(hook))?,
    };
    if output.status.success() {
        return Ok(());
    }
    let (status, output) = (output.status.to_string(), programs::said(&output));
    Err(HookError::Failed { hook: name, status, output })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn directory(hooks: &[(&str, &str, u32)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for phase in [Phase::Pre, Phase::Post] {
            let place = directory.path().join(phase.directory());
            fs::create_dir_all(&place).unwrap();
            for (name, script, mode) in hooks {
                let path = place.join(name);
                fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
        }
        directory
    }

    const LIMIT: Duration = Duration::from_secs(20);

    fn log(directory: &tempfile::TempDir) -> String {
        fs::read_to_string(directory.path().join("log")).unwrap_or_default()
    }

    #[test]
    fn hooks_run_in_the_order_of_their_names() {
        let say = |word: &str| format!("echo {word} $ZSHIELD_PHASE >>$(dirname $0)/../log");
        let (one, two) = (say("one"), say("two"));
        let directory = directory(&[
            ("20-two", &two, 0o755),
            ("10-one", &one, 0o755),
            ("30-none", &two, 0o644),
            ("40-old.bak", &two, 0o755),
        ]);
        run(directory.path(), Phase::Pre, LIMIT).unwrap();
        assert_eq!(log(&directory), "one pre\ntwo pre\n");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told_of_and_all_others_run() {
        let say = "echo $ZSHIELD_PHASE >>$(dirname $0)/../log";
        let directory = directory(&[("20-thaw", say, 0o755)]);
        for phase in [Phase::Pre, Phase::Post] {
            let link = directory.path().join(phase.directory()).join("10-gone");
            std::os::unix::fs::symlink("/opt/gone/hook", link).unwrap();
        }
        run(directory.path(), Phase::Pre, LIMIT).unwrap();
        let told = run(directory.path(), Phase::Post, LIMIT).unwrap_err();
        assert!(told.to_string().contains("10-gone"), "{told}");
        assert_eq!(log(&directory), "pre\npost\n");
    }

    #[test]
    fn a_failing_pre_hook_ends_it_and_post_hooks_all_run() {
        let directory = directory(&[
            ("1", "echo busy >&2; exit 3", 0o755),
            ("2", "echo two >>$(dirname $0)/../log", 0o755),
        ]);
        let error = run(directory.path(), Phase::Pre, LIMIT).unwrap_err();
        let told = matches!(&error, HookError::Failed { output, .. } if output == "busy");
        assert!(told && log(&directory).is_empty(), "{error}");
        assert!(run(directory.path(), Phase::Post, LIMIT).is_err());
        assert_eq!(log(&directory), "two\n");
    }

    #[test]
    fn a_hook_that_hangs_is_ended_with_all_that_it_started() {
        let directory = directory(&[("1", "sleep 1000 & sleep 1000", 0o755)]);
        let error = run(directory.path(), Phase::Pre, Duration::from_millis(200)).unwrap_err();
        assert!(matches!(error, HookError::TooSlow { .. }), "{error}");
    }

    /// What hooks in `directory` do, around something that ends as `ended`.
    fn around(
        directory: &tempfile::TempDir,
        ended: Result<(), HookError>,
    ) -> Result<Result<(), HookError>, HookError> {
        let note = directory.path().join("run/held-still");
        let places = Places { hooks: directory.path().to_owned(), note: note.clone() };
        let result = quiesce_in(&places, LIMIT, || {
            assert!(note.exists());
            ended
        });
        assert!(!note.exists());
        result
    }

    const TOLD: &str = "echo $ZSHIELD_PHASE >>$(dirname $0)/../log";

    #[test]
    fn applications_go_on_whatever_came_of_it() {
        let hooks = directory(&[("1", TOLD, 0o755)]);
        around(&hooks, Ok(())).unwrap().unwrap();
        assert_eq!(log(&hooks), "pre\npost\n");
        let failed = HookError::TooSlow { hook: "work".into(), limit: LIMIT };
        assert!(around(&hooks, Err(failed)).is_err());
        assert_eq!(log(&hooks), "pre\npost\npre\npost\n");
    }

    #[test]
    fn what_was_done_is_done_though_a_post_hook_fails() {
        let hooks = directory(&[("1", "test $ZSHIELD_PHASE = pre", 0o755)]);
        assert!(around(&hooks, Ok(())).unwrap().is_err());
    }

    #[test]
    fn applications_that_were_left_holding_still_are_told_first() {
        let hooks = directory(&[("1", TOLD, 0o755)]);
        note(&hooks.path().join("run/held-still")).unwrap();
        around(&hooks, Ok(())).unwrap().unwrap();
        assert_eq!(log(&hooks), "post\npre\npost\n");
    }

    #[test]
    fn both_streams_of_a_hook_are_its_last_words() {
        let hooks = directory(&[("1", "echo out; echo err >&2; exit 1", 0o755)]);
        let error = run(hooks.path(), Phase::Pre, LIMIT).unwrap_err();
        let told = matches!(&error, HookError::Failed { output, .. } if output == "out\nerr");
        assert!(told, "{error}");
    }

    #[test]
    fn no_directory_is_no_hooks() {
        run(Path::new("/nonexistent"), Phase::Pre, LIMIT).unwrap();
    }
}
