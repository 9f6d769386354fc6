//! What is to be done inside user-mode Linux, handed over as a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One boot of user-mode Linux, for [`init`](super::init) to carry out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    /// A directory of the host that can be written to, at its own path.
    pub(super) shared: PathBuf,
    /// Where the kernel's modules are, in a directory by the name of its release.
    pub(super) module_directory: PathBuf,
    /// Kernel modules by name; what they need is loaded before them.
    pub(super) modules: Vec<String>,
    /// Disks that shall claim to rotate: `ubdb`.
    pub(super) rotating: Vec<String>,
    /// Program and arguments. They run one after the other until one fails.
    pub(super) commands: Vec<Vec<String>>,
    /// Variables for the commands.
    pub(super) environment: BTreeMap<String, String>,
    /// What happens when the last command has ended.
    pub(super) end: End,
}

/// How a boot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Everything is written to the disks first.
    PowerOff,
    /// What is not on the disks by then is lost.
    PowerCut,
}

/// Said on the console before a command's output.
pub(super) const BEGIN: &str = "::uml:: begin command=";
/// Said on the console after a command's output.
pub(super) const STATUS: &str = "::uml:: status=";
/// Said on the console when the commands could not even be run.
pub(super) const FAILED: &str = "::uml:: init failed: ";
