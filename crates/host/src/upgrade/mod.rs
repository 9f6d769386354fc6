//! An upgrade's files: what is at each path of the machine and of two versions, what is staged of the new one,
//! and how that takes its place.

mod local;
mod ready;
mod staged;
mod state;
mod triples;

use zshield_golden::manifest::ManifestError;
use zshield_golden::{FileError, PathError};
use zshield_linux::IoError;
use zshield_plan::upgrade::path::NoPath;

pub use local::Local;
pub use ready::{
    BootFile, Content, Program, Ready, Watch, has_content, read_content, write_content,
};
pub use staged::{Staged, StagedError, Text};
pub use state::{file_state, node};
pub use triples::{Overlay, Sides, Triples};

/// Why the files of two versions can't be held against those of the machine.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// Something can't be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Something can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A manifest names what is no path.
    #[error(transparent)]
    NoPath(#[from] NoPath),
    /// A path is none that a tree has.
    #[error(transparent)]
    Path(#[from] PathError),
}
