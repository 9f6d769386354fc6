//! The kernel that user-mode Linux is.
//!
//! A kernel of 6.16 and later runs its processes by seccomp: they wait for it on a futex, and nobody
//! is traced. One system call costs a third of what it costs by `ptrace`, and nearly all time of a
//! machine goes there. The releases that this project supports have older ones; so it is taken from
//! one that is newer, with the C library that it was linked with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::processor::Processor;
use crate::binary;
use crate::cache::{self, Key};
use crate::once::Once;
use crate::payload::unpacked;
use crate::tool::{capture, tool};
use crate::work::Work;

/// The release whose kernel is taken.
const RELEASE: &str = "forky";
/// The variable that asks for this host's own where it says `host`.
const CHOICE: &str = "ZSHIELD_UML";

/// A program, and the directory with its modules, by their kernel's release.
#[derive(Debug, Clone)]
pub(super) enum Kernel {
    /// Of a newer release.
    Newer { program: PathBuf, modules: PathBuf },
    /// Of this host, whose `ptrace` is ours.
    Host { ptrace: PathBuf },
}

impl Kernel {
    /// The newer one; where it can't be had, this host's own, and that is said.
    pub(super) fn here() -> Result<Self> {
        static HERE: Once<Kernel> = Once::new();
        HERE.get(|| {
            let work = Work::here();
            let host = || binary::uml_ptrace(&work).map(|ptrace| Self::Host { ptrace });
            if std::env::var_os(CHOICE).is_some_and(|choice| choice == "host") {
                return host();
            }
            newer(&work).or_else(|error| {
                println!("user-mode Linux is this host's own, which takes longer: {error:#}");
                host()
            })
        })
    }

    /// The directory of the modules of all its releases, which is one.
    pub(super) fn modules(&self) -> &Path {
        match self {
            Self::Newer { modules, .. } => modules,
            Self::Host { .. } => Path::new("/usr/lib/uml/modules"),
        }
    }

    /// It, on one processor.
    pub(super) fn command(&self, processor: &Processor) -> Command {
        match self {
            Self::Newer { program, .. } => {
                let mut uml = processor.command(program);
                uml.arg("seccomp=auto");
                uml
            }
            Self::Host { ptrace } => {
                let mut uml = processor.command(Path::new("linux.uml"));
                uml.env("LD_PRELOAD", ptrace);
                uml
            }
        }
    }
}

fn newer(work: &Work) -> Result<Kernel> {
    let package = unpacked(work, RELEASE, "user-mode-linux")?.canonicalize()?;
    let delivered = package.join("usr/bin/linux.uml");
    let library = package.join("usr/lib/x86_64-linux-gnu");
    // The loader is part of the C library, and a program names it by its whole path.
    let key = Key::default().file(&delivered)?.text(&library.to_string_lossy());
    let program = work.directory("uml")?.canonicalize()?.join("linux.uml");
    let program = cache::made(program, &key, |partial| {
        let mut patchelf = tool("patchelf", ["--set-interpreter"]);
        patchelf.arg(library.join("ld-linux-x86-64.so.2")).arg("--set-rpath").arg(&library);
        capture(patchelf.arg("--output").arg(partial).arg(&delivered)).map(drop)
    })?;
    capture(tool("taskset", ["--cpu-list", "0"]).arg(&program).arg("--version"))
        .context("it does not start")?;
    Ok(Kernel::Newer { program, modules: package.join("usr/lib/uml/modules") })
}
