//! Packages of a bundle, as the payload's own package manager sees them: what they are, and whether it takes them.

use std::path::Path;

use zshield_golden::EntryPath;
use zshield_linux::program::{Program, ProgramError, READING};
use zshield_messages::say;
use zshield_plan::command::Command;
use zshield_plan::upgrade::packages::{Manager, Refuses, WITHIN};
use zshield_units::Bytes;

/// What is kept of a package manager's words.
const LAST: usize = 4000;

/// A package in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it takes when it is installed.
    pub installed: Bytes,
    /// What it holds.
    pub files: Vec<PackageFile>,
}

/// What a package holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// Where.
    pub path: EntryPath,
    /// Its length.
    pub size: u64,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// What becomes of it where it is configuration, and was changed here.
    pub config: Option<Config>,
}

/// What becomes of configuration that was changed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Config {
    /// It stays, and the package's is laid beside.
    Stays,
    /// It becomes the package's, and is itself laid beside.
    Becomes,
}

/// Why packages are not installed here.
#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    /// The system has no such package manager.
    #[error("{}", say::upgrade::no_package_manager(.0))]
    NoManager(&'static str),
    /// It says no.
    #[error("{}", say::upgrade::PackagesRefused { program, said })]
    Refused {
        /// Who.
        program: &'static str,
        /// In its own words.
        said: String,
    },
    /// It can't be asked.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

/// Asks whether these files, by their paths within the system at `root`, could be installed. It changes nothing.
pub fn rehearse(root: &Path, manager: Manager, files: &[String]) -> Result<(), PackagesError> {
    for question in manager.questions(&root.to_string_lossy(), files) {
        if !root.join(question.needs).exists() {
            if question.optional {
                continue;
            }
            return Err(PackagesError::NoManager(manager.program()));
        }
        let (status, said) = asked(&question.command)?;
        let refuses = match question.refuses {
            Refuses::ByStatus => !status,
            Refuses::BySaying(words) => !status || said.contains(words),
            Refuses::BySayingAnything => !status || !said.trim().is_empty(),
        };
        if refuses {
            let said = said.trim().to_owned();
            return Err(PackagesError::Refused { program: question.name, said });
        }
    }
    Ok(())
}

/// Whether a program ended well, and what it said last.
fn asked(command: &Command) -> Result<(bool, String), ProgramError> {
    let program = Program::new(command.program, READING).args(&command.arguments);
    let output = program.streamed(LAST, |_| {}).run()?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// What is in a package's file, by its path within the system at `root`.
pub fn describe(root: &Path, manager: Manager, file: &str) -> Result<Package, PackagesError> {
    let program = || Program::new("chroot", READING).arg(root).args(WITHIN);
    let ask = |words: &[&str]| program().args(words).arg(file).text();
    match manager {
        Manager::Deb => {
            let shown = ask(&["dpkg-deb", "--show", DEB_FORMAT])?;
            let contents = ask(&["dpkg-deb", "--contents"])?;
            let list = program().args(["dpkg-deb", "--info", file, "conffiles"]).text();
            // A package without configuration has no list of it, and that is its failure.
            Ok(deb(&shown, &contents, &list.unwrap_or_default()))
        }
        Manager::Rpm => {
            let shown = ask(&["rpm", "--query", "--package", "--queryformat", RPM_FORMAT])?;
            let files = ask(&["rpm", "--query", "--package", "--queryformat", RPM_FILES])?;
            Ok(rpm(&shown, &files))
        }
    }
}

const DEB_FORMAT: &str = "--showformat=${Package}\\t${Version}\\t${Installed-Size}\\n";
const RPM_FORMAT: &str = "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{SIZE}\\n";
const RPM_FILES: &str =
    "[%{FILEMODES:perms}\\t%{FILESIZES}\\t%{FILEFLAGS:fflags}\\t%{FILENAMES}\\n]";

/// A package of Debian's from what `dpkg-deb` says of it. Its size is in KiB.
fn deb(shown: &str, contents: &str, conffiles: &str) -> Package {
    let [name, version, size] = fields(shown);
    let is_config = |path: &EntryPath| {
        conffiles
            .lines()
            .any(|line| line.trim().trim_start_matches('/').as_bytes() == path.as_bytes())
    };
    let file = |line: &str| {
        // As `tar -tv` has it: mode, owner, length, date, time, name.
        let mut rest = line;
        let mut columns = [""; 5];
        for column in &mut columns {
            let (word, after) = rest.trim_start().split_once(' ')?;
            (*column, rest) = (word, after);
        }
        let name = rest.split(" -> ").next()?.split(" link to ").next()?;
        let path = path(name.strip_prefix('.')?)?;
        Some(PackageFile {
            size: columns[2].parse().unwrap_or_default(),
            is_directory: columns[0].starts_with('d'),
            config: is_config(&path).then_some(Config::Stays),
            path,
        })
    };
    let installed = Bytes(size.parse::<u64>().unwrap_or_default().saturating_mul(1024));
    Package { name, version, installed, files: contents.lines().filter_map(file).collect() }
}

/// A package of Red Hat's from what `rpm` says of it.
fn rpm(shown: &str, files: &str) -> Package {
    let [name, version, size] = fields(shown);
    let file = |line: &str| {
        let mut columns = line.splitn(4, '\t');
        let (mode, size, flags) = (columns.next()?, columns.next()?, columns.next()?);
        let config = match (flags.contains('c'), flags.contains('n')) {
            (false, _) => None,
            (true, true) => Some(Config::Stays),
            (true, false) => Some(Config::Becomes),
        };
        let (size, path) = (size.parse().unwrap_or_default(), path(columns.next()?)?);
        Some(PackageFile { path, size, is_directory: mode.starts_with('d'), config })
    };
    let installed = Bytes(size.parse().unwrap_or_default());
    Package { name, version, installed, files: files.lines().filter_map(file).collect() }
}

/// The three fields of a line.
fn fields(line: &str) -> [String; 3] {
    let mut fields = line.trim_end().split('\t').map(str::to_owned);
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// A path of a package; nothing where it is the root, or none.
fn path(text: &str) -> Option<EntryPath> {
    let text = text.trim_start_matches('/').trim_end_matches('/');
    EntryPath::new(text.as_bytes()).ok().filter(|path| !path.is_root())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(at: &str, size: u64, config: Option<Config>) -> PackageFile {
        PackageFile { path: path(at).unwrap(), size, is_directory: false, config }
    }

    fn directory(at: &str) -> PackageFile {
        PackageFile { is_directory: true, ..file(at, 0, None) }
    }

    #[test]
    fn a_package_of_debian_s_is_what_dpkg_deb_says() {
        let contents = "\
drwxr-xr-x root/root         0 2026-11-30 18:27 ./
drwxr-xr-x root/root         0 2026-11-30 18:27 ./etc/
-rw-r--r-- root/root         9 2026-11-30 18:27 ./etc/one.conf
-rw-r--r-- root/root        12 2026-11-30 18:27 ./usr/lib/two words
lrwxrwxrwx root/root         0 2026-11-30 18:27 ./usr/lib/link -> two words
hrw-r--r-- root/root         0 2026-11-30 18:27 ./usr/lib/again link to ./usr/lib/two words
";
        let found = deb("one\t3.0-1\t12\n", contents, "/etc/one.conf\n");
        assert_eq!((found.name.as_str(), found.version.as_str()), ("one", "3.0-1"));
        assert_eq!(found.installed, Bytes(12 << 10));
        assert_eq!(
            found.files,
            [
                directory("etc"),
                file("etc/one.conf", 9, Some(Config::Stays)),
                file("usr/lib/two words", 12, None),
                file("usr/lib/link", 0, None),
                file("usr/lib/again", 0, None),
            ]
        );
        // One that does not say how large it is.
        assert_eq!(deb("one\t3.0\t\n", "", "").installed, Bytes(0));
    }

    #[test]
    fn a_package_of_red_hat_s_is_what_rpm_says() {
        let files = "\
drwxr-xr-x\t0\t\t/etc/one
-rw-r--r--\t5\tcn\t/etc/one/a.conf
-rw-r--r--\t6\tc\t/etc/one/b.conf
lrwxrwxrwx\t4\t\t/usr/lib/one/link
";
        let found = rpm("one\t1.0-1\t16\n", files);
        assert_eq!((found.version.as_str(), found.installed), ("1.0-1", Bytes(16)));
        assert_eq!(
            found.files,
            [
                directory("etc/one"),
                file("etc/one/a.conf", 5, Some(Config::Stays)),
                file("etc/one/b.conf", 6, Some(Config::Becomes)),
                file("usr/lib/one/link", 4, None),
            ]
        );
    }
}
