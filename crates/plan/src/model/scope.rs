//! Which files of a system a recovery is about.

use serde::{Deserialize, Serialize};

use super::target::Target;

/// Which files of a system are made those of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// These paths within it alone, and all below them; all of it where there are none.
    pub only: Vec<String>,
    /// These paths within it stay as they are, and all below them; a `*` at the end stands for the
    /// rest of a name.
    pub kept: Vec<String>,
    /// Whether every content is compared, instead of believing what an inode says.
    pub deep: bool,
}

/// That a recovery is about some files alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreScope {
    /// Which recovery: while another one has begun, this says nothing.
    pub target: Target,
    /// The files.
    pub files: Files,
}
