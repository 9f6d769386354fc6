//! Why a recovery is refused.

use zshield_messages::{Said, say};
use zshield_plan::model::Target;
use zshield_plan::recover::Unavailable;

use crate::error::Refusal;

/// Why nothing is recovered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecovered {
    /// The machine can't be taken back to this target.
    #[error("{}", no_way_back(*.0, *.1))]
    Unavailable(Target, Unavailable),
    /// There is neither a policy nor anything else that names the machine's volume group.
    #[error("{0}")]
    NoGroup(Said),
    /// Single files are put back in a running system alone.
    #[error("{}", say::live::only_live())]
    OnlyLive,
    /// One that has begun can't be taken back: root is half of two.
    #[error("{}", say::recover::not_cancelled(.0.to_string()))]
    Begun(Target),
    /// The Golden Image on the SSD is not the one that the machine was installed from.
    #[error("{}", say::recover::foreign_image(.0))]
    ForeignImage(Said),
    /// The filesystem has no room for what would be written.
    #[error("{}", say::live::no_room())]
    NoRoom,
    /// A path that no system can have.
    #[error("{0}")]
    Path(String),
}

fn no_way_back(target: Target, why: Unavailable) -> String {
    say::recover::Refused { target: target.to_string(), why: why.to_string() }.to_string()
}

/// The refusal of a recovery to this target.
pub(super) fn unavailable(target: Target, why: Unavailable) -> Refusal {
    Refusal::operation(NotRecovered::Unavailable(target, why))
}
