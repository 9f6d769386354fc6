//! Why somebody could not be told. What stands in a secret is in no message.

use std::io;
use std::path::PathBuf;

use zshield_messages::{Said, say};
use zshield_net::ConnectError;

use crate::outbox::Failure;

/// Why somebody could not be told.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A file with a secret can't be read.
    #[error("{}", say::alarm::SecretUnreadable { path: path.display(), why: source.to_string() })]
    SecretUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than root can read it.
    #[error("{}", say::alarm::secret_open(.0.display()))]
    SecretOpen(PathBuf),
    /// It holds no single line.
    #[error("{}", say::alarm::secret_empty(.0.display()))]
    SecretEmpty(PathBuf),
    /// What stands in it is no address.
    #[error("{}", say::alarm::bad_address())]
    BadAddress,
    /// The server can't be spoken to.
    #[error(transparent)]
    Unreached(#[from] ConnectError),
    /// The server answered that it won't.
    #[error("{}", say::alarm::Refused { code, message })]
    Refused {
        /// In its own numbers.
        code: i64,
        /// In its own words.
        message: String,
    },
    /// The server took it for some and not for others: these, each with why not.
    #[error("{}", say::alarm::some_untold(.0))]
    Untold(String),
    /// The server answered that it was told too much.
    #[error("{}", say::alarm::too_many(.0))]
    TooMany(String),
}

impl SendError {
    /// A connection that failed, and why.
    pub(crate) fn connection(why: impl ToString) -> Self {
        Self::Unreached(ConnectError::failed(why))
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self {
            why: Said::of(|| error.to_string()),
            too_many: matches!(error, SendError::TooMany(_)),
        }
    }
}
