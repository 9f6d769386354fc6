//! The payload's own package manager: what it is asked before anything is changed, and how it is run.
//!
//! It asks nobody anything, fetches nothing, and removes and downgrades nothing. Configuration that was changed here
//! stays, and the package's is laid beside it: `.dpkg-dist` with Debian's, `.rpmnew` with Red Hat's. With rpm that is for the
//! packager to say; what is no `noreplace` becomes the package's, and what was there is laid beside as `.rpmsave`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_units::Bytes;

use crate::command::Command;

/// A package manager has so long. Whatever one of its scripts waits for, the upgrade ends.
pub const LIMIT: Duration = Duration::from_hours(1);

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manager {
    /// `dpkg`.
    Deb,
    /// `rpm`.
    Rpm,
}

/// Packages that are handed over, as far as a plan speaks of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packages {
    /// To which.
    pub manager: Manager,
    /// Their files, in the order in which they are handed over.
    pub files: Vec<String>,
    /// The bytes of these.
    pub bytes: Bytes,
}

/// Debian's: nobody is asked, and what was changed here stays.
const DPKG: [&str; 6] = [
    "DEBIAN_FRONTEND=noninteractive",
    "UCF_FORCE_CONFFOLD=1",
    "dpkg",
    "--force-confdef",
    "--force-confold",
    "--refuse-downgrade",
];
/// APT looks at dependencies, which dpkg does as late as when it configures. It knows of no package but the installed
/// and the given ones, and leaves its cache alone.
const APT: [&str; 13] = [
    "apt-get",
    "--simulate",
    "--yes",
    "--no-remove",
    "--no-download",
    "-o",
    "Dir::Etc::SourceList=/dev/null",
    "-o",
    "Dir::Etc::SourceParts=/dev/null",
    "-o",
    "Dir::Cache::pkgcache=",
    "-o",
    "Dir::Cache::srcpkgcache=",
];
/// What dpkg says of a package that it leaves out, and is content.
const LEFT_OUT: &str = "will not downgrade";

/// A question to a package manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who is asked.
    pub name: &'static str,
    /// Where that is in a system.
    pub needs: &'static str,
    /// Whether a system may lack it: then nobody is asked.
    pub optional: bool,
    /// What asks it.
    pub command: Command,
    /// How it says no.
    pub refuses: Refuses,
}

/// How a package manager says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// By a status that is not 0.
    ByStatus,
    /// By that, or by these words.
    BySaying(&'static str),
    /// By that, or by any words.
    BySayingAnything,
}

impl Manager {
    /// What is asked first: whether these files, by their paths within the system at `root`, could be installed. Nothing is
    /// changed by it.
    pub fn questions(self, root: &str, files: &[String]) -> Vec<Question> {
        let dpkg = |words: &[&str], files, refuses| Question {
            name: "dpkg",
            needs: "usr/bin/dpkg",
            optional: false,
            command: within(root, words, files),
            refuses,
        };
        match self {
            Self::Deb => vec![
                // What was left half installed before.
                dpkg(&["dpkg", "--audit"], &[], Refuses::BySayingAnything),
                dpkg(
                    &[&DPKG[2..], &["--dry-run", "--install"]].concat(),
                    files,
                    Refuses::BySaying(LEFT_OUT),
                ),
                Question {
                    name: "apt-get",
                    needs: "usr/bin/apt-get",
                    optional: true,
                    command: within(root, &[&APT[..], &["install"]].concat(), files),
                    refuses: Refuses::ByStatus,
                },
            ],
            Self::Rpm => vec![Question {
                name: "rpm",
                needs: "usr/bin/rpm",
                optional: false,
                command: within(root, &["rpm", "--upgrade", "--test", "--replacepkgs"], files),
                refuses: Refuses::ByStatus,
            }],
        }
    }

    /// What installs these files, by their paths within the system at `root`.
    pub fn install(self, root: &str, files: &[String]) -> Command {
        match self {
            Self::Deb => within(root, &[&DPKG[..], &["--install"]].concat(), files),
            Self::Rpm => within(root, &["rpm", "--upgrade", "--replacepkgs"], files),
        }
    }

    /// Whether what it says tells of a failure that its status does not: to rpm a package is installed whose script
    /// has failed.
    pub fn says_failure(self, said: &str) -> bool {
        let is_failure =
            |line: &str| line.starts_with("error: ") || line.contains("scriptlet failed");
        match self {
            Self::Deb => false,
            Self::Rpm => said.lines().any(is_failure),
        }
    }

    /// The program, for messages.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Deb => "dpkg",
            Self::Rpm => "rpm",
        }
    }
}

/// A directory for temporary files that a caller has said may not be there within the system.
pub const WITHIN: [&str; 2] = ["env", "--unset=TMPDIR"];

fn within(root: &str, words: &[&str], files: &[String]) -> Command {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    Command::new("chroot", &[&[root], &WITHIN[..], words, &files].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> String {
        format!("{} {}", command.program, command.arguments.join(" "))
    }

    #[test]
    fn nobody_is_asked_and_nothing_is_fetched_removed_or_downgraded() {
        let files = ["/p/a.deb".to_owned(), "/p/b.deb".to_owned()];
        let install = words(&Manager::Deb.install("/", &files));
        assert_eq!(
            install,
            "chroot / env --unset=TMPDIR DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 dpkg --force-confdef \
             --force-confold --refuse-downgrade --install /p/a.deb /p/b.deb"
        );
        let asked = Manager::Deb.questions("/", &files);
        assert_eq!(words(&asked[0].command), "chroot / env --unset=TMPDIR dpkg --audit");
        let with_files = |it: &Question| words(&it.command).ends_with("install /p/a.deb /p/b.deb");
        assert!(asked[1..].iter().all(with_files));
        assert!(words(&asked[1].command).contains(" --dry-run ") && !asked[1].optional);
        let apt = words(&asked[2].command);
        for wanted in ["--simulate", "--no-remove", "--no-download", "SourceList=/dev/null"] {
            assert!(apt.contains(wanted), "{apt}");
        }
        let said = "warning: %post(bad-1.0-1.noarch) scriptlet failed, exit status 1\n";
        let lua = "error: lua script failed: [string \"%post(bad-1.0-1.noarch)\"]:1: it breaks\n";
        let kept = "warning: /etc/one/a.conf created as /etc/one/a.conf.rpmnew\n";
        assert!(Manager::Rpm.says_failure(said) && Manager::Rpm.says_failure(lua));
        assert!(!Manager::Rpm.says_failure(kept) && !Manager::Deb.says_failure(said));
        let asked = Manager::Rpm.questions("/r", &files);
        assert_eq!(
            words(&asked[0].command),
            "chroot /r env --unset=TMPDIR rpm --upgrade --test --replacepkgs /p/a.deb /p/b.deb"
        );
    }
}
