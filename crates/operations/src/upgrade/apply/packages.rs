//! Packages of a bundle, looked at before anything is changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zshield_bundle::head::{self, Payload};
use zshield_golden::compare::{FileKind, FileMetadata};
use zshield_golden::manifest::{Kind, Manifest, Node};
use zshield_golden::{Digest, EntryPath};
use zshield_host::mounted_within;
use zshield_host::packages::{Config, Package, PackageFile, PackagesError, describe, rehearse};
use zshield_host::upgrade::{Content, Local, Program, write_content};
use zshield_linux::own_directory;
use zshield_messages::say;
use zshield_plan::upgrade::etc::{Answer, Conflict};
use zshield_plan::upgrade::packages::{self as plan, Manager};
use zshield_plan::upgrade::path::SystemPath;
use zshield_plan::upgrade::three_ways::Clash;
use zshield_plan::upgrade_plan::apply::PACKAGES;
use zshield_units::Bytes;

use super::contents::NewContents;
use super::{Options, STAGING};
use crate::env::Env;
use crate::error::Refusal;

/// Packages that the package manager would take. Their files go with this.
pub(super) struct Packages {
    pub(super) manager: Manager,
    pub(super) files: Vec<Program>,
    pub(super) found: Vec<Package>,
    directory: PathBuf,
}

impl Drop for Packages {
    fn drop(&mut self) {
        forget(&self.directory);
    }
}

fn forget(directory: &Path) {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("{}: {error}", directory.display());
        }
        _ => {}
    }
}

/// A bundle of packages is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NotTaken {
    /// A package holds a file where user or audit data is.
    #[error("{}", say::upgrade::PackageOnData { package, path: path.to_string() })]
    OnData { package: String, path: EntryPath },
    /// Answers were given, and no package manager takes any.
    #[error("{}", say::upgrade::packages_no_answers())]
    Answers,
}

/// Has the packages of a bundle looked at by the package manager; nothing where it brings none. Whatever it says, no more is
/// left of it than a directory of zshield's own, and that goes.
pub(super) fn looked_at(
    env: &Env,
    contents: &NewContents<'_>,
    options: &Options,
) -> Result<Option<Packages>> {
    let Payload::Packages { manager, files } = &contents.bundle.head().payload else {
        return Ok(None);
    };
    if options.answers.is_some() {
        return Err(Refusal::operation(NotTaken::Answers).into());
    }
    let manager = match manager {
        head::Manager::Deb => Manager::Deb,
        head::Manager::Rpm => Manager::Rpm,
    };
    let staging = env.root.join(STAGING);
    let mut packages = Packages {
        manager,
        files: Vec::new(),
        found: Vec::new(),
        directory: staging.join(PACKAGES),
    };
    forget(&packages.directory);
    for directory in [&staging, &packages.directory] {
        own_directory::ensure(directory, own_directory::PRIVATE)
            .with_context(|| directory.display().to_string())?;
    }
    let wanted = files.iter().map(|file| (file.blake3, file.size));
    contents.expect(wanted)?;
    for file in files {
        let content = Content { digest: file.blake3, size: file.size };
        let name = file.name.to_string();
        write_content(contents, &content, &packages.directory.join(&name), 0o600)?;
        packages.files.push(Program { name, content });
    }
    let within: Vec<String> =
        packages.files.iter().map(|file| format!("/{STAGING}/{PACKAGES}/{}", file.name)).collect();
    rehearse(&env.root, manager, &within).map_err(refused)?;
    for file in &within {
        packages.found.push(describe(&env.root, manager, file).map_err(refused)?);
    }
    let data = mounted_within(&env.root)?;
    let on_data = |file: &&PackageFile| {
        let is_within = |at: &EntryPath| file.path.is_within(at) && at.as_bytes() != b"boot";
        !file.is_directory && data.iter().any(is_within)
    };
    for package in &packages.found {
        if let Some(file) = package.files.iter().find(on_data) {
            let (package, path) = (package.name.clone(), file.path.clone());
            return Err(Refusal::operation(NotTaken::OnData { package, path }).into());
        }
    }
    Ok(Some(packages))
}

/// What the package manager says no to is refused; one that can't be asked is an error.
fn refused(error: PackagesError) -> anyhow::Error {
    match error {
        PackagesError::Program(error) => error.into(),
        no @ (PackagesError::NoManager(_) | PackagesError::Refused { .. }) => {
            Refusal::operation(no).into()
        }
    }
}

impl Packages {
    /// What a plan needs to know.
    pub(super) fn planned(&self) -> plan::Packages {
        plan::Packages {
            manager: self.manager,
            files: self.files.iter().map(|file| file.name.clone()).collect(),
            bytes: Bytes(self.files.iter().map(|file| file.content.size).sum()),
        }
    }

    /// Room that they take on root, and on `/boot`. Initial RAM disks that they have made are not known yet.
    pub(super) fn room(&self) -> [Bytes; 2] {
        let boot = self.all().filter(|file| file.path.as_bytes().starts_with(b"boot/"));
        let boot = boot.map(|file| file.size).sum();
        let root = self.found.iter().map(|package| package.installed.0).sum();
        [Bytes(root), Bytes(boot)]
    }

    fn all(&self) -> impl Iterator<Item = &PackageFile> {
        self.found.iter().flat_map(|package| &package.files)
    }

    /// The files that they bring, as the running system names them.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        self.all().filter(|file| !file.is_directory).map(|file| format!("/{}", file.path))
    }

    /// Configuration of theirs that is not as it was delivered. Whether theirs is another one than before is not known.
    pub(super) fn clashes(&self, root: &Path, manifest: &Manifest) -> Result<Vec<Conflict>> {
        let mut conflicts = Vec::new();
        let configuration = || self.all().filter(|file| file.config.is_some());
        let mut local = Local::of(root)?;
        for entry in manifest.entries()? {
            let entry = entry?;
            let Some(file) = configuration().find(|file| file.path == entry.path) else { continue };
            let Node::Inode { kind: Kind::File { digest, .. }, .. } = entry.node else { continue };
            let found = root.join(file.path.as_path());
            let is_as_delivered = match FileMetadata::of(&found) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Ok(here) if here.kind == FileKind::File => {
                    Digest::of_reader(&mut local.open(&file.path)?, |_| {})?.0 == digest
                }
                other => {
                    other.with_context(|| found.display().to_string())?;
                    false
                }
            };
            if is_as_delivered {
                continue;
            }
            let answer = match file.config {
                Some(Config::Becomes) => Answer::New,
                Some(Config::Stays) | None => Answer::Keep,
            };
            let path = SystemPath::new(file.path.to_string())?;
            let (clash, said, loses) = (Clash::Content, false, Vec::new());
            conflicts.push(Conflict { path, clash, answer, said, loses });
        }
        Ok(conflicts)
    }
}
