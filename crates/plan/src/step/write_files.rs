//! Files written whole.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::model::Binding;

/// A file to be written whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFile {
    /// Its path below the directory that the step names.
    pub path: String,
    /// Its permissions.
    pub mode: u32,
    /// Its bytes.
    pub content: String,
}

impl NewFile {
    /// Whether it is for udev, and left out where the payload has no directory for udev's rules: one made
    /// for it would be none of the image's.
    pub fn needs_its_directory(&self) -> bool {
        self.path.starts_with("etc/udev/")
    }
}

/// What written files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilePurpose {
    /// What makes the payload this machine's system: `fstab`, `machine-id`.
    System,
    /// GRUB's configuration and environment.
    BootMenu,
}

/// Writes files whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteFiles {
    /// What they are for, as part of the step's name.
    pub purpose: FilePurpose,
    /// The directory that their paths begin at.
    pub at: String,
    /// The files.
    pub files: Vec<NewFile>,
}

/// A line without what a terminal would obey.
fn printable(line: &str) -> String {
    let shown = |c: char| match c {
        '\t' => c.to_string(),
        _ if c.is_control() => c.escape_default().to_string(),
        _ => c.to_string(),
    };
    line.chars().map(shown).collect()
}

impl StepKind for WriteFiles {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Durable;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        let shown = |file: &NewFile| {
            let head = format!("write {}/{} (mode {:o}):", self.at, file.path, file.mode);
            let content: Vec<String> = if file.path.ends_with("grubenv") {
                vec![format!("  | {} bytes", file.content.len())]
            } else {
                file.content.lines().map(|line| format!("  | {}", printable(line))).collect()
            };
            std::iter::once(head).chain(content)
        };
        self.files.iter().flat_map(shown).map(Action::Effect).collect()
    }

    fn title(&self) -> String {
        match self.purpose {
            FilePurpose::System => say::write_system_files(),
            FilePurpose::BootMenu => say::write_boot_menu(),
        }
    }

    fn name(&self) -> &'static str {
        match self.purpose {
            FilePurpose::System => "write-system-files",
            FilePurpose::BootMenu => "write-boot-menu",
        }
    }
}
