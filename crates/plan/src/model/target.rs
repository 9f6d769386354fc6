//! The states that a system can go back to.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

/// What a recovery goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The factory state.
    Factory,
    /// The latest backup.
    Latest,
}

impl Target {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Factory, Self::Latest];

    /// Its name, for commands and GRUB.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Factory => "factory",
            Self::Latest => "latest",
        }
    }

    /// The target of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Factory => say::plan::target_factory(),
            Self::Latest => say::plan::target_latest(),
        })
    }
}
