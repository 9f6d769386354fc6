//! The operations that are cut: how the disks come to be as they are before, what is recorded,
//! and what has to hold after a cut.
//!
//! What a cut has left is looked at with tools that share nothing with ours: `diff`, `cmp`, `tar`
//! into `sha256sum`, `e2fsck`, and GRUB's own reader of filesystems, which replays no journal.

use zshield_machines::uml_appliance::{COMPARE, NEXT, SLOTS};

/// An operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    /// Its name.
    pub name: &'static str,
    /// Scripts for what it begins with; nothing where the disks are empty.
    pub prepare: Option<&'static [&'static str]>,
    /// What is recorded.
    pub operation: &'static str,
    /// What is noted once it has ended.
    pub then: &'static str,
    /// What has to succeed after each cut.
    pub after: &'static str,
    /// The variables of its scripts: `TARGET`, the way back, and `SNAPSHOT`, what it leads to.
    pub values: &'static [(&'static str, &'static str)],
    /// What the description of the bundle says by which its scripts upgrade.
    pub bundle: Option<&'static str>,
}

/// All of them.
pub(crate) const SUBJECTS: [Subject; 9] = [
    Subject {
        name: "install",
        prepare: None,
        operation: INSTALL,
        then: "",
        after: AFTER_INSTALL,
        values: &[],
        bundle: None,
    },
    Subject {
        name: "backup",
        prepare: Some(&[DATA, USED, CHANGED_SINCE_BACKUP]),
        operation: BACKUP,
        then: NEW_BACKUP,
        after: AFTER_BACKUP,
        values: &[],
        bundle: None,
    },
    Subject {
        name: "bring-over",
        prepare: Some(&[TWO_SNAPSHOTS, DATA, USED, CHANGED_SINCE_BACKUP, ARE_TWO]),
        operation: BACKUP,
        then: NEW_BACKUP,
        after: AFTER_BACKUP,
        values: &[],
        bundle: None,
    },
    Subject {
        name: "recover-factory",
        prepare: Some(&[DATA, USED, BROKEN]),
        operation: RECOVER,
        then: "",
        after: AFTER_RECOVERY,
        values: &[("TARGET", "factory"), ("SNAPSHOT", "snap0")],
        bundle: None,
    },
    Subject {
        name: "recover-latest",
        prepare: Some(&[DATA, USED, BROKEN]),
        operation: RECOVER,
        then: "",
        after: AFTER_RECOVERY,
        values: &[("TARGET", "latest"), ("SNAPSHOT", "snap1")],
        bundle: None,
    },
    Subject {
        name: "recover-vault",
        prepare: Some(&[DATA, USED, VAULTED, BROKEN]),
        operation: RECOVER,
        then: "",
        after: AFTER_RECOVERY,
        // It is the latest backup that is in the vault.
        values: &[
            ("TARGET", "vault"),
            ("SNAPSHOT", "snap1"),
            ("UNTOLD", "--pax-option=delete=atime,delete=ctime"),
        ],
        bundle: None,
    },
    Subject {
        name: "live",
        prepare: Some(&[DATA, USED, BROKEN]),
        operation: LIVE,
        then: "",
        after: AFTER_RECOVERY,
        // When an inode was changed nobody can say but the kernel.
        values: &[
            ("TARGET", "latest"),
            ("SNAPSHOT", "snap1"),
            ("UNTOLD", "--pax-option=delete=atime,delete=ctime"),
        ],
        bundle: None,
    },
    Subject {
        name: "upgrade",
        prepare: Some(&[DATA, OLD_VERSION]),
        operation: UPGRADE,
        then: NEW_VERSION,
        after: AFTER_UPGRADE,
        values: &[],
        bundle: Some(STAYS),
    },
    Subject {
        name: "upgrade-golden",
        prepare: Some(&[DATA, OLD_VERSION, UPGRADE, NEW_VERSION]),
        operation: CONFIRM,
        then: "",
        after: AFTER_CONFIRMATION,
        values: &[],
        bundle: Some(FOLLOWS),
    },
];

