//! What a plan may do to the Golden Image.

use crate::appliance::Appliance;
use crate::plan::{Operation, Plan};
use crate::upgrade::record::{self, Phase};

/// What a plan may do to the Golden Image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Golden {
    /// Nothing.
    Stays,
    /// It may be put together in the inactive slot.
    Builds,
    /// Of an upgrade that is confirmed: the floor rises.
    Rises,
    /// What is damaged is written anew, from the same image.
    Mended,
    /// It may be switched to, too, and the factory state follows.
    Follows,
}

impl Golden {
    /// In which plans, the phase of an upgrade says.
    pub(super) fn of(plan: &Plan, appliance: &Appliance) -> Self {
        let confirmed = appliance
            .upgrades
            .now()
            .filter(|now| matches!(now.phase, Phase::Settling) && now.to.image == plan.image);
        match (plan.operation, confirmed.map(|now| now.golden)) {
            // Between its beginning and its end the inactive slot is what it goes on to.
            (Operation::Repair, _) => Self::Mended,
            (Operation::Upgrade, _) if appliance.upgrades.now().is_none() => Self::Builds,
            (Operation::Settle, Some(record::Golden::Stays)) => Self::Rises,
            (Operation::Settle, Some(record::Golden::MovesAlong)) => Self::Follows,
            _ => Self::Stays,
        }
    }
}
