//! Programs of another system, for where this one's own don't start: its libc, loader or `/usr` is
//! gone. They are run by their own loader, from their own libraries; all else is this system's.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{PoisonError, RwLock};

/// The loader of the machines that there are appliances of.
const LOADER: &str = "ld-linux-x86-64.so.2";
/// The directories of programs.
const PROGRAMS: [&str; 4] = ["usr/sbin", "usr/bin", "sbin", "bin"];
/// The directories of libraries. One that leads to another is that one.
const LIBRARIES: [&str; 4] = ["usr/lib64", "usr/lib", "lib64", "lib"];

static LENDER: RwLock<Option<Lender>> = RwLock::new(None);

/// A whole system that is mounted somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lender {
    root: PathBuf,
    loader: PathBuf,
    libraries: OsString,
}

impl Lender {
    /// The system that is mounted here; nothing where it has no loader.
    pub fn at(root: &Path) -> Option<Self> {
        let directories = libraries(root);
        let loaders = directories.iter().map(|directory| directory.join(LOADER));
        // A link from the root on would lead into the system that runs.
        let loader = loaders.into_iter().find(|path| is(path, fs::FileType::is_file))?;
        let libraries = std::env::join_paths(&directories).ok()?;
        Some(Self { root: root.to_owned(), loader, libraries })
    }

    /// A program of its own, by its plain name.
    fn command(&self, name: &OsStr) -> Option<Command> {
        if Path::new(name).file_name() != Some(name) {
            return None;
        }
        let places = PROGRAMS.map(|directory| self.root.join(directory).join(name));
        let program = places.into_iter().find(|path| path.is_file())?;
        let mut command = Command::new(&self.loader);
        command.arg("--library-path").arg(&self.libraries).arg(program);
        // Its own settings are as sound as it is itself.
        command.env("LVM_SYSTEM_DIR", self.root.join("etc/lvm"));
        Some(command)
    }
}

/// From now on this process runs the programs of that system in place of its own; its own again
/// where there is none.
pub fn lend(lender: Option<Lender>) {
    *LENDER.write().unwrap_or_else(PoisonError::into_inner) = lender;
}

/// The program of the system that lends its own, where one does and has it.
pub(super) fn command(name: &OsStr) -> Option<Command> {
    LENDER.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.command(name)
}

fn is(path: &Path, kind: fn(&fs::FileType) -> bool) -> bool {
    path.symlink_metadata().is_ok_and(|file| kind(&file.file_type()))
}

/// Where the libraries of a system's own programs are: Debian has them one directory deeper, and
/// systemd its own one deeper still.
fn libraries(root: &Path) -> Vec<PathBuf> {
    let plain = LIBRARIES.map(|directory| root.join(directory));
    let plain: Vec<PathBuf> =
        plain.into_iter().filter(|path| is(path, fs::FileType::is_dir)).collect();
    let deeper = plain.iter().flat_map(|directory| {
        let names = fs::read_dir(directory).into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with("-linux-gnu"))
            .map(|name| directory.join(name))
            .collect::<Vec<_>>()
    });
    let all: Vec<PathBuf> = deeper.chain(plain.clone()).collect();
    let of_systemd = all.iter().map(|directory| directory.join("systemd"));
    let of_systemd = of_systemd.filter(|path| path.is_dir()).collect::<Vec<_>>();
    all.into_iter().chain(of_systemd).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::program::{self, Program};

    /// A system made of links to the files of this one, of which a program has need.
    fn system(programs: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let libraries = root.path().join("usr/lib/x86_64-linux-gnu");
        for directory in ["usr/bin", "usr/lib/x86_64-linux-gnu"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        symlink("usr/lib", root.path().join("lib")).unwrap();
        fs::copy(Path::new("/lib64").join(LOADER), libraries.join(LOADER)).unwrap();
        let libc = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
        let libc = libc.into_iter().find(|path| Path::new(path).exists()).unwrap();
        fs::copy(libc, libraries.join("libc.so.6")).unwrap();
        for name in programs {
            fs::copy(Path::new("/bin").join(name), root.path().join("usr/bin").join(name)).unwrap();
        }
        root
    }

    #[test]
    fn a_program_of_another_system_runs_by_its_own_loader_and_libraries() {
        let root = system(&["echo"]);
        lend(Lender::at(root.path()));
        assert!(program::starts("echo", "it is here", "it is here"));
        // Its own libc, and no other, is what it runs from.
        let libc = root.path().join("usr/lib/x86_64-linux-gnu/libc.so.6");
        fs::write(&libc, "garbage").unwrap();
        assert!(!program::starts("echo", "it is here", "it is here"));
        fs::remove_file(&libc).unwrap();
        // What it lacks is this system's, and so is what is asked for by its place.
        assert!(program::starts("/bin/echo", "here", "here"));
        let error = Program::new("no-such-program", program::READING).run().unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
        lend(None);
        assert!(program::starts("echo", "here", "here"));
    }

    #[test]
    fn a_system_without_a_loader_lends_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Lender::at(root.path()), None);
        fs::create_dir_all(root.path().join("lib64")).unwrap();
        symlink(Path::new("/lib64").join(LOADER), root.path().join("lib64").join(LOADER)).unwrap();
        assert_eq!(Lender::at(root.path()), None);
    }

    #[test]
    fn what_is_no_program_does_not_start() {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in [("empty", ""), ("garbage", "\x7fELF garbage")] {
            let file = directory.path().join(name);
            fs::write(&file, content).unwrap();
            let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&file, all).unwrap();
            assert!(!program::starts(file.to_str().unwrap(), "version", "version"), "{name}");
        }
        assert!(!program::starts("no-such-program", "version", "version"));
    }
}
