//! What is wrong with a vault, in words for people.

use zshield_host::generation::GenerationError;
use zshield_messages::say;
use zshield_plan::vault_state::FailureKind;
use zshield_vault::VaultError;
use zshield_vault::mirror::MirrorError;
use zshield_vault::store::StoreProblem;

use crate::error::Refusal;

/// What is wrong with a vault. Each has its own advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// This appliance has no volume for it.
    #[error("{}", say::vault::no_volume())]
    NoVolume,
    /// Nothing was copied to it yet.
    #[error("{}", say::vault::empty())]
    Empty,
    /// The place is not there.
    #[error("{}", say::vault::no_place())]
    NoPlace,
    /// The credentials are refused.
    #[error("{}", say::vault::credentials())]
    Credentials,
    /// The credentials do not allow it.
    #[error("{}", say::vault::not_allowed())]
    NotAllowed,
    /// Nothing can be written there.
    #[error("{}", say::vault::read_only())]
    ReadOnly,
    /// The clocks differ.
    #[error("{}", say::vault::clock())]
    Clock,
    /// There is no room on the HDD.
    #[error("{}", say::vault::full())]
    Full,
    /// There is no room at a place off the machine.
    #[error("{}", say::vault::far_full())]
    FarFull,
    /// The server is not the one that is known.
    #[error("{}", say::vault::identity())]
    Identity,
    /// No answer.
    #[error("{}", say::vault::away())]
    Away,
    /// Another machine's repository.
    #[error("{}", say::vault::other_repository())]
    OtherRepository,
    /// A place off the machine has no backup.
    #[error("{}", say::vault::far_empty())]
    FarEmpty,
    /// A key that does not fit.
    #[error("{}", say::vault::wrong_key())]
    WrongKey,
    /// A repository whose key is gone.
    #[error("{}", say::vault::key_lost())]
    KeyLost,
    /// What is stored on the HDD is not what was stored.
    #[error("{}", say::vault::damaged())]
    Damaged,
    /// The same at a place off the machine.
    #[error("{}", say::vault::far_damaged())]
    FarDamaged,
    /// A file of the backup can't be read.
    #[error("{}", say::vault::unread())]
    Unread,
    /// No generation has this name.
    #[error("{}", say::vault::no_generation())]
    NoGeneration,
    /// No generation at a place off the machine has this name.
    #[error("{}", say::vault::far_no_generation())]
    FarNoGeneration,
    /// No answer while something is fetched.
    #[error("{}", say::vault::fetch_away())]
    FetchAway,
    /// What is wanted is damaged at a place off the machine.
    #[error("{}", say::vault::fetch_damaged())]
    FetchDamaged,
    /// No recovery key opens what is at a place.
    #[error("{}", say::vault::no_key_there())]
    NoKeyThere,
    /// A fault of the disk or of a program.
    #[error("{}", say::vault::fault())]
    Fault,
}

impl Trouble {
    /// What an error of the vault means.
    pub fn of(error: &VaultError) -> Self {
        if let Some(problem) = error.store_problem() {
            return Self::of_store(problem);
        }
        match error {
            VaultError::Store(error) => Self::of_store(&error.problem),
            VaultError::NoRepository(_) => Self::Empty,
            VaultError::WrongKey(_) => Self::WrongKey,
            VaultError::NoGeneration(_) => Self::NoGeneration,
            VaultError::Unread(_) => Self::Unread,
            VaultError::Repository(_) | VaultError::Damaged(_) => Self::Damaged,
            VaultError::Exists(_) => Self::Fault,
        }
    }

    pub(super) const fn of_store(problem: &StoreProblem) -> Self {
        match problem {
            StoreProblem::NoPlace => Self::NoPlace,
            StoreProblem::Credentials => Self::Credentials,
            StoreProblem::NotAllowed => Self::NotAllowed,
            StoreProblem::ReadOnly => Self::ReadOnly,
            StoreProblem::Clock => Self::Clock,
            StoreProblem::NoSpace => Self::Full,
            StoreProblem::Identity(_) => Self::Identity,
            StoreProblem::Away(_) => Self::Away,
            StoreProblem::NoObject | StoreProblem::Damaged(_) => Self::Damaged,
            StoreProblem::Fault(_) => Self::Fault,
        }
    }
}

