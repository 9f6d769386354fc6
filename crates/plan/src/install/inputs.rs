//! What an installation is planned from, and the names of its volumes.

use zshield_units::UnixTime;

use crate::id::{GenerationId, Uuid};
use crate::policy::Policy;
use crate::role::ByRole;
use crate::upgrade::keys::Statements;
use crate::world::World;

/// What an installation is planned from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The vendor's policy.
    pub policy: &'a Policy,
    /// The same, as written: it goes into the system.
    pub policy_text: &'a str,
    /// The public keys that the image was accepted by: they go there too.
    pub keys: &'a [PublicKey],
    /// What was said of keys to the appliance that is installed over.
    pub said: &'a Statements,
    /// The machine.
    pub world: &'a World,
    /// The time, in seconds since 1970, UTC: it stands in what the factory state says of itself.
    pub now: UnixTime,
    /// The generation of the vault that comes back by itself once the system is made anew around it.
    pub brings_back: Option<GenerationId>,
}

/// The file of a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// The ids that a plan needs; they come from outside, so that planning is repeatable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The SSD's partition table, and its partitions 1 to 5.
    pub ssd: [Uuid; 6],
    /// The HDD's partition table and its partition.
    pub hdd: [Uuid; 2],
    /// The physical volumes.
    pub physical: ByRole<Uuid>,
    /// The filesystem of `/boot`.
    pub boot: Uuid,
    /// The Golden partition, which is also its filesystem's.
    pub golden: Uuid,
    /// The filesystems of root, user and audit.
    pub volumes: [Uuid; 3],
    /// The new system's machine-id.
    pub machine: Uuid,
    /// The filesystem of the vault.
    pub vault: Uuid,
}

impl Ids {
    /// Takes all the ids from a source of them.
    pub fn new(mut next: impl FnMut() -> Uuid) -> Self {
        let ssd: [Uuid; 6] = std::array::from_fn(|_| next());
        Self {
            golden: ssd[4],
            ssd,
            hdd: std::array::from_fn(|_| next()),
            physical: ByRole { ssd: next(), hdd: next() },
            boot: next(),
            volumes: std::array::from_fn(|_| next()),
            machine: next(),
            vault: next(),
        }
    }
}
