//! Why two trees can't be compared, or made equal.

use std::path::PathBuf;

use zshield_golden::{EntryPath, FileError, PathError};
use zshield_messages::say;

/// What stops a comparison or a repair. What was put right until then is right.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A file can't be read or made.
    #[error(transparent)]
    File(#[from] FileError),
    /// A name is longer than can be dealt with.
    #[error(transparent)]
    Path(#[from] PathError),
    /// From there nothing can be moved into the running system.
    #[error("{}", say::live::OtherFilesystem { staged: staged.display(), system: system.display() })]
    OtherFilesystem {
        /// The staging tree.
        staged: PathBuf,
        /// The running system.
        system: PathBuf,
    },
    /// The staging tree lacks something that is to be moved in.
    #[error("{}", say::live::not_staged(.0.to_string()))]
    NotStaged(EntryPath),
    /// Whoever is told of each step has ended it.
    #[error("{}", say::live::stopped())]
    Stopped,
}
