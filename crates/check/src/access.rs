//! What of a change gives somebody access to the machine, or rights on it. That is configuration as
//! well, and an intruder makes it first: it is named for what it is.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Serialize;
use zshield_golden::{EntryPath, escape};
use zshield_messages::say;

/// Something that gives access or rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "grant", rename_all = "kebab-case")]
pub enum Grant {
    /// An account has the number of root, and had not.
    RootAccount {
        /// Its name.
        name: String,
    },
    /// An account has another password, or none at all.
    Password {
        /// Its name.
        name: String,
    },
    /// Root has other SSH keys.
    Keys,
    /// `sudo` gives other rights.
    Sudo,
    /// A program runs with the rights of its owner or group.
    Setuid,
    /// A service or a scheduled command is new.
    Task,
}

impl Grant {
    /// Whether nobody does it in the normal course: then no backup takes it over before somebody has
    /// agreed to it. Passwords, keys, `sudo` and services are what administrators change, and a backup
    /// that each of these held would be made no more.
    pub const fn is_grave(&self) -> bool {
        match self {
            Self::RootAccount { .. } | Self::Setuid => true,
            Self::Password { .. } | Self::Keys | Self::Sudo | Self::Task => false,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::RootAccount { name } => say::check::grant_root_account(name),
            Self::Password { name } => say::check::grant_password(name),
            Self::Keys => say::check::grant_keys(),
            Self::Sudo => say::check::grant_sudo(),
            Self::Setuid => say::check::grant_setuid(),
            Self::Task => say::check::grant_task(),
        })
    }
}

/// Where services and scheduled commands are.
const TASKS: [&str; 8] = [
    "etc/systemd/system",
    "etc/cron.d",
    "etc/cron.hourly",
    "etc/cron.daily",
    "etc/cron.weekly",
    "etc/cron.monthly",
    "var/spool/cron",
    "etc/init.d",
];

/// What a path that drifts gives, held against what it was in the system at `before`.
pub(crate) fn grants(root: &Path, path: &EntryPath, before: Option<&Path>) -> Vec<Grant> {
    let at = |root: &Path| root.join(path.as_path());
    let Ok(metadata) = at(root).symlink_metadata() else { return Vec::new() };
    let was = || before.and_then(|before| at(before).symlink_metadata().ok());
    let accounts = |root: &Path| accounts(&fs::read(at(root)).unwrap_or_default());
    let within = |directory: &&str| path.as_bytes().starts_with(format!("{directory}/").as_bytes());
    let mut found = match path.as_bytes() {
        b"etc/passwd" => root_accounts(&accounts(root), &before.map(accounts).unwrap_or_default()),
        b"etc/shadow" => passwords(&accounts(root), &before.map(accounts).unwrap_or_default()),
        b"root/.ssh/authorized_keys" | b"root/.ssh/authorized_keys2" => vec![Grant::Keys],
        b"etc/sudoers" => vec![Grant::Sudo],
        _ if within(&"etc/sudoers.d") => vec![Grant::Sudo],
        b"etc/crontab" | b"etc/rc.local" => vec![Grant::Task],
        _ if TASKS.iter().any(within) && was().is_none() => vec![Grant::Task],
        _ => Vec::new(),
    };
    let rights = |mode: u32| mode & 0o6000;
    let had = was().map_or(0, |metadata| rights(metadata.mode()));
    if metadata.is_file() && rights(metadata.mode()) & !had != 0 {
        found.push(Grant::Setuid);
    }
    found
}

/// The second and third field of each account, by its name.
type Accounts = BTreeMap<Vec<u8>, (Vec<u8>, Vec<u8>)>;

fn accounts(text: &[u8]) -> Accounts {
    let account = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b':').map(<[u8]>::to_vec);
        Some((fields.next()?, (fields.next()?, fields.next()?)))
    };
    text.split(|byte| *byte == b'\n').filter_map(account).collect()
}

/// Accounts that have root's number now; before, root itself may always.
fn root_accounts(now: &Accounts, before: &Accounts) -> Vec<Grant> {
    let is_root = |number: &[u8]| !number.is_empty() && number.iter().all(|digit| *digit == b'0');
    let had = |name: &[u8]| {
        name == b"root" || before.get(name).is_some_and(|(_, number)| is_root(number))
    };
    let new = now.iter().filter(|(name, (_, number))| is_root(number) && !had(name));
    new.map(|(name, _)| Grant::RootAccount { name: escape(name) }).collect()
}

/// Accounts that somebody can log in to by another password than before, or without any.
fn passwords(now: &Accounts, before: &Accounts) -> Vec<Grant> {
    let locked = |password: &[u8]| password.starts_with(b"!") || password.starts_with(b"*");
    let new = now.iter().filter(|(name, (password, _))| {
        let had = before.get(*name).map(|(password, _)| password);
        !locked(password) && had != Some(password)
    });
    new.map(|(name, _)| Grant::Password { name: escape(name) }).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_gives_access_is_named_for_what_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let (before, root) = (directory.path().join("before"), directory.path().join("root"));
        let write = |root: &Path, path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let found = |path: &str| grants(&root, &path.parse().unwrap(), Some(&before));
        write(&before, "etc/passwd", "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:/bin/false\n");
        write(&before, "etc/shadow", "root:$y$1:1\nwww:*:1\nold:!$6$x:1\n");
        write(
            &root,
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:/bin/sh\ntoor:x:00:0::/:/bin/sh\nlp:x:7:7::/:\n",
        );
        assert_eq!(found("etc/passwd"), [Grant::RootAccount { name: "toor".into() }]);
        assert!(found("etc/passwd").iter().all(Grant::is_grave));
        write(&root, "etc/shadow", "root:$y$1:2\nwww:$y$2:1\nold::1\n");
        let password = |name: &str| Grant::Password { name: name.into() };
        assert_eq!(found("etc/shadow"), [password("old"), password("www")]);
        // An administrator changes passwords: that holds no backup.
        assert!(!found("etc/shadow").iter().any(Grant::is_grave));
        write(&root, "root/.ssh/authorized_keys", "ssh-ed25519 AAAA");
        assert_eq!(found("root/.ssh/authorized_keys"), [Grant::Keys]);
        write(&root, "etc/sudoers.d/x", "www ALL=(ALL) NOPASSWD: ALL");
        assert_eq!(found("etc/sudoers.d/x"), [Grant::Sudo]);
        write(&root, "etc/cron.d/x", "* * * * * root true");
        assert_eq!(found("etc/cron.d/x"), [Grant::Task]);
        write(&before, "etc/cron.d/x", "* * * * * root false");
        assert_eq!(found("etc/cron.d/x"), []);
        write(&root, "usr/local/bin/x", "");
        assert_eq!(found("usr/local/bin/x"), []);
        let mode = fs::Permissions::from_mode(0o4755);
        fs::set_permissions(root.join("usr/local/bin/x"), mode).unwrap();
        assert_eq!(found("usr/local/bin/x"), [Grant::Setuid]);
        assert_eq!(found("etc/gone"), []);
    }
}
