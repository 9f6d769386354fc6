//! Which rule a path is under, and what becomes of it where both sides changed it.

use serde::{Deserialize, Serialize};

use super::accounts::Database;
use super::path::SystemPath;
use super::three_ways::Clash;
use crate::policy::Class;

/// How a path is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The machine's own, or another volume's: an upgrade never touches what is there. What the new version
    /// is the first to bring, and what is missing, is made.
    Kept,
    /// Configuration: three ways, and each clash is listed before.
    Config,
    /// It changes by itself: three ways, and what was changed here stays without a word.
    Volatile,
    /// The system: it must be as it was delivered, or its state must have been accepted.
    System,
}

/// What the package manager knows of what is installed. It describes the files that are there, and those
/// are the new version's.
const PACKAGES: [&str; 3] = ["var/lib/dpkg", "var/lib/rpm", "usr/lib/sysimage/rpm"];

/// The rule of a path of this class, where these are kept.
pub fn rule(path: &SystemPath, class: Class, kept: &[String]) -> Rule {
    let is_backup = path.as_str().strip_suffix('-').is_some_and(is_database);
    if is_backup || path.is_among(kept) {
        return Rule::Kept;
    }
    match class {
        Class::Volatile => Rule::Volatile,
        Class::Config => Rule::Config,
        Class::System => Rule::System,
    }
}

/// Whether a path holds accounts, which are put together line by line.
pub fn holds_accounts(path: &SystemPath) -> bool {
    is_database(path.as_str())
}

fn is_database(path: &str) -> bool {
    Database::ALL.into_iter().any(|database| database.path() == path)
}

/// What becomes of a path that both sides changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// What is there stays. The new version's is laid beside it as `NAME.zshield-new`.
    Keep,
    /// It becomes the new version's; what was there is lost.
    New,
}

/// What becomes of it where nobody says otherwise. An administrator's configuration stays. A system with one
/// file of another version is none that anybody has tried.
pub fn by_default(path: &SystemPath, rule: Rule) -> Answer {
    let is_database = PACKAGES.iter().any(|packages| path.is_within(packages));
    match rule {
        Rule::System if !path.is_within("etc") => Answer::New,
        Rule::Config if is_database => Answer::New,
        Rule::System | Rule::Config | Rule::Volatile | Rule::Kept => Answer::Keep,
    }
}

/// A path that both sides changed, as it is listed before anything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Which.
    pub path: SystemPath,
    /// How.
    pub clash: Clash,
    /// What becomes of it.
    pub answer: Answer,
    /// Whether somebody said so; else it is the default.
    pub said: bool,
    /// What is here alone below it, and is lost with the answer *new*.
    pub loses: Vec<SystemPath>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live;
    use crate::policy::{Policy, Recover};

    fn path(text: &str) -> SystemPath {
        SystemPath::new(text).unwrap()
    }

    fn policy() -> Policy {
        let text = "[product]\nname = \"G\"\nversion = \"1\"\n[payload]\nsource = \"r\"\n\
                    [recover]\nkeep = [\"/etc/network\"]\n";
        Policy::parse(text, "appliance.toml".as_ref()).unwrap()
    }

    #[test]
    fn the_machine_s_own_and_other_volumes_are_kept() {
        let policy = policy();
        assert_ne!(policy.recover, Recover::default());
        let kept = live::files(Vec::new(), &policy, &["/srv/nfs".to_owned()], false).kept;
        for text in [
            "etc/machine-id",
            "etc/ssh/ssh_host_ed25519_key",
            "etc/zshield/secrets/mail",
            "etc/network/interfaces",
            "etc/shadow-",
            "var/lib/zshield/alarms/alarms.a",
            "home/user/file",
            "var/log/messages",
            "srv/nfs/file",
            "tmp/x",
        ] {
            assert_eq!(rule(&path(text), Class::System, &kept), Rule::Kept, "{text}");
        }
        for text in ["etc/ssh/sshd_config", "etc/shadow", "etc/zshield/keys/v.pub", "usr/bin/a"] {
            assert_eq!(rule(&path(text), Class::System, &kept), Rule::System, "{text}");
        }
        assert_eq!(rule(&path("etc/a"), Class::Config, &kept), Rule::Config);
        assert_eq!(rule(&path("var/a"), Class::Volatile, &kept), Rule::Volatile);
    }

    #[test]
    fn what_is_here_stays_but_for_the_system_and_what_says_what_it_consists_of() {
        for (text, rule, wanted) in [
            ("etc/ssh/sshd_config", Rule::Config, Answer::Keep),
            ("etc/zshield/appliance.toml", Rule::System, Answer::Keep),
            ("usr/local/bin/tool", Rule::Config, Answer::Keep),
            ("var/lib/app/db", Rule::Volatile, Answer::Keep),
            ("usr/lib/libc.so.6", Rule::System, Answer::New),
            ("var/lib/dpkg/status", Rule::Config, Answer::New),
            ("var/lib/rpm/rpmdb.sqlite", Rule::Config, Answer::New),
        ] {
            assert_eq!(by_default(&path(text), rule), wanted, "{text}");
        }
    }
}
