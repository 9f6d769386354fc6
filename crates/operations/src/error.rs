//! How an operation does not come to its end: refused before anything changed, or failed.

use std::fmt;

use zshield_host::appliance::ApplianceError;
use zshield_host::lock::Busy;
use zshield_image::error::BuildError;
use zshield_linux::own_directory;
use zshield_messages::{list, say};
use zshield_plan::check::Violation;
use zshield_plan::policy::PolicyError;

use crate::question::Question;
use crate::text;

/// How an operation does not come to its end.
#[derive(Debug)]
pub enum Error {
    /// It was refused; nothing was changed.
    Refused(Refusal),
    /// It failed before it began; nothing was changed.
    NotBegun(anyhow::Error),
    /// It failed. The message says in which state the machine is.
    Failed(anyhow::Error),
}

/// The result of an operation's door.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        error.into().downcast().map_or_else(Self::Failed, Self::Refused)
    }
}

impl Error {
    /// The same for a caller who does not tell the two apart.
    pub fn into_anyhow(self) -> anyhow::Error {
        match self {
            Self::Refused(refusal) => refusal.into(),
            Self::NotBegun(error) | Self::Failed(error) => error,
        }
    }

    /// The same with words about the state that a failure has left.
    #[must_use]
    pub fn leaving(self, state: fn() -> String) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(error.context(state())),
            Self::Refused(_) | Self::NotBegun(_) => self,
        }
    }

    /// The same of what only looks, or has not come to its first change.
    #[must_use]
    pub fn before_it_began(self) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal),
            Self::NotBegun(error) | Self::Failed(error) => Self::NotBegun(error),
        }
    }
}

/// What an operation does before its first change.
pub(crate) fn before_it_began<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().map_err(Error::before_it_began)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotBegun(error) if advises(error) => {
                f.write_str(&say::cli::not_begun_advised(text::chain(error)))
            }
            Self::NotBegun(error) => f.write_str(&say::cli::not_begun(text::chain(error))),
            Self::Failed(error) => f.write_str(&text::chain(error)),
        }
    }
}

/// Whether an error says itself what to do about it: no other advice comes behind.
fn advises(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(ApplianceError::advises)
            || cause.downcast_ref().is_some_and(BuildError::advises)
            || cause.downcast_ref().is_some_and(own_directory::is_of_another)
    })
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not root.
    #[error("{}", say::backup::needs_root())]
    NeedsRoot,
    /// Another operation is under way.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A policy has a mistake.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy of this machine has a mistake.
    #[error("{}", text::joined(say::backup::no_policy(), .0.to_string()))]
    MachinePolicy(PolicyError),
    /// The plan breaks the rules: a defect in this program.
    #[error("{}", say::plan::plan_violates(list(.0)))]
    Violations(Vec<Violation>),
    /// The caller did not agree.
    #[error("{}", .0.declined)]
    Declined(Question),
    /// The caller refuses, for a reason of its own.
    #[error("{0}")]
    Caller(String),
    /// The operation refuses, for a reason of its own: an error of a type that it defines.
    #[error("{}", text::chain(.0))]
    Operation(anyhow::Error),
}

impl Refusal {
    /// An operation's own reason. Passed on without this, the same error counts as a failure.
    pub fn operation(why: impl Into<anyhow::Error>) -> Self {
        Self::Operation(why.into())
    }

    /// The operation's own reason, where it is of this type.
    pub fn own<E: std::error::Error + Send + Sync + 'static>(&self) -> Option<&E> {
        match self {
            Self::Operation(why) => why.downcast_ref(),
            Self::NeedsRoot
            | Self::Busy(_)
            | Self::Policy(_)
            | Self::MachinePolicy(_)
            | Self::Violations(_)
            | Self::Declined(_)
            | Self::Caller(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    /// A reason that an operation defines.
    #[derive(Debug, PartialEq, Eq, thiserror::Error)]
    #[error("reason")]
    struct Reason;

    #[test]
    fn a_refusal_stays_one_whatever_it_comes_through() {
        let through_anyhow = || -> anyhow::Result<()> { Err(Refusal::operation(Reason).into()) };
        let door = || -> Result<()> { Ok(through_anyhow()?) };
        let Err(Error::Refused(refusal)) = door() else { panic!() };
        assert_eq!(refusal.own(), Some(&Reason));
        assert_eq!(refusal.to_string(), "reason");
        assert!(matches!(Error::from(anyhow!("full")), Error::Failed(_)));
    }

    #[test]
    fn what_fails_before_it_began_says_that_nothing_was_changed_and_what_is_next() {
        let failed: Result<()> = before_it_began(|| Err(anyhow!("lvm can't be started").into()));
        let error = failed.unwrap_err();
        assert!(matches!(error, Error::NotBegun(_)));
        let said = error.to_string();
        assert!(said.starts_with("lvm can't be started"), "{said}");
        assert!(said.contains("Nothing was changed."), "{said}");
        // A refusal says so itself.
        let refused: Result<()> = before_it_began(|| Err(Refusal::operation(Reason).into()));
        assert_eq!(refused.unwrap_err().to_string(), "reason");
    }

    #[test]
    fn an_error_that_says_what_to_do_is_followed_by_no_other_advice() {
        let told = |error: anyhow::Error| {
            before_it_began::<()>(|| Err(error.into())).unwrap_err().to_string()
        };
        let advice = say::cli::not_begun("");
        let advice = advice.trim();
        for lost in [
            ApplianceError::NoLedger("/boot".to_owned()),
            ApplianceError::LedgerDamaged("/boot".to_owned()),
            ApplianceError::BootLost("/boot".to_owned()),
            ApplianceError::LedgerNotMade("/boot".to_owned()),
        ] {
            let said = told(anyhow!(lost).context("opened"));
            assert!(said.ends_with("\nNothing was changed."), "{said}");
        }
        let said = told(BuildError::Lacking(Vec::new()).into());
        assert!(!said.contains(advice), "{said}");
        let gone = zshield_linux::IoError::at("/boot")(std::io::Error::other("EIO"));
        let said = told(ApplianceError::Io(gone).into());
        assert!(said.ends_with(advice), "{said}");
    }

    #[test]
    fn a_mistake_in_the_policy_of_the_machine_says_whose_policy_it_is() {
        let file = std::path::Path::new("/etc/zshield/appliance.toml");
        let mistake = || zshield_plan::policy::Policy::parse("x = 1", file).unwrap_err();
        let (plain, of_machine) = (Refusal::Policy(mistake()), Refusal::MachinePolicy(mistake()));
        assert!(of_machine.to_string().ends_with(&plain.to_string()));
        assert!(of_machine.to_string().starts_with(&say::backup::no_policy()));
    }
}
