//! Why the vault did not do what it was asked for.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use rustic_core::RusticError;
use thiserror::Error as Thiserror;

use crate::store::{StoreError, StoreProblem};

/// A reason that its caller can tell from others.
#[derive(Debug, Thiserror)]
pub enum VaultError {
    /// The place of the objects, when it was asked by the vault itself.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The place is there, and holds no repository.
    #[error("{0} holds no repository")]
    NoRepository(String),
    /// A repository is there already.
    #[error("{0} holds a repository already")]
    Exists(String),
    /// Neither the machine's key nor the recovery key that was given opens this repository.
    #[error("the key does not open {0}")]
    WrongKey(String),
    /// No generation has this name, or the name is short and several have it.
    #[error("no generation `{0}`, or several")]
    NoGeneration(String),
    /// Files could not be read while they were copied. Nothing names what was copied of the others, so it is no generation.
    #[error("{} could not be read, the first is {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Unread(Vec<Unread>),
    /// Something in the repository is not what it was when it was written, in the reader's words.
    #[error("{0}")]
    Damaged(String),
    /// The repository, in the words of the library that reads it.
    #[error("{}", said(.0))]
    Repository(Box<RusticError>),
}

/// A thing of the source that could not be read.
#[derive(Debug, Thiserror)]
#[error("{}: {error}", path.display())]
pub struct Unread {
    /// Its path in the source.
    pub path: PathBuf,
    /// Why not.
    pub error: io::Error,
}

/// The library's message alone: what follows it is for its authors.
fn said(error: &RusticError) -> String {
    let whole = error.display_log();
    let lines = whole.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.take_while(|line| !line.starts_with("For more information"));
    message.collect::<Vec<_>>().join(" ")
}

impl VaultError {
    /// What the store has said, where it is the store's fault: also where the library stands between.
    pub fn store_problem(&self) -> Option<&StoreProblem> {
        match self {
            Self::Store(error) => Some(&error.problem),
            Self::Repository(error) => sources(&**error)
                .find_map(|error| error.downcast_ref::<StoreError>())
                .map(|error| &error.problem),
            Self::NoRepository(_)
            | Self::Exists(_)
            | Self::WrongKey(_)
            | Self::NoGeneration(_)
            | Self::Damaged(_)
            | Self::Unread(_) => None,
        }
    }
}

/// An error and what caused it, the outermost first.
pub(crate) fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl From<Box<RusticError>> for VaultError {
    fn from(error: Box<RusticError>) -> Self {
        Self::Repository(error)
    }
}