/// What all scripts can call.
const FUNCTIONS: &str =
    concat!(include_str!("../sh/functions.sh"), include_str!("../sh/upgrade/functions.sh"));

/// The whole installation, by a stick that is not written but for its records.
pub(crate) const INSTALL: &str = include_str!("../sh/install/operation.sh");

/// A machine that starts is an appliance; one that does not becomes one by going on.
const AFTER_INSTALL: &str = include_str!("../sh/install/after.sh");

/// Data on the volumes that nothing may touch.
const DATA: &str = include_str!("../sh/data.sh");

/// A backup of a system that is used.
const USED: &str = include_str!("../sh/used.sh");

const CHANGED_SINCE_BACKUP: &str = include_str!("../sh/backup/prepare.sh");

/// An appliance as it was before the fold: a backup that leaves the factory's snapshot as it is.
const TWO_SNAPSHOTS: &str = include_str!("../sh/backup/two-snapshots.sh");
const ARE_TWO: &str = include_str!("../sh/backup/are-two.sh");

const BACKUP: &str = include_str!("../sh/backup/operation.sh");

const NEW_BACKUP: &str = include_str!("../sh/backup/then.sh");

/// The system starts as it is, its latest backup is the old one or the new one to the last file,
/// and the next backup leaves nothing behind.
const AFTER_BACKUP: &str = include_str!("../sh/backup/after.sh");

const BROKEN: &str = include_str!("../sh/recover/prepare.sh");

const VAULTED: &str = include_str!("../sh/recover/vaulted.sh");

const RECOVER: &str = include_str!("../sh/recover/operation.sh");

/// Without a restart. What runs is another kernel than the one that comes back: status 5.
const LIVE: &str = include_str!("../sh/recover/live.sh");

/// GRUB reads a menu, and by what it reads goes on with the recovery, or starts a system: the
/// broken one as it was, or the one that was to come back.
const AFTER_RECOVERY: &str = include_str!("../sh/recover/after.sh");

/// What an administrator has changed, and a backup of it.
const OLD_VERSION: &str = include_str!("../sh/upgrade/administrator.sh");

/// Bundles whose factory state stays and follows. Nobody could make an initial RAM disk in user-mode Linux.
const STAYS: &str = include_str!("../sh/upgrade/bundle.toml");
const FOLLOWS: &str = concat!("factory = \"follows\"\n", include_str!("../sh/upgrade/bundle.toml"));

/// What they bring, as the file `hook` beside its description.
pub(crate) const HOOK: &str = include_str!("../sh/upgrade/hook.sh");

/// The backup before it is a part of it.
const UPGRADE: &str = include_str!("../sh/upgrade/operation.sh");

const NEW_VERSION: &str = include_str!("../sh/upgrade/then.sh");

/// By what GRUB reads the machine is the old version, at once or by a recovery, or the new one on trial. The one is upgraded
/// once more, the other confirmed.
const AFTER_UPGRADE: &str = include_str!("../sh/upgrade/after.sh");

/// What follows it, too.
const CONFIRM: &str = include_str!("../sh/upgrade-golden/operation.sh");

/// The disk starts the new version, and a whole rescue system with both ways back; what is left to follow follows.
const AFTER_CONFIRMATION: &str = include_str!("../sh/upgrade-golden/after.sh");

impl Subject {
    /// The one of this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        SUBJECTS.into_iter().find(|subject| subject.name == name)
    }

    /// The variables of its scripts, of which one says how often power fails before they run.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        // What a subject does not say otherwise, all is told of.
        let untold = [("UNTOLD", "")].into_iter();
        untold.chain(self.values.iter().copied())
    }
}

/// Scripts in one, behind what all can call.
pub(crate) fn script(scripts: &[&str]) -> String {
    [&[COMPARE, NEXT, SLOTS, FUNCTIONS], scripts].concat().join("\n")
}
