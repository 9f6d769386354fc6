//! What reading can end in.

use thiserror::Error;

use crate::store::{Object, ObjectName, StoreError, StoreProblem};

/// Something could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// An object is not what it was when it was written.
    #[error("{} is damaged: {fault}", object.path())]
    Damaged {
        /// Which one.
        object: Object,
        /// How that shows.
        fault: Fault,
    },
    /// A content that no index names, and no pack.
    #[error("nothing is known of the content {0}")]
    Unknown(ObjectName),
    /// The place does not answer: that says nothing about what is in it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReadError {
    /// Whether something is lost, and not only out of reach now.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Unknown(_) => true,
            Self::Store(_) => false,
        }
    }

    /// What a store says about an object: that it is gone or too short is damage.
    pub(crate) fn of_store(object: Object) -> impl Fn(StoreError) -> Self {
        move |error| match error.problem {
            StoreProblem::NoObject => Self::Damaged { object, fault: Fault::Gone },
            StoreProblem::Damaged(_) => Self::Damaged { object, fault: Fault::Short },
            StoreProblem::NoPlace
            | StoreProblem::Credentials
            | StoreProblem::NotAllowed
            | StoreProblem::ReadOnly
            | StoreProblem::Clock
            | StoreProblem::NoSpace
            | StoreProblem::Identity(_)
            | StoreProblem::Away(_)
            | StoreProblem::Fault(_) => Self::Store(error),
        }
    }

    pub(crate) fn damaged(object: Object) -> impl Fn(Fault) -> Self {
        move |fault| Self::Damaged { object, fault }
    }
}

/// How a damage shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The object is not there.
    #[error("it is gone")]
    Gone,
    /// It ends too early.
    #[error("it is too short")]
    Short,
    /// Its bytes are not those that the key sealed.
    #[error("its seal is broken")]
    Seal,
    /// It can't be unpacked.
    #[error("it can't be unpacked")]
    Packing,
    /// What is in it is not what its name says.
    #[error("its content is another one")]
    Digest,
    /// Nobody can make sense of what is in it.
    #[error("its form is unknown")]
    Form,
}
