//! How often power fails.

/// How often power fails in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// In the operation.
    FailsOnce,
    /// And in what comes after that.
    FailsTwice,
}

impl Power {
    /// An operation, as it is asked for.
    pub fn of(self, operation: &str) -> String {
        match self {
            Self::FailsOnce => operation.to_owned(),
            Self::FailsTwice => format!("{operation} --twice"),
        }
    }
}
