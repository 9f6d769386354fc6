//! `zshield enter ROOT PROGRAM…`: becomes a program within another root.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

pub(super) fn run(root: &Path, words: &[OsString]) -> Result<ExitCode> {
    let (program, words) = words.split_first().context("program")?;
    rustix::process::chroot(root).with_context(|| root.display().to_string())?;
    std::env::set_current_dir("/").with_context(|| root.display().to_string())?;
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let error = Command::new(program).args(words).env("PATH", path).exec();
    Err(error).with_context(|| program.to_string_lossy().into_owned())
}