impl From<Trouble> for FailureKind {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away | Trouble::FetchAway => Self::Unreachable,
            Trouble::Credentials | Trouble::NotAllowed | Trouble::ReadOnly | Trouble::Identity => {
                Self::Refused
            }
            Trouble::Clock => Self::ClockWrong,
            Trouble::WrongKey | Trouble::KeyLost | Trouble::NoKeyThere => Self::WrongKey,
            Trouble::NoPlace | Trouble::Empty | Trouble::FarEmpty | Trouble::NoVolume => Self::Gone,
            Trouble::Full | Trouble::FarFull => Self::Full,
            Trouble::Damaged | Trouble::FarDamaged | Trouble::FetchDamaged => Self::Damaged,
            Trouble::OtherRepository
            | Trouble::Unread
            | Trouble::NoGeneration
            | Trouble::FarNoGeneration
            | Trouble::Fault => Self::Other,
        }
    }
}

impl Trouble {
    /// What an error of a mirror means.
    pub(super) fn of_mirror(error: &MirrorError) -> Self {
        match error {
            MirrorError::NoRepository(_) => Self::Empty,
            MirrorError::OtherRepository(_) => Self::OtherRepository,
            MirrorError::Local(error) => Self::of_store(&error.problem),
            MirrorError::Far(error) => Self::of_far(&error.problem),
        }
    }

    /// What an answer of a place off the machine means: what the HDD needs is no help there.
    pub(super) const fn of_far(problem: &StoreProblem) -> Self {
        match Self::of_store(problem) {
            Self::Full => Self::FarFull,
            Self::Damaged => Self::FarDamaged,
            other => other,
        }
    }

    /// The same of a place that something is fetched from: nothing is sent there, and nobody tries again by himself.
    pub(super) const fn there(self) -> Self {
        match self {
            Self::Full => Self::FarFull,
            Self::Away => Self::FetchAway,
            Self::Damaged => Self::FetchDamaged,
            Self::Empty => Self::FarEmpty,
            Self::NoGeneration => Self::FarNoGeneration,
            other => other,
        }
    }
}

/// What an error that was told means for whoever keeps count of it.
pub(super) fn kind(error: &anyhow::Error) -> FailureKind {
    error.downcast_ref::<Trouble>().map_or(FailureKind::Other, |trouble| (*trouble).into())
}

/// The error with what it means for people before it.
pub(super) fn told(error: VaultError) -> anyhow::Error {
    let trouble = Trouble::of(&error);
    anyhow::Error::new(error).context(trouble)
}

/// Likewise, of a vault off the machine.
pub(super) fn far_told(error: VaultError) -> anyhow::Error {
    let trouble = Trouble::of(&error).there();
    // What a person has typed is another thing than a place that fails.
    let is_typed =
        [Trouble::FarNoGeneration, Trouble::FarEmpty, Trouble::WrongKey].contains(&trouble);
    if is_typed {
        return Refusal::operation(trouble).into();
    }
    anyhow::Error::new(error).context(trouble)
}

/// Likewise, of a generation that is mounted.
pub(crate) fn generation_told(error: GenerationError) -> anyhow::Error {
    match error {
        GenerationError::NoVolume => Refusal::operation(Trouble::NoVolume).into(),
        GenerationError::Empty => Refusal::operation(Trouble::Empty).into(),
        GenerationError::Vault(VaultError::NoGeneration(_)) => {
            Refusal::operation(Trouble::NoGeneration).into()
        }
        GenerationError::Vault(error) => told(error),
        error @ (GenerationError::Read(_) | GenerationError::Path(_)) => {
            anyhow::Error::new(error).context(Trouble::Damaged)
        }
        error @ GenerationError::Io(_) => error.into(),
    }
}
