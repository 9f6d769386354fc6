//! Packages: handed to the payload's own package manager, and what came of it noted.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;
use crate::upgrade::packages::{LIMIT, Manager};

/// Hands packages to the payload's own package manager. Cut off anywhere it leaves what only the recovery that is armed
/// makes whole again; so does one that fails or hangs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallPackages {
    /// Where the system is.
    pub root: String,
    /// Whom they are handed to.
    pub manager: Manager,
    /// The packages, by their paths within the system, in their order.
    pub files: Vec<String>,
}

impl StepKind for InstallPackages {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { root, manager, files } = self;
        let seconds = LIMIT.as_secs();
        vec![
            Action::Effect(format!(
                "compare {root} with its version, for at most {seconds} s run:"
            )),
            Action::Run(manager.install(root, files)),
            Action::Effect("write everything to the disk".to_owned()),
        ]
    }

    fn title(&self) -> String {
        say::install_packages()
    }
}

/// Compares the system with what it was before the packages came, and notes what is another one now as the new version's:
/// what a check goes by then. Anything else that differs from its version is as much of a difference as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePackages {
    /// Where the system is.
    pub root: String,
    /// The directory that what is noted is made in.
    pub from: String,
}

impl StepKind for NotePackages {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let Self { root, from } = self;
        vec![Action::Effect(format!(
            "compare {root} with its version again, and note in {from} what the packages changed"
        ))]
    }

    fn title(&self) -> String {
        say::note_packages()
    }
}
