//! `zshield generate`: man pages, completions and units of systemd, for packages.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, Command};
use clap_complete::Shell;
use zshield_messages::say;

use super::{Subcommand, command_line};
use crate::cli::args::{self, Values as _};

/// `zshield generate`.
pub(super) struct Generate {
    man: Option<PathBuf>,
    completions: Option<PathBuf>,
    units: Option<PathBuf>,
}

/// The units, each with the target that wants it, where one does.
const UNITS: [(&str, Option<&str>, &str); 6] = [
    ("zshield.service", Some("multi-user.target"), include_str!("../../units/zshield.service")),
    (
        "zshield-boot-complete.service",
        Some("multi-user.target"),
        include_str!("../../units/zshield-boot-complete.service"),
    ),
    (
        "zshield-boot-failed.service",
        Some("emergency.target"),
        include_str!("../../units/zshield-boot-failed.service"),
    ),
    (
        "zshield-upgrade.service",
        Some("multi-user.target"),
        include_str!("../../units/zshield-upgrade.service"),
    ),
    (
        "zshield-upgrade-failed.service",
        None,
        include_str!("../../units/zshield-upgrade-failed.service"),
    ),
    (
        "zshield-upgrade-settle.service",
        Some("multi-user.target"),
        include_str!("../../units/zshield-upgrade-settle.service"),
    ),
];

impl Subcommand for Generate {
    fn define(command: Command) -> Command {
        command
            .hide(true)
            .about(say::cli::generate())
            .arg(args::option("man", say::cli::generate_man()))
            .arg(args::option("completions", say::cli::generate_completions()))
            .arg(args::option("units", say::cli::generate_units()))
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (man, completions) = (values.optional_path("man"), values.optional_path("completions"));
        Some(Self { man, completions, units: values.optional_path("units") })
    }

    fn run(self) -> zshield_operations::Result<ExitCode> {
        if let Some(directory) = &self.units {
            units(directory)?;
        }
        Ok(generate(self.man.as_deref(), self.completions.as_deref())?)
    }
}

fn generate(man: Option<&Path>, completions: Option<&Path>) -> Result<ExitCode> {
    if let Some(directory) = man {
        man_pages(directory)?;
    }
    if let Some(directory) = completions {
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let path = directory.join("zshield");
        let mut file = File::create(&path).with_context(|| path.display().to_string())?;
        clap_complete::generate(Shell::Bash, &mut command_line(), "zshield", &mut file);
    }
    Ok(ExitCode::SUCCESS)
}

/// The units, and the links by which their targets want them.
fn units(directory: &Path) -> Result<()> {
    for (name, target, text) in UNITS {
        let path = directory.join(name);
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        let Some(target) = target else { continue };
        let wanted = directory.join(format!("{target}.wants"));
        fs::create_dir_all(&wanted).with_context(|| wanted.display().to_string())?;
        let link = wanted.join(name);
        symlink(format!("../{name}"), &link).with_context(|| link.display().to_string())?;
    }
    Ok(())
}

/// A page for the program and one for each command.
fn man_pages(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let mut program = command_line();
    program.build();
    page(directory, program.clone(), "zshield")?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("zshield-{}", command.get_name());
        for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
            page(directory, part.clone(), &format!("{name}-{}", part.get_name()))?;
        }
        page(directory, command.clone(), &name)?;
    }
    Ok(())
}

fn page(directory: &Path, command: Command, name: &str) -> Result<()> {
    let path = directory.join(format!("{name}.8"));
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let title: &'static str = Box::leak(name.to_owned().into_boxed_str());
    clap_mangen::Man::new(command.name(title)).section("8").render(&mut file)?;
    Ok(())
}
