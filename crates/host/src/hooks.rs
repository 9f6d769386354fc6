//! Hooks: programs of the vendor or the customer by which applications hold still while a
//! snapshot is taken.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use zshield_messages::say;

use crate::error::IoError;

/// The folder of both phases' folders.
pub const FOLDER: &str = "/etc/zshield/hooks";

/// When hooks are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the snapshot is taken. One that fails keeps it from being taken.
    Pre,
    /// After it was taken, or was not.
    Post,
}

impl Phase {
    const fn folder(self) -> &'static str {
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
    /// The folder can't be read, or the hook not started.
    #[error(transparent)]
    Io(#[from] IoError),
    /// It ended badly.
    #[error("{}", say::hooks::failed(hook, output, status))]
    Failed {
        /// Its path.
        hook: String,
        /// How it ended.
        status: String,
        /// What it said last.
        output: String,
    },
    /// It took too long, and was ended.
    #[error("{}", say::hooks::too_slow(hook, limit.as_secs()))]
    TooSlow {
        /// Its path.
        hook: String,
        /// What it was given.
        limit: Duration,
    },
}

/// Runs the hooks of a phase by their names, each within a time limit. The first `pre` hook that
/// fails ends it; `post` hooks are all run, and the first failure is told.
pub fn run(phase: Phase, limit: Duration) -> Result<(), HookError> {
    run_in(Path::new(FOLDER), phase, limit)
}

fn run_in(folder: &Path, phase: Phase, limit: Duration) -> Result<(), HookError> {
    let folder = folder.join(phase.folder());
    let mut result = Ok(());
    for hook in hooks(&folder).map_err(IoError::at(&folder))? {
        tracing::info!("{} hook {}", phase.name(), hook.display());
        let ended = run_one(&hook, phase, limit);
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

/// The executable files with plain names, in their order. Backup files and packages' leftovers
/// have other characters in their names.
fn hooks(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let facts = path.metadata()?;
        if plain && facts.is_file() && facts.permissions().mode() & 0o111 != 0 {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn run_one(hook: &Path, phase: Phase, limit: Duration) -> Result<(), HookError> {
    let mut child = Command::new(hook)
        .env("ZSHIELD_OPERATION", "backup")
        .env("ZSHIELD_PHASE", phase.name())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(IoError::at(hook))?;
    let said = listen(&mut child);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (ended, end) = mpsc::channel();
    let waiter = thread::spawn(move || {
        let status = child.wait();
        // Nobody listens any more where it took too long.
        let _ = ended.send(());
        status
    });
    let in_time = end.recv_timeout(limit).is_ok();
    if !in_time && let Some(group) = group {
        // It may end by itself at this very moment.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = waiter.join().map_err(|_| io::Error::other("wait"));
    let status = status.and_then(|status| status).map_err(IoError::at(hook))?;
    let name = hook.display().to_string();
    if !in_time {
        return Err(HookError::TooSlow { hook: name, limit });
    }
    if status.success() {
        return Ok(());
    }
    let output = said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Err(HookError::Failed { hook: name, status: status.to_string(), output })
}

/// The last words of a hook, read in the background: what it leaves running may hold them open.
fn listen(child: &mut Child) -> mpsc::Receiver<String> {
    const LAST: usize = 2000;
    let (sender, receiver) = mpsc::channel();
    let stderr = child.stderr.take();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 4096];
        let mut stderr = stderr;
        while let Some(Ok(read @ 1..)) = stderr.as_mut().map(|stderr| stderr.read(&mut buffer)) {
            kept.extend_from_slice(&buffer[..read]);
            let from = kept.len().saturating_sub(LAST);
            kept.drain(..from);
        }
        // Nobody may have waited for it.
        let _ = sender.send(String::from_utf8_lossy(&kept).trim().to_owned());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(hooks: &[(&str, &str, u32)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for phase in [Phase::Pre, Phase::Post] {
            let place = folder.path().join(phase.folder());
            fs::create_dir_all(&place).unwrap();
            for (name, script, mode) in hooks {
                let path = place.join(name);
                fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
        }
        folder
    }

    const LIMIT: Duration = Duration::from_secs(20);

    fn log(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join("log")).unwrap_or_default()
    }

    #[test]
    fn hooks_run_in_the_order_of_their_names() {
        let say = |word: &str| format!("echo {word} $ZSHIELD_PHASE >>$(dirname $0)/../log");
        let (one, two) = (say("one"), say("two"));
        let folder = folder(&[
            ("20-two", &two, 0o755),
            ("10-one", &one, 0o755),
            ("30-none", &two, 0o644),
            ("40-old.bak", &two, 0o755),
        ]);
        run_in(folder.path(), Phase::Pre, LIMIT).unwrap();
        assert_eq!(log(&folder), "one pre\ntwo pre\n");
    }

    #[test]
    fn a_failing_pre_hook_ends_it_and_post_hooks_all_run() {
        let folder = folder(&[
            ("1", "echo busy >&2; exit 3", 0o755),
            ("2", "echo two >>$(dirname $0)/../log", 0o755),
        ]);
        let error = run_in(folder.path(), Phase::Pre, LIMIT).unwrap_err();
        let told = matches!(&error, HookError::Failed { output, .. } if output == "busy");
        assert!(told && log(&folder).is_empty(), "{error}");
        assert!(run_in(folder.path(), Phase::Post, LIMIT).is_err());
        assert_eq!(log(&folder), "two\n");
    }

    #[test]
    fn a_hook_that_hangs_is_ended_with_all_that_it_started() {
        let folder = folder(&[("1", "sleep 1000 & sleep 1000", 0o755)]);
        let error = run_in(folder.path(), Phase::Pre, Duration::from_millis(200)).unwrap_err();
        assert!(matches!(error, HookError::TooSlow { .. }), "{error}");
    }

    #[test]
    fn no_folder_is_no_hooks() {
        run_in(Path::new("/nonexistent"), Phase::Pre, LIMIT).unwrap();
    }
}
