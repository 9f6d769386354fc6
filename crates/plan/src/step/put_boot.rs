//! What starts the new version.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;

/// How the initial RAM disk of a kernel comes to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MadeBy {
    /// `update-initramfs`: Debian's.
    UpdateInitramfs,
    /// `dracut`.
    Dracut,
}

/// An initial RAM disk that the machine makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInitrd {
    /// The kernel's release.
    pub release: String,
    /// Its file.
    pub file: String,
    /// Whose tool makes it.
    pub by: MadeBy,
}

/// Puts the new version's kernels and what goes before them into `/boot`, makes the initial RAM disks that are
/// not carried, writes the menu, and only then removes what the new version has no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutBoot {
    /// The directory that it was staged in.
    pub from: String,
    /// Where the system is, with `/boot` in it.
    pub root: String,
    /// The files, by their paths below `/boot`.
    pub files: Vec<String>,
    /// The initial RAM disks that are made here.
    pub initrds: Vec<NewInitrd>,
    /// The menu that starts the new version's kernel.
    pub menu: String,
    /// What goes, likewise.
    pub removed: Vec<String>,
}

impl NewInitrd {
    /// What makes it, in the system at this root.
    pub fn command(&self, root: &str) -> Command {
        let Self { release, file, by } = self;
        let file = format!("/{file}");
        let words: Vec<&str> = match by {
            MadeBy::UpdateInitramfs => vec!["update-initramfs", "-c", "-k", release],
            MadeBy::Dracut => vec!["dracut", "--force", &file, release],
        };
        Command::new("chroot", &[&[root][..], &words].concat())
    }
}

impl StepKind for PutBoot {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { from, root, files, initrds, menu, removed } = self;
        let put =
            files.iter().map(|file| Action::Effect(format!("copy {file} from {from} to /boot")));
        let made = initrds.iter().map(|initrd| Action::Run(initrd.command(root)));
        let lines = menu.lines().map(|line| Action::Effect(format!("  | {line}")));
        let shown = [Action::Effect("write the menu:".to_owned())].into_iter().chain(lines);
        // A later version may write it otherwise, and checks it.
        let renew = Command::new("chroot", &[root, "zshield", "boot-menu"]);
        let renew = Action::RunIf(Condition::Found("the new version has zshield"), renew);
        let gone = removed.iter().map(|file| Action::Effect(format!("remove {file} from /boot")));
        put.chain(made).chain(shown).chain([renew]).chain(gone).collect()
    }

    fn title(&self) -> String {
        say::put_boot()
    }
}
