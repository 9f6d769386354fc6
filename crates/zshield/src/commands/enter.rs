//! `zshield enter ROOT PROGRAM…`: becomes a program within another root.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ArgMatches;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let root = super::path(matches, "root");
    let mut words = matches.get_many::<OsString>("program").into_iter().flatten();
    let program = words.next().cloned().unwrap_or_default();
    rustix::process::chroot(&root).with_context(|| root.display().to_string())?;
    std::env::set_current_dir("/").with_context(|| root.display().to_string())?;
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let error = Command::new(&program).args(words).env("PATH", path).exec();
    Err(error).with_context(|| program.to_string_lossy().into_owned())
}
