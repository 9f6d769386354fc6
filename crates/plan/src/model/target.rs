//! The states that a system can go back to.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::id::GenerationId;

/// What a recovery goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The factory state.
    Factory,
    /// The latest backup.
    Latest,
    /// A generation of the vault on the HDD.
    Vault(GenerationId),
}

/// What the word for a generation begins with in GRUB's environment.
const VAULT: &str = "vault-";

impl Target {
    /// Those that lie in the group's own snapshots and stores.
    pub const BACKUPS: [Self; 2] = [Self::Factory, Self::Latest];

    /// Its word in GRUB's environment and on the kernel's command line.
    pub fn word(self) -> String {
        match self {
            Self::Factory => "factory".to_owned(),
            Self::Latest => "latest".to_owned(),
            Self::Vault(generation) => format!("{VAULT}{generation}"),
        }
    }

    /// The target of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word.strip_prefix(VAULT) {
            Some(digits) => GenerationId::parse(digits).map(Self::Vault),
            None => Self::BACKUPS.into_iter().find(|target| target.word() == word),
        }
    }

    /// What it is called in lists and by scripts.
    pub fn name(self) -> String {
        match self {
            Self::Factory | Self::Latest => self.word(),
            Self::Vault(generation) => format!("vault:{}", generation.short()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Factory => say::plan::target_factory(),
            Self::Latest => say::plan::target_latest(),
            Self::Vault(generation) => say::plan::target_vault(generation.short()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_was_written() {
        let vault = Target::Vault(GenerationId::of([0xa7; 32]));
        for target in [Target::Factory, Target::Latest, vault] {
            assert_eq!(Target::parse(&target.word()), Some(target));
        }
        assert_eq!(vault.name(), "vault:a7a7a7a7");
        for other in ["", "menu", "vault-", "vault-a7a7a7a7", "vault:a7a7a7a7"] {
            assert_eq!(Target::parse(other), None, "{other}");
        }
        let damaged = vault.word().replacen("a7", "g7", 1);
        assert_eq!(Target::parse(&damaged), None);
    }

    #[test]
    fn a_note_holds_the_whole_id() {
        let vault = Target::Vault(GenerationId::of([7; 32]));
        let text = serde_json::to_string(&vault).unwrap();
        assert_eq!(serde_json::from_str::<Target>(&text).unwrap(), vault);
        assert_eq!(serde_json::to_string(&Target::Latest).unwrap(), "\"latest\"");
    }
}
