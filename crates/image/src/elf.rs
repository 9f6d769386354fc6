//! What programs of the payload need to run: their loader and the closure of their libraries.
//!
//! The `lddtree` crate does this too, but reads this host's `ld.so.conf` for a foreign root and
//! follows absolute links out of it; here every path goes through [`Sysroot`].

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use goblin::elf::Elf;

use crate::error::{BuildError, at};
use crate::sysroot::Sysroot;

/// Directories that every distribution's loader looks into.
const USUAL: &[&str] =
    &["lib64", "usr/lib64", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib"];

/// What a program or library says of itself.
pub(crate) struct Wants {
    pub(crate) loader: Option<String>,
    pub(crate) libraries: Vec<String>,
}

/// The closure of some programs: each file's name, and where it is on this host.
#[derive(Debug, Default)]
pub struct Closure {
    /// The program interpreters, by their absolute paths.
    pub loaders: BTreeMap<PathBuf, PathBuf>,
    /// The libraries, by the names that programs ask for.
    pub libraries: BTreeMap<String, PathBuf>,
}

impl Closure {
    /// What these programs, given by their paths on this host, need from the tree.
    pub fn of(tree: &Sysroot, programs: &[PathBuf]) -> Result<Self, BuildError> {
        let directories = directories(tree);
        let mut closure = Self::default();
        let mut ahead: VecDeque<PathBuf> = programs.iter().cloned().collect();
        while let Some(file) = ahead.pop_front() {
            let wants = wants(&file)?;
            if let Some(loader) = wants.loader {
                let found = tree.find(&loader);
                let found = found.ok_or_else(|| BuildError::lost_library(&loader, &file))?;
                closure.loaders.insert(loader.into(), found);
            }
            for name in wants.libraries {
                if closure.libraries.contains_key(&name) {
                    continue;
                }
                let found =
                    tree.find_file(directories.iter().map(|directory| directory.join(&name)));
                let found = found.ok_or_else(|| BuildError::lost_library(&name, &file))?;
                ahead.push_back(found.clone());
                closure.libraries.insert(name, found);
            }
        }
        Ok(closure)
    }
}

/// Whether a file is a program that runs without any library.
pub fn is_static(file: &Path) -> Result<bool, BuildError> {
    let bytes = std::fs::read(file).map_err(at(file))?;
    Ok(Elf::parse(&bytes).is_ok_and(|elf| elf.interpreter.is_none() && elf.entry != 0))
}

fn wants(file: &Path) -> Result<Wants, BuildError> {
    let bytes = std::fs::read(file).map_err(at(file))?;
    Wants::of(&bytes).ok_or_else(|| BuildError::NotAProgram(file.into()))
}

impl Wants {
    /// What the bytes of a program say.
    pub(crate) fn of(program: &[u8]) -> Option<Self> {
        let elf = Elf::parse(program).ok()?;
        Some(Self {
            loader: elf.interpreter.map(str::to_owned),
            libraries: elf.libraries.iter().map(|name| (*name).to_owned()).collect(),
        })
    }
}

/// The directories that the payload's loader looks into, those of its `ld.so.conf` first.
fn directories(tree: &Sysroot) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    configured(tree, Path::new("etc/ld.so.conf"), &mut directories, 0);
    directories.extend(USUAL.iter().map(PathBuf::from));
    directories
}

/// Adds the directories of an `ld.so.conf` and of those that it includes (`include directory/*.conf`).
fn configured(tree: &Sysroot, file: &Path, directories: &mut Vec<PathBuf>, depth: usize) {
    const DEEPEST: usize = 4;
    let Some(text) = tree.text(file).filter(|_| depth < DEEPEST) else { return };
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        let Some(pattern) = line.strip_prefix("include ").map(str::trim) else {
            directories.extend(line.starts_with('/').then(|| PathBuf::from(line)));
            continue;
        };
        let pattern = Path::new("etc").join(pattern);
        let Some(directory) = pattern.parent() else { continue };
        for name in tree.names(directory).iter().map(Path::new) {
            if name.extension().is_some_and(|extension| extension == "conf") {
                configured(tree, &directory.join(name), directories, depth + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_closure_of_a_program_holds_its_loader_and_libc() {
        let tree = Sysroot::new("/");
        let program = tree.find("/bin/ls").unwrap();
        let closure = Closure::of(&tree, &[program]).unwrap();
        assert!(closure.libraries.contains_key("libc.so.6"), "{closure:?}");
        assert!(closure.loaders.keys().any(|loader| loader.ends_with("ld-linux-x86-64.so.2")));
    }

    #[test]
    fn a_library_that_the_tree_lacks_is_not_taken_from_this_host() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("lib64")).unwrap();
        fs::copy(
            "/lib64/ld-linux-x86-64.so.2",
            directory.path().join("lib64/ld-linux-x86-64.so.2"),
        )
        .unwrap();
        let program = directory.path().join("ls");
        fs::copy("/bin/ls", &program).unwrap();
        let error = Closure::of(&Sysroot::new(directory.path()), &[program]).unwrap_err();
        assert!(matches!(error, BuildError::LibraryAbsent { .. }), "{error}");
    }

    #[test]
    fn directories_of_included_files_are_looked_into() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("etc/ld.so.conf.d")).unwrap();
        fs::write(directory.path().join("etc/ld.so.conf"), "include ld.so.conf.d/*.conf\n")
            .unwrap();
        fs::write(
            directory.path().join("etc/ld.so.conf.d/a.conf"),
            "# here\n/opt/lib # and there\n",
        )
        .unwrap();
        assert_eq!(directories(&Sysroot::new(directory.path()))[0], Path::new("/opt/lib"));
    }
}
