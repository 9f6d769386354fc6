//! What a store can answer instead of an object.

use std::error::Error;

use thiserror::Error;

/// A store did not do what it was asked for.
#[derive(Debug, Error)]
#[error("{location}: {what}: {problem}")]
pub struct StoreError {
    /// The place, without any secret.
    pub location: String,
    /// What was done there: `read data/ab/…`.
    pub what: String,
    /// Why not.
    #[source]
    pub problem: StoreProblem,
}

impl StoreError {
    /// What was done at a place, and why it failed.
    pub fn new(location: String, what: impl Into<String>, problem: StoreProblem) -> Self {
        Self { location, what: what.into(), problem }
    }
}

/// Why a store did not do it. Each has its own advice for people.
#[derive(Debug, Error)]
pub enum StoreProblem {
    /// The place itself is not there: no directory, no bucket, no repository.
    #[error("the place does not exist")]
    NoPlace,
    /// The place is there, this object is not.
    #[error("no such object")]
    NoObject,
    /// The credentials are refused.
    #[error("the credentials are refused")]
    Credentials,
    /// The credentials are known, and do not allow this.
    #[error("not allowed with these credentials")]
    NotAllowed,
    /// Nothing can be written there: the filesystem is mounted read-only.
    #[error("nothing can be written there")]
    ReadOnly,
    /// The server refuses the time of a request: its clock and this machine's differ.
    #[error("the clocks of server and machine differ")]
    Clock,
    /// No room for the object.
    #[error("no room")]
    NoSpace,
    /// The server proves to be another one than is known: its key or certificate.
    #[error("the server could not be verified")]
    Identity(#[source] Box<dyn Error + Send + Sync>),
    /// No answer, a broken connection, or an answer that says *later* (5xx).
    #[error("no answer")]
    Away(#[source] Box<dyn Error + Send + Sync>),
    /// The answer is not what was asked for: shorter, longer, or nothing that can be read.
    #[error("the answer is damaged: {0}")]
    Damaged(String),
    /// A fault of the disk or of a program, in its own words.
    #[error("a fault")]
    Fault(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreProblem {
    /// Whether the same may be answered when it is asked for again in a while.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Away(_) | Self::Damaged(_) => true,
            Self::NoPlace
            | Self::NoObject
            | Self::Credentials
            | Self::NotAllowed
            | Self::ReadOnly
            | Self::Clock
            | Self::NoSpace
            | Self::Identity(_)
            | Self::Fault(_) => false,
        }
    }
}
