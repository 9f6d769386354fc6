//! The note that a recovery is about some files alone.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::machine_files::SCOPE;
use crate::model::{Binding, RestoreScope};

/// Notes which files the recovery that has begun is about: these alone, or all with those by which others know the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteOnly {
    /// GRUB's directory.
    pub at: String,
    /// The files, and where they go back to.
    pub only: RestoreScope,
}

impl StepKind for NoteOnly {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let (at, paths) = (&self.at, &self.only.files.only);
        let about = if paths.is_empty() {
            "all files, with those by which others know the machine".to_owned()
        } else {
            format!("{} alone", paths.join(", "))
        };
        vec![Action::Effect(format!("note in {at} that it is about {about}"))]
    }

    fn title(&self) -> String {
        say::note_only()
    }
}

/// Takes that note away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetOnly {
    /// GRUB's directory.
    pub at: String,
}

impl StepKind for ForgetOnly {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let copies = SCOPE.map(|name| format!("{}/{name}", self.at));
        vec![Action::Call(Command::new("rm", &["-f", &copies[0], &copies[1]]))]
    }

    fn title(&self) -> String {
        say::forget_only()
    }
}
