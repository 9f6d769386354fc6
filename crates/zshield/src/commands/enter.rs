//! `zshield enter ROOT PROGRAM…`: becomes a program within another root.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command, value_parser};
use zshield_messages::say;

use super::Subcommand;
use crate::cli::args::{self, Values as _};

/// `zshield enter`. What runs it is an installation's own step.
pub(super) struct Enter {
    root: PathBuf,
    program: Vec<OsString>,
}

impl Subcommand for Enter {
    fn define(command: Command) -> Command {
        let program = Arg::new("program")
            .required(true)
            .num_args(1..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(value_parser!(OsString));
        let root = args::path("root").required(true);
        command.hide(true).about(say::cli::enter()).arg(root).arg(program)
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let program = values.get_many::<OsString>("program").into_iter().flatten();
        Some(Self { root: values.path("root"), program: program.cloned().collect() })
    }

    fn run(self) -> zshield_operations::Result<ExitCode> {
        Ok(enter(&self.root, &self.program)?)
    }

    /// They are for the program that this becomes.
    fn listen() {}
}

fn enter(root: &Path, words: &[OsString]) -> Result<ExitCode> {
    let (program, words) = words.split_first().context("program")?;
    rustix::process::chroot(root).with_context(|| root.display().to_string())?;
    std::env::set_current_dir("/").with_context(|| root.display().to_string())?;
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let error = process::Command::new(program).args(words).env("PATH", path).exec();
    Err(error).with_context(|| program.to_string_lossy().into_owned())
}
