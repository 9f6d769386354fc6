//! Why two trees can't be compared, or made equal.

use zshield_golden::{FileError, PathError};
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
    /// Whoever is told of each step has ended it.
    #[error("{}", say::live::stopped())]
    Stopped,
}
